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

pub mod activity;
pub mod atomic;
pub mod awaits;
pub mod bounds;
pub mod budgets;
pub mod conditions;
pub mod drops;
pub mod durable;
pub mod leases;
pub mod moments;
pub mod paging;
mod place;
pub mod purge;
mod race;
pub mod refusals;
pub mod rings;
mod sample;
pub mod session;
pub mod skew;
pub mod sorting;
pub mod standing;
pub mod text;
pub mod twice;
pub mod unheld;
pub mod unique;

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
    /// Whether many do something at once in it, so that running it again may show more.
    pub races: bool,
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
    (($place:expr) $($clause:literal $topic:ident :: $name:ident ($kind:ident $($races:ident)?))*) => {$(
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
    (() $($clause:literal $topic:ident :: $name:ident ($kind:ident $($races:ident)?))*) => {vec![$(
        Proof {
            clause: $clause,
            name: stringify!($name),
            races: $crate::__store_proof_races!($($races)?),
            run: |place| Box::pin($crate::__run_store_proof!($topic $name $kind place)),
        }
    ),*]};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_proof_races {
    () => {
        false
    };
    (races) => {
        true
    };
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

/// The list of proofs: the clause, the function, what it takes, and whether it races.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_proofs {
    ($then:ident $given:tt) => {
        $crate::$then! { $given
            1 atomic::a_batch_that_fails_at_its_last_change_changes_nothing(store)
            1 atomic::every_kind_of_failing_change_undoes_its_batch(store)
            1 atomic::nobody_sees_half_a_batch(place races)
            2 durable::what_was_answered_is_there_when_opened_again(place)
            3 conditions::an_insert_expects_no_row(store)
            3 conditions::a_replace_expects_its_version(store)
            3 conditions::a_delete_expects_its_row(store)
            3 conditions::one_of_64_redemptions_wins(place races)
            3 conditions::one_of_64_writers_of_a_version_wins(place races)
            3 conditions::one_of_64_inserts_of_a_key_wins(place races)
            3 conditions::every_increment_of_many_writers_counts(place races)
            3 conditions::units_moved_between_rows_are_kept(place races)
            3 rings::batches_that_expect_nothing_of_each_other_are_done(place races)
            3 bounds::a_version_counts_to_its_bound(store)
            4 unique::no_two_rows_share_a_unique_key(store)
            4 unique::one_of_64_takers_of_a_unique_key_wins(place races)
            4 unique::null_is_never_taken(store)
            4 unique::a_value_given_up_is_free(store)
            4 unique::a_value_is_not_free_before_it_is_given_up(store)
            4 rings::names_taken_in_opposite_orders_go_to_one(place races)
            5 text::texts_that_look_alike_stay_apart(store)
            5 text::text_comes_back_as_it_went_in(store)
            5 text::bytes_come_back_as_they_went_in(store)
            5 text::numbers_come_back_from_their_bounds(store)
            5 sorting::text_is_read_in_the_order_of_its_code_points(store)
            5 sorting::bounds_of_text_are_code_points(store)
            5 unheld::what_no_database_holds_is_refused(store)
            5 unheld::what_is_as_long_as_allowed_is_found(store)
            5 unheld::a_key_no_row_has_finds_nothing(store)
            6 session::a_read_after_a_commit_sees_it(store races)
            6 session::another_handle_sees_it_too(place races)
            7 paging::every_ordering_shows_its_rows_in_order(store)
            7 paging::bounds_hold_in_both_directions(store)
            7 paging::null_is_a_value_to_page_by(store)
            7 paging::a_page_of_nothing_is_empty(store)
            7 paging::rows_that_stand_are_shown_once_whatever_is_written(store races)
            7 standing::rows_that_change_are_shown_once(store races)
            7 bounds::a_page_is_as_long_as_was_asked(store)
            8 session::a_session_comes_with_its_user_and_account(store)
            8 session::sessions_asked_for_together_come_once_each(store)
            8 session::digests_that_look_alike_stay_apart(store)
            8 session::no_more_sessions_than_that_are_asked_for(store)
            8 session::a_session_is_of_one_moment(store races)
            9 activity::raising_lifts_and_never_lowers(store)
            9 activity::raising_lifts_nothing_too(store)
            9 activity::raising_what_is_not_there_does_nothing(store)
            9 activity::a_touch_never_brings_back_a_session(place races)
            9 activity::the_latest_of_many_touches_remains(place races)
            9 activity::touches_and_changes_do_not_conflict(place races)
            10 twice::a_batch_sent_again_changes_nothing(store)
            10 twice::a_batch_sent_64_times_at_once_is_done_once(place races)
            10 twice::a_batch_that_conflicted_can_be_sent_again(store)
            10 twice::a_batch_is_recognised_for_a_day(store)
            11 budgets::sixty_four_charges_take_64_units(store races)
            11 budgets::a_budget_of_ten_allows_ten_of_64(store races)
            11 budgets::a_refused_request_uses_up_nothing(store)
            11 budgets::units_are_given_back_and_cleared(store)
            11 budgets::a_charge_outlasts_a_conflict(store)
            11 budgets::opposite_orders_of_budgets_come_through(store races)
            11 bounds::a_budget_counts_to_its_bound(store)
            12 leases::a_lease_takes_what_is_due(store)
            12 leases::a_row_has_one_taker_among_many(store races)
            12 leases::a_lease_runs_out(store)
            12 leases::who_lost_a_lease_cannot_finish(store)
            12 bounds::a_lease_is_as_long_as_was_asked(store)
            13 purge::only_what_expired_goes(store)
            13 purge::what_never_expires_stays(store)
            13 purge::no_more_goes_than_allowed(store)
            13 purge::what_was_purged_is_found_by_nothing(store)
            13 purge::purges_at_once_count_each_row_once(store races)
            13 purge::what_is_charged_anew_is_not_purged(place races)
            14 drops::a_dropped_commit_is_wholly_in_or_out(store races)
            14 drops::a_dropped_write_locks_nothing(store races)
            14 drops::dropped_calls_hold_no_connection(store races)
            14 awaits::a_commit_dropped_at_any_await_is_in_or_out(store races)
            14 awaits::a_charge_dropped_at_any_await_takes_all_or_nothing(store races)
            14 awaits::a_lease_dropped_at_any_await_takes_all_or_nothing(store races)
            14 awaits::a_purge_dropped_at_any_await_takes_all_or_nothing(store races)
            14 awaits::reads_dropped_at_any_await_hold_nothing(store races)
            15 refusals::an_unknown_table_is_refused(store)
            15 refusals::an_unfit_batch_is_refused(store)
            15 refusals::an_unfit_question_is_refused(store)
            16 moments::the_year_is_what_commands_say(store)
            16 moments::budgets_live_in_the_time_of_their_charges(store)
            16 moments::nothing_goes_before_it_is_purged(store)
            16 skew::clocks_apart_lease_each_row_once(place races)
            16 skew::clocks_apart_purge_what_expired_for_the_caller(place races)
            16 skew::clocks_apart_lose_no_unit(place races)
            16 skew::clocks_apart_write_in_the_order_they_come(place)
        }
    };
}
