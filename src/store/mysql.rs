//! A MySQL or MariaDB database: the store of many processes on many machines.
//!
//! - Every condition stands in the statement that writes, and transactions are READ COMMITTED.
//!   Where the database had to choose between two of them (a deadlock, two nodes of a Galera
//!   cluster that wrote one row), the one that lost is tried again; where a condition does not hold
//!   then, the answer is `Conflict`, and whoever asked decides again.
//! - What [`commit`](crate::store::Store::commit) answered `Ok` to outlasts a crash, as long as the
//!   server has its default `innodb_flush_log_at_trx_commit = 1`.
//! - A write runs in a task of its own, so a caller that goes away leaves it wholly done or not
//!   begun. Calls need a tokio runtime.
//! - After a restart of the server the next read finds its connection dead, opens another and is
//!   answered. A commit whose answer was lost with its connection is `Unavailable`: whether it
//!   happened is unknown until the same batch is sent again.
//! - Text and bytes are `VARBINARY` where an index holds them and `LONGBLOB` elsewhere, text as
//!   UTF-8; numbers and moments are `BIGINT`. The usual collations take `a` and `A`, or `a` and
//!   `a `, for the same.
//!
//! Connect by TLS: without it the driver cannot give MySQL 8 a password in the way that is its
//! default (`caching_sha2_password`). `?ssl-mode=VERIFY_IDENTITY` in the URL asks for it and checks
//! who the server is. Trusted are the public authorities, which are built in, and those in the file
//! of `&ssl-ca=/path/to/ca.pem`: managed databases often have one of their own. With the features
//! of this crate the system's are not looked at.
//!
//! On a Galera cluster each read waits for what other nodes have acknowledged
//! (`wsrep_sync_wait = 1`, set on each connection), so that a session that was ended on one is
//! ended on all; see [`MySqlOptions::danger_stale_reads`].
//!
//! Run on MariaDB 10.11, one server and a Galera cluster of three (see
//! [clusters](super::clusters)). The SQL keeps to what MySQL 8, Aurora and TiDB accept, but nothing
//! was run on them.

mod dialect;
mod driver;
mod link;
mod options;

pub use super::sql::{Migration, server::DriverError};
pub use options::MySqlOptions;

use std::fmt;

use sqlx::MySqlPool;
use time::OffsetDateTime;

use self::options::MySqlPeer;
use super::{
    Batch, Charge, CommitError, Lease, Page, Row, SessionRows, StoreError, Table, Unique, Value,
    Verdict,
    sql::{
        self, Arg, Call, Done, Sessions, Work,
        server::{Server, impl_store},
    },
};
use crate::secret::Digest;

/// Keeps everything in a MySQL database. Clones share their connections.
///
/// ```no_run
/// # async fn open() -> Result<(), portcullis::store::StoreError> {
/// use portcullis::store::mysql::MySqlStore;
/// let store = MySqlStore::connect("mysql://crm@db.example/crm").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MySqlStore {
    server: Server<MySqlPeer>,
}

impl MySqlStore {
    /// Connects to the database of a URL and brings its tables to this version. Where another
    /// process is doing that, it waits for it, up to three minutes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer, or the other process takes
    /// longer; [`StoreError::Unsupported`] when the text is no URL of one, or its tables were made
    /// by a newer version or compare text otherwise than by code point; [`StoreError::Lacking`]
    /// when they lack a key or an index.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        MySqlOptions::new(url)?.open().await
    }

    /// Uses the connections of a pool the host has, and brings the tables to this version. The
    /// pool is a type of sqlx, so the host needs the minor version this crate uses, 0.9.
    ///
    /// The pool asks each connection for a sign of life when it comes back, so a read costs two
    /// round trips instead of one; and each before it is used, unless the pool was made with
    /// `test_before_acquire(false)`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), but for the URL; and [`StoreError::Unsupported`] when the
    /// pool's connections have autocommit off or read what is not committed, or lead to a Galera
    /// node whose reads do not wait.
    pub async fn from_pool(pool: MySqlPool) -> Result<Self, StoreError> {
        MySqlOptions::of_pool(pool).open().await
    }

    /// The SQL that makes the tables, oldest first, for a host that runs it with its own tool.
    /// [`MySqlOptions::migrations`] gives it for another prefix.
    #[must_use]
    pub fn migrations() -> Vec<Migration> {
        sql::migrations(&sql::Names::new(&dialect::MYSQL, None, MySqlOptions::PREFIX))
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

impl_store!(MySqlStore);

impl fmt::Debug for MySqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MySqlStore")
    }
}
