//! Where everything is kept: one trait with a numbered contract, and tables as data.
//!
//! A host brings its own storage by implementing [`Store`]. It never has to know what a user is:
//! it keeps rows of the tables in [`Table::ALL`], and honours these clauses. `testkit::store`
//! has a test for each, under its number.
//!
//! | clause | what holds |
//! |---|---|
//! | S1 | **All or none.** [`commit`](Store::commit) applies every change of a batch or none, also when the process dies in the middle. |
//! | S2 | **Durable.** What `commit` answered `Ok` to is there after a crash. |
//! | S3 | **Conditions live in the write.** Each [`Change`] says what it expects of the row it writes; where one does not hold, the answer is `Conflict` and nothing is written. Two writers of one version: one wins. Two batches whose conditions do not concern each other are both applied; a deadlock between them is the store's to resolve, never a `Conflict`. Versions are whole numbers of 64 bits. |
//! | S4 | **Unique keys.** No two rows share a key or a unique key whose columns are all set, after each change of a batch and not only at its end; an attempt is `Conflict`. |
//! | S5 | **Bytes are bytes.** Text is compared, ordered and bounded code point by code point: no folding, no language, no padding, no trailing blanks dropped; any Unicode text comes back as it went in. Text holds no NUL, and what stands in a key, a unique key or an ordering no more than [1,000 bytes](Column::MAX_INDEXED): a row, a look-up or a page with either is refused as `Unsupported`. A key is taken as it comes: of one with more bytes there is no row, so [`get`](Store::get) finds nothing, a delete is a `Conflict`, and a raise does nothing. |
//! | S6 | **Read your writes.** A read that starts after a commit was answered sees it, from any handle of the store. |
//! | S7 | **Pages.** [`page`](Store::page) answers in the order of its [`Ordering`], without gaps or doubles for rows that stand throughout, whatever is written meanwhile. A limit is any number of 32 bits; 0 is none. |
//! | S8 | **One read of sessions.** [`sessions`](Store::sessions) answers those that have one of the digests, each once: its own row, its user and its account, all as of one moment. |
//! | S9 | **Activity.** [`Change::Raise`] lifts one column to a value, never lowers it, never conflicts, and never brings back a row that is gone. |
//! | S10 | **Sent twice, done once.** A batch whose id was already applied is answered `Ok` and changes nothing; ids are kept for at least a day. |
//! | S11 | **Budgets.** [`charge`](Store::charge) applies [`Charge::settle`] atomically; 64 at once take 64 units. Counts stay at the last number of 32 bits. |
//! | S12 | **Leases.** [`lease`](Store::lease) gives a row to one taker at a time: it is moved into the future by a conditional write. A limit is any number of 32 bits; 0 is none. |
//! | S13 | **Purge.** [`purge`](Store::purge) deletes at most what it is allowed to, only rows that are expired when they go (one that was written anew meanwhile stays), and says how many. A limit is any number of 32 bits; 0 is none. |
//! | S14 | **Dropped futures.** A call that is dropped, at whichever of its awaits, leaves the state before or after, never between, and holds no connection and no lock. That goes for charges, leases and purges as for commits. |
//! | S15 | **Unknown tables.** A table the store does not know is refused, never made on the spot. |
//! | S16 | **No clock.** The store never asks for the time; commands carry it. Those of two processes may be five seconds apart, so each command is told the time only for itself. |

mod batch;
pub mod bring_your_own;
mod charge;
pub mod clusters;
mod error;
pub mod memory;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
mod query;
mod record;
mod records;
mod row;
pub mod running;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod table;
pub mod tables;

pub use batch::{Batch, Change, Expect};
pub use charge::{BudgetState, Charge, Movement, Rule, Verdict};
pub use error::{CommitError, StoreError};
pub use query::{Direction, Lease, Page};
pub(crate) use record::Versioned;
pub use record::{Corrupt, Record};
pub use row::{Row, Value};
pub use table::{Column, Kind, Ordering, Table, Unique};

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::secret::Digest;

/// The version of the tables this crate reads and writes. It grows when a table or column is
/// added; within a minor version of the crate nothing is ever taken away.
pub const CONTRACT: u32 = 1;

/// A session's row with the rows of its user and its account.
#[derive(Clone, Debug)]
pub struct SessionRows {
    /// Of [`tables::SESSIONS`].
    pub session: Row,
    /// Of [`tables::USERS`].
    pub user: Row,
    /// Of [`tables::ACCOUNTS`].
    pub account: Row,
}

impl SessionRows {
    /// How many sessions are asked for at once, at the most. More would make one query longer
    /// than what it saves: most of the gain is there with a few.
    pub const MOST: usize = 128;

    /// Why a store refuses to look for these, if it does.
    #[must_use]
    pub fn flaw(digests: &[Digest]) -> Option<&'static str> {
        (digests.len() > Self::MOST).then_some("more sessions than are asked for at once")
    }
}

/// Keeps rows. The module's description numbers what an implementation must hold.
///
/// Every method but [`contract`](Self::contract) answers [`StoreError::Unavailable`] when what
/// keeps the rows does not answer. A row that is not what its table says is [`StoreError::Corrupt`],
/// or `Unavailable`. What is not in the contract is [`StoreError::Unsupported`], before anything
/// is done; each method says what that is.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The contract version of the tables that exist, as learnt when the store was opened.
    fn contract(&self) -> u32;

    /// The row with this key; none for a key that is longer than any row's can be.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for a table that is not [known](Table::is_known); otherwise as
    /// [`Store`] says.
    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError>;

    /// The row with these values in the columns of one of the table's unique keys. A null, in a
    /// column that may be null, finds nothing, since it equals nothing.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for a table that is not known, a key that is none of its unique
    /// ones, and values that do not [fit](Table::fits) the key's columns; otherwise as [`Store`]
    /// says.
    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError>;

    /// A page of rows, in order.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for what [`Page::flaw`] finds: a table that is not known, an
    /// ordering it does not have, values its columns cannot hold; otherwise as [`Store`] says.
    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError>;

    /// The sessions with these digests, each with its user and account, in one read: up to
    /// [`SessionRows::MOST`] of them, in any order. One that does not exist, or whose user or
    /// account does not, is left out; one that is asked for twice is answered once.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for more than that, as [`SessionRows::flaw`] finds; otherwise as
    /// [`Store`] says.
    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError>;

    /// Applies a batch, wholly or not at all.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when an expectation or a unique key did not hold: nothing was
    /// written. [`CommitError::Failed`] with [`StoreError::Unsupported`] for what [`Batch::flaw`]
    /// finds: nothing was done. With any other error it is unknown whether the batch was written,
    /// until the same batch is sent again.
    async fn commit(&self, batch: &Batch) -> Result<(), CommitError>;

    /// Charges budgets, outside any batch: what was charged stays charged whatever comes after.
    /// One verdict for each charge, in their order. No two of them may have one key.
    ///
    /// # Errors
    /// As [`Store`] says.
    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError>;

    /// Takes rows of [`tables::OUTBOX`] for one worker: those whose `due_at` is no later than
    /// [`Lease::now`], in the order of `due_at` and then of `id`, no more than [`Lease::limit`].
    /// Their `due_at` becomes [`Lease::until`] and their `version` one more, unless somebody else
    /// was first; they are answered as they stand then.
    ///
    /// # Errors
    /// As [`Store`] says.
    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError>;

    /// Deletes up to `limit` rows whose [expiry](Table::expires) lies before `before`, and says
    /// how many it deleted.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for a table that is not known, or whose rows never expire;
    /// otherwise as [`Store`] says.
    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError>;
}

/// A store behind a pointer is a store: what hosts that choose one at run time hand over.
#[async_trait]
impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    fn contract(&self) -> u32 {
        (**self).contract()
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        (**self).get(table, key).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        (**self).find(table, unique, values).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        (**self).page(page).await
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        (**self).sessions(digests).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        (**self).commit(batch).await
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        (**self).charge(charges, now).await
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        (**self).lease(lease).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        (**self).purge(table, before, limit).await
    }
}
