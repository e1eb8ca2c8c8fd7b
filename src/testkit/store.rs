//! A proof for every clause of the [store's contract](crate::store).
//!
//! Each function proves what its name says, on a store that is empty when it begins, and panics
//! where it does not hold. [`store_kit!`](crate::store_kit) makes a test of each:
//!
//! ```
//! use portcullis::{store::memory::MemoryStore, store_kit};
//! store_kit!(MemoryStore::new());
//! ```
//!
//! The expression is evaluated once for each test and gives a [`Place`]: a database of its own.
//! Proofs that race start tasks, so they run inside a tokio runtime; one with several threads
//! finds more.

pub mod atomic;
pub mod conditions;
mod place;
mod race;
mod sample;

pub use place::Place;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// How long a proof may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One proof, for whoever runs them without [`store_kit!`](crate::store_kit).
pub struct Proof {
    /// The clause it proves, or a part of it.
    pub clause: u8,
    /// What it proves: its function's name.
    pub name: &'static str,
    run: fn(Arc<dyn Place>) -> Running,
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Proof {
    /// Every proof.
    #[must_use]
    pub fn all() -> Vec<Self> {
        crate::__store_proofs! { __list_store_proofs () }
    }

    /// Runs it on an empty place.
    ///
    /// # Panics
    /// Where the store does not hold the clause, or takes a minute to show that it does.
    pub async fn run(&self, place: Arc<dyn Place>) {
        within(self.name, (self.run)(place)).await;
    }
}

/// Gives a proof a minute.
///
/// # Panics
/// When it takes longer.
#[doc(hidden)]
pub async fn within(name: &str, proof: impl Future<Output = ()>) {
    let done = tokio::time::timeout(PATIENCE, proof).await;
    assert!(done.is_ok(), "{name}: the store did not answer for a minute");
}

/// Makes a test of each function of [`testkit::store`](crate::testkit::store). It takes an
/// expression that makes an empty [`Place`], and needs tokio's `macros` and
/// `rt-multi-thread` among the host's dev-dependencies.
#[macro_export]
macro_rules! store_kit {
    ($place:expr $(,)?) => {
        $crate::__store_proofs! { __test_store_proofs ($place) }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test_store_proofs {
    (($place:expr) $($clause:literal $topic:ident :: $name:ident ($kind:ident))*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let place: ::std::sync::Arc<dyn $crate::testkit::store::Place> =
                ::std::sync::Arc::new($place);
            let proof = $crate::__run_store_proof!($topic $name $kind place);
            $crate::testkit::store::within(stringify!($name), proof).await;
        }
    )*};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __list_store_proofs {
    (() $($clause:literal $topic:ident :: $name:ident ($kind:ident))*) => {vec![$(
        Proof {
            clause: $clause,
            name: stringify!($name),
            run: |place| Box::pin($crate::__run_store_proof!($topic $name $kind place)),
        }
    ),*]};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __run_store_proof {
    ($topic:ident $name:ident store $place:ident) => {
        async move { $crate::testkit::store::$topic::$name($place.open().await).await }
    };
    ($topic:ident $name:ident place $place:ident) => {
        async move { $crate::testkit::store::$topic::$name(&*$place).await }
    };
}

/// The list of proofs: the clause, the function, and what it takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_proofs {
    ($then:ident $given:tt) => {
        $crate::$then! { $given
            1 atomic::a_batch_that_fails_at_its_last_change_changes_nothing(store)
            1 atomic::every_kind_of_failing_change_undoes_its_batch(store)
            1 atomic::nobody_sees_half_a_batch(store)
            3 conditions::an_insert_expects_no_row(store)
            3 conditions::a_replace_expects_its_version(store)
            3 conditions::a_delete_expects_its_row(store)
            3 conditions::one_of_64_redemptions_wins(store)
            3 conditions::one_of_64_writers_of_a_version_wins(store)
            3 conditions::one_of_64_inserts_of_a_key_wins(store)
            3 conditions::every_increment_of_many_writers_counts(store)
            3 conditions::opposite_orders_under_load_lose_nothing(store)
        }
    };
}
