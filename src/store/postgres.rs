//! A PostgreSQL database: the store of many processes on many machines.
//!
//! - Every condition stands in the statement that writes, and transactions are READ COMMITTED.
//!   Where the database had to choose between two of them, the one that lost is tried again; where
//!   a condition does not hold then, the answer is `Conflict`, and whoever asked decides again.
//! - What [`commit`](crate::store::Store::commit) answered `Ok` to outlasts a crash, and reaches
//!   the synchronous standbys there are, as long as the server's, the database's and the role's
//!   `synchronous_commit` is at its default `on` or stronger. Budgets, leases and purges do not
//!   wait for that (`synchronous_commit = off`): a crash of the server forgets those of its last
//!   moments, which costs at most a few units, a second letter or another purge.
//! - A write runs in a task of its own, so a caller that goes away leaves it wholly done or not
//!   begun. Calls need a tokio runtime.
//! - After a restart of the server the next read finds its connection dead, opens another and is
//!   answered. A commit whose answer was lost with its connection is `Unavailable`: whether it
//!   happened is unknown until the same batch is sent again.
//! - Text is `TEXT COLLATE "C"`, numbers and moments are `BIGINT`, bytes are `BYTEA`.
//!
//! `?sslmode=verify-full` in the URL asks for TLS and checks who the server is. Trusted are the
//! public authorities, which are built in, and those in the file of `&sslrootcert=/path/to/ca.pem`:
//! managed databases often have one of their own. With the features of this crate the system's are
//! not looked at.
//!
//! Behind PgBouncer in session mode nothing needs to be set for connections of the store's own.
//! Those of a host's pool send `extra_float_digits`, which it refuses: call
//! `.extra_float_digits(None)` on the pool's connect options, or name it in PgBouncer's
//! `ignore_startup_parameters`. With the latter the whole kit was run by hand on version 1.18, by
//! the store's own connections and by a host's pool; without it, a store of its own connections was
//! opened and read. In transaction mode 1.18 fails; PgBouncer must keep prepared statements apart
//! by itself then (by its manual, never run: version 1.21 or newer, `max_prepared_statements` of at
//! least 512). Switching off the driver's statement cache does not help, since the driver always
//! prepares in one round trip and executes in the next.
//!
//! Run on PostgreSQL 15. The SQL keeps to what CockroachDB, YugabyteDB and Aurora accept (no
//! sequences, no advisory locks, keys of random bytes), but for two words of the migrations that
//! CockroachDB does not take ([clusters](crate::store::clusters)); nothing was run on them.

mod dialect;
mod driver;
mod link;
mod options;

pub use super::sql::{Migration, server::DriverError};
pub use options::PostgresOptions;

use std::fmt;

use sqlx::PgPool;
use time::OffsetDateTime;

use self::options::PostgresPeer;
use super::{
    Batch, Charge, CommitError, Lease, Page, Row, SessionRows, StoreError, Table, Unique, Value,
    Verdict,
    sql::{
        self, Arg, Call, Done, Sessions, Work,
        server::{Server, impl_store},
    },
};
use crate::secret::Digest;

/// Keeps everything in a PostgreSQL database. Clones share their connections.
///
/// ```no_run
/// # async fn open() -> Result<(), portcullis::store::StoreError> {
/// use portcullis::store::postgres::PostgresStore;
/// let store = PostgresStore::connect("postgres://crm@db.example/crm").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    server: Server<PostgresPeer>,
}

impl PostgresStore {
    /// Connects to the database of a URL and brings its tables to this version. Where another
    /// process is doing that, it waits for it, up to three minutes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer, or the other process takes
    /// longer; [`StoreError::Unsupported`] when the text is no URL of one, or its tables were made
    /// by a newer version or compare text otherwise than by code point; [`StoreError::Lacking`]
    /// when they lack a key or an index.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new(url)?.open().await
    }

    /// Uses the connections of a pool the host has, and brings the tables to this version. The
    /// pool is a type of sqlx, so the host needs the minor version this crate uses, 0.9.
    ///
    /// The pool asks each connection for a sign of life when it comes back, so a read costs two
    /// round trips instead of one; and each before it is used, unless the pool was made with
    /// `test_before_acquire(false)`. Behind PgBouncer its connect options need
    /// `.extra_float_digits(None)`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), but for the URL.
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        PostgresOptions::of_pool(pool).open().await
    }

    /// The SQL that makes the tables, oldest first, for a host that runs it with its own tool.
    /// [`PostgresOptions::migrations`] gives it for another schema or prefix.
    #[must_use]
    pub fn migrations() -> Vec<Migration> {
        sql::migrations(&sql::Names::new(&dialect::POSTGRES, None, PostgresOptions::PREFIX))
    }

    /// Every statement the store can send: what a host reads to see which indexes they use.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.server.statements().all()
    }

    /// Closes the connections that are not in use. From then on every call, on any clone, is
    /// answered `Unavailable`. What is under way goes on and is not waited for, so let requests end
    /// first. The host's pool stays open.
    pub async fn close(&self) {
        self.server.close();
    }
}

impl_store!(PostgresStore);

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
