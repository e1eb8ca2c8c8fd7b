//! One file, embedded: the store of a single machine.
//!
//! - The file is in WAL mode, so readers and the writer do not wait for each other. It belongs on
//!   a local disk; several processes may share it there.
//! - What [`commit`](Store::commit) answered `Ok` to was written through to the disk
//!   (`synchronous=FULL`). Budgets, leases and purges outlast the process and are written
//!   through with the next commit; a power cut before it forgets them, which costs at most a few
//!   units, a second letter or another purge.
//! - One connection writes, on a thread of its own. What waits for it together is committed
//!   together: 64 commits at once cost little more than one.
//! - The store needs no async runtime of its own and can be used from any.

mod block_on;
mod dialect;
mod driver;
mod link;
mod options;
mod readers;
mod writer;

pub use super::sql::Migration;
pub use driver::DriverError;
pub use options::SqliteOptions;

use std::{fmt, path::Path, sync::Arc};

use async_trait::async_trait;
use time::OffsetDateTime;

use self::{link::SqliteLink, readers::Readers, writer::Writer};
use super::{
    Batch, CONTRACT, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError, Table,
    Unique, Value, Verdict,
    sql::{self, Arg, Call, Done, Sessions, Statements, Work},
};
use crate::secret::Digest;

/// Keeps everything in one SQLite file. Clones share their connections; the last one to go
/// closes them.
///
/// ```
/// use portcullis::store::{Store, sqlite::SqliteStore};
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let store = SqliteStore::open_in_memory().await?;
/// assert_eq!(store.contract(), portcullis::store::CONTRACT);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    statements: Arc<Statements>,
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the file, makes it where it does not exist (readable by its owner only, where the
    /// system knows owners), and brings its tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or is not a database, or when
    /// tables are to be made and another process writes for five seconds on end;
    /// [`StoreError::Unsupported`] when its tables were made by a newer version;
    /// [`StoreError::Lacking`] when they lack a key, or an index that compares text by code point.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new(path).open().await
    }

    /// Opens an empty database that is gone when the store is dropped: for tests.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when memory or threads are short.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        SqliteOptions::in_memory().open().await
    }

    /// The SQL that makes the tables, oldest first, for a host that runs it with its own tool.
    /// [`SqliteOptions::migrations`] gives it for another prefix.
    #[must_use]
    pub fn migrations() -> Vec<Migration> {
        SqliteOptions::in_memory().migrations()
    }

    /// Every statement the store can send: what a host reads to see which indexes they use.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.shared.statements.all()
    }

    /// Finishes the writes asked for so far and closes the file; reads under way go on to their
    /// end. From then on every call, on any clone, is answered `Unavailable`.
    pub async fn close(&self) {
        self.shared.readers.close().await;
        self.shared.writer.close().await;
    }

    /// The first row a call answers.
    async fn one(
        &self,
        call: Call<'_>,
        tables: &[&'static Table],
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let mut reader = self.shared.readers.take().await?;
        let answer = reader.link().await?.row(&call, tables).await;
        reader.give_back(&answer);
        answer
    }

    /// Every row a call answers.
    async fn all(
        &self,
        call: Call<'_>,
        tables: &[&'static Table],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut reader = self.shared.readers.take().await?;
        let answer = sql::Link::rows(reader.link().await?, &[call], tables).await;
        reader.give_back(&answer);
        answer
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn contract(&self) -> u32 {
        CONTRACT
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        let sql = &self.shared.statements.of(table)?.get;
        let found = self.one(Call::new(sql, [Arg::Bytes(key)]), &[table]).await?;
        Ok(found.and_then(|rows| rows.into_iter().next()))
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        let sql = self.shared.statements.of(table)?.find(table, unique);
        let Some(sql) = sql.filter(|_| table.fits(unique.columns, values)) else {
            return Err(StoreError::Unsupported("a look-up that is not one of the table's"));
        };
        let call = Call::new(sql, values.iter().map(Arg::from));
        let found = self.one(call, &[table]).await?;
        Ok(found.and_then(|rows| rows.into_iter().next()))
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        if let Some(flaw) = page.flaw() {
            return Err(StoreError::Unsupported(flaw));
        }
        let pages = &self.shared.statements.of(page.table)?.pages;
        let Some((sql, args)) = pages.of(page) else {
            return Err(StoreError::Unsupported("a page that is not one of the table's"));
        };
        Ok(self.all(Call { sql, args }, &[page.table]).await?.concat())
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        let Some(call) = self.shared.statements.sessions.of(digests)? else {
            return Ok(Vec::new());
        };
        let found = match digests {
            [_] => self.one(call, &Sessions::TABLES).await?.into_iter().collect(),
            _ => self.all(call, &Sessions::TABLES).await?,
        };
        Ok(Sessions::read(found))
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        if let Some(flaw) = batch.flaw() {
            return Err(StoreError::Unsupported(flaw).into());
        }
        match self.shared.writer.ask(Work::Commit(batch.clone())).await? {
            Done::Committed | Done::Recognised => Ok(()),
            _ => Err(sql::mismatch().into()),
        }
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        match self.ask(Work::Charge(charges.to_vec(), now)).await? {
            Done::Charged(verdicts) => Ok(verdicts),
            _ => Err(sql::mismatch()),
        }
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        match self.ask(Work::Lease(*lease)).await? {
            Done::Leased(rows) => Ok(rows),
            _ => Err(sql::mismatch()),
        }
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        if self.shared.statements.of(table)?.purge.is_none() {
            return Err(StoreError::Unsupported(sql::NEVER_EXPIRES));
        }
        match self.ask(Work::Purge { table, before, limit }).await? {
            Done::Purged(count) => Ok(count),
            _ => Err(sql::mismatch()),
        }
    }
}

impl SqliteStore {
    /// Has the writer do what cannot conflict.
    async fn ask(&self, work: Work) -> Result<Done, StoreError> {
        self.shared.writer.ask(work).await.map_err(sql::failed)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
