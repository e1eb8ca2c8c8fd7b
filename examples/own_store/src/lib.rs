//! A store of one's own: portcullis on [redb](https://docs.rs/redb), an embedded key-value
//! engine.
//!
//! It is what a host writes whose data lives in something the crate has no adapter for. The
//! chapter "Bring your own storage" (`portcullis::store::bring_your_own`) walks through it, clause
//! by clause; `tests/kit.rs` runs every proof of the contract against it.
//!
//! | file | holds |
//! |---|---|
//! | `codec.rs` | values as bytes that sort as the values do |
//! | `index.rs` | entries and ranges of the one index |
//! | `read.rs`, `write.rs` | what the calls of the trait do, each in one transaction |
//! | `hands.rs` | the threads they run on |
//! | `upgrade.rs` | making the tables; bringing old ones to a later contract |
//! | `main.rs` | a program that opens an account on it and logs somebody in |

#[doc(hidden)] // for the test that proves its order
pub mod codec;
mod hands;
mod index;
mod read;
mod upgrade;
mod write;

use std::{collections::HashSet, fmt, path::Path, sync::Arc};

use async_trait::async_trait;
use hands::Hands;
use portcullis::{
    secret::Digest,
    store::{
        Batch, CONTRACT, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError,
        Table, Unique, Value, Verdict,
    },
};
use redb::Database;
use time::OffsetDateTime;

/// How many threads read. What is read often lies in memory, so few do.
const READERS: usize = 2;

/// Keeps everything in one file of redb. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct RedbStore(Arc<Shared>);

struct Shared {
    readers: Hands,
    /// One, since the engine has one writing transaction at a time.
    writer: Hands,
}

impl RedbStore {
    /// Opens the file, makes it where it does not exist, and brings its tables to this version.
    /// It blocks, so it is for the start of a program.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened, belongs to another process or
    /// is not a database; [`StoreError::Unsupported`] when its tables were made by a newer
    /// version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        readable_by_owner(path.as_ref()).map_err(StoreError::unavailable)?;
        let database = Database::create(path).map_err(StoreError::unavailable)?;
        if upgrade::upgrade(&database).map_err(StoreError::unavailable)? != CONTRACT {
            return Err(StoreError::Unsupported("tables made by a newer version"));
        }
        let database = Arc::new(database);
        let hire = |count| Hands::hire(count, &database).map_err(StoreError::unavailable);
        Ok(Self(Arc::new(Shared { readers: hire(READERS)?, writer: hire(1)? })))
    }
}

/// Makes the file where there is none, for its owner only: it holds password hashes.
fn readable_by_owner(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn known(table: &Table) -> Result<(), StoreError> {
    if table.is_known() { Ok(()) } else { Err(StoreError::Unsupported("an unknown table")) }
}

#[async_trait]
impl Store for RedbStore {
    fn contract(&self) -> u32 {
        CONTRACT
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        known(table)?;
        let key = key.to_vec();
        self.0.readers.ask(move |database| read::get(database, table, &key)).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        known(table)?;
        if !table.uniques.contains(unique) || !table.fits(unique.columns, values) {
            return Err(StoreError::Unsupported("a look-up that is not one of the table's"));
        }
        let values = values.to_vec();
        self.0.readers.ask(move |database| read::find(database, table, unique, &values)).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        if let Some(flaw) = page.flaw() {
            return Err(StoreError::Unsupported(flaw));
        }
        let page = page.clone();
        self.0.readers.ask(move |database| read::page(database, &page)).await
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        if let Some(flaw) = SessionRows::flaw(digests) {
            return Err(StoreError::Unsupported(flaw));
        }
        let digests: HashSet<_> = digests.iter().copied().collect();
        self.0.readers.ask(move |database| read::sessions(database, &digests)).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        if let Some(flaw) = batch.flaw() {
            return Err(StoreError::Unsupported(flaw).into());
        }
        let batch = batch.clone();
        let done = self.0.writer.ask(move |database| write::commit(database, &batch)).await?;
        if done { Ok(()) } else { Err(CommitError::Conflict) }
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        let charges = charges.to_vec();
        self.0.writer.ask(move |database| write::charge(database, &charges, now)).await
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        let lease = *lease;
        self.0.writer.ask(move |database| write::lease(database, &lease)).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        known(table)?;
        if table.expires.is_none() {
            return Err(StoreError::Unsupported("purging a table whose rows never expire"));
        }
        self.0.writer.ask(move |database| write::purge(database, table, before, limit)).await
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedbStore")
    }
}
