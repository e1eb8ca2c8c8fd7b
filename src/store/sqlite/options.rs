use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions,
};

use super::{
    Shared, SqliteStore,
    dialect::SQLITE,
    driver::{DriverError, unavailable},
    link::SqliteLink,
    readers::Readers,
    writer::Writer,
};
use crate::store::{
    StoreError, Table,
    sql::{self, Call, Link as _, Migration, Names, Statements, catalogue, migration},
};

/// How a [`SqliteStore`] is opened.
///
/// ```no_run
/// # async fn open() -> Result<(), portcullis::store::StoreError> {
/// use portcullis::store::sqlite::SqliteOptions;
/// let store = SqliteOptions::new("crm.db").prefix("auth_").open().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The file; none for a database in memory.
    path: Option<PathBuf>,
    prefix: String,
    readers: usize,
    migrate: bool,
}

/// How long a connection waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of the file is read through the page cache without a copy. It takes addresses, not
/// memory; measured, it keeps a look-up flat from a thousand to millions of rows.
const MAPPED: &str = "1073741824";

/// How long the log grows before it is written back into the file: 16 MB. What is written again
/// and again is then written back once; on a slow disk this doubled the commits of many writers.
const PAGES_OF_LOG: &str = "4000";

/// Tells apart the databases in memory of one process.
static IN_MEMORY: AtomicU64 = AtomicU64::new(0);

impl SqliteOptions {
    /// The prefix of the tables' names, unless another is chosen. A host may keep its own tables
    /// in the same file, and many have one called `users`.
    pub const PREFIX: &'static str = "portcullis_";

    /// The options [`SqliteStore::open`] uses.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: Some(path.as_ref().to_owned()), ..Self::in_memory() }
    }

    pub(super) fn in_memory() -> Self {
        let readers = std::thread::available_parallelism().map_or(4, usize::from).clamp(2, 8);
        Self { path: None, prefix: Self::PREFIX.to_owned(), readers, migrate: true }
    }

    /// Another prefix of the tables' names: up to 24 of a–z, 0–9 and `_`, no digit first.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How many connections read, at the most; 0 is taken for 1. Each is a thread. Unless said
    /// otherwise, as many as the machine has processors, but at least 2 and no more than 8.
    #[must_use]
    pub fn readers(mut self, readers: u8) -> Self {
        self.readers = usize::from(readers.max(1));
        self
    }

    /// Leaves making and changing the tables to the host, who runs
    /// [`migrations`](Self::migrations) with its own tool.
    #[must_use]
    pub fn migrated_by_host(mut self) -> Self {
        self.migrate = false;
        self
    }

    /// The SQL that makes the tables, oldest first.
    #[must_use]
    pub fn migrations(&self) -> Vec<Migration> {
        sql::migrations(&Names::new(&SQLITE, None, &self.prefix))
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or is not a database, or when
    /// tables are to be made and another process writes for five seconds on end;
    /// [`StoreError::Unsupported`] when the prefix is not one, or the tables are of another version
    /// than this crate's and may not be changed; [`StoreError::Lacking`] when they lack a key or an
    /// index that [`migrations`](Self::migrations) makes.
    pub async fn open(&self) -> Result<SqliteStore, StoreError> {
        let (opener, link, statements) = self.make_ready().await?;
        let writer = Writer::start(opener.clone(), link, Arc::clone(&statements))?;
        let readers = Readers::new(opener, self.readers);
        Ok(SqliteStore { shared: Arc::new(Shared { statements, readers, writer }) })
    }

    /// Opens the connection that writes and sees to the tables.
    pub(super) async fn make_ready(
        &self,
    ) -> Result<(Opener, SqliteLink, Arc<Statements>), StoreError> {
        if !sql::is_prefix(&self.prefix) {
            return Err(StoreError::Unsupported("a prefix that is not a plain name"));
        }
        let opener = Opener::new(self)?;
        let mut connection = opener.connect(&opener.writer).await?;
        if self.path.is_some() {
            write_ahead(&mut connection).await?;
        }
        self.bring_up_to_date(&mut connection, &self.migrations()).await?;
        let names = Names::new(&SQLITE, None, &self.prefix);
        let statements = Arc::new(Statements::new(&names));
        check(&mut connection, &statements).await?;
        let mut link = SqliteLink::new(connection);
        let listed = (names.dialect().catalogue)(&names);
        let listed = link.rows(&[Call::new(&listed, [])], &[&catalogue::LISTED]).await?;
        catalogue::check(&names, &listed)?;
        Ok((opener, link, statements))
    }

    pub(super) async fn bring_up_to_date(
        &self,
        connection: &mut SqliteConnection,
        migrations: &[Migration],
    ) -> Result<(), StoreError> {
        let stands = self.contract(connection).await?;
        if migration::pending(migrations, stands)?.is_empty() {
            return Ok(());
        }
        if !self.migrate {
            return Err(StoreError::Unsupported("tables the host has not migrated yet"));
        }
        execute(connection, "BEGIN IMMEDIATE").await?;
        // Another process may have been faster.
        let stands = self.contract(connection).await?;
        for migration in migration::pending(migrations, stands)? {
            for statement in migration.sql.split_inclusive(";\n") {
                match execute(connection, statement).await {
                    // A tool of the host's that was interrupted has added it.
                    Err(error)
                        if DriverError::of(&error).is_some_and(DriverError::is_there_already) => {}
                    answer => answer?,
                }
            }
        }
        execute(connection, "COMMIT").await
    }

    /// The contract version of the tables that stand; zero where there are none.
    async fn contract(&self, connection: &mut SqliteConnection) -> Result<u32, StoreError> {
        let book = format!("{}{}", self.prefix, migration::BOOK);
        let there = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?";
        let there = sqlx::query(there).bind(&book).fetch_optional(&mut *connection).await;
        if there.map_err(|e| unavailable(&e))?.is_none() {
            return Ok(0);
        }
        let highest = AssertSqlSafe(format!("SELECT MAX(contract) FROM `{book}`"));
        let row = sqlx::query(highest).fetch_one(connection).await.map_err(|e| unavailable(&e))?;
        let contract = row.try_get::<Option<i64>, _>(0).map_err(|e| unavailable(&e))?;
        Ok(u32::try_from(contract.unwrap_or(0)).unwrap_or(u32::MAX))
    }
}

/// Opens connections.
#[derive(Clone)]
pub(super) struct Opener {
    reader: SqliteConnectOptions,
    writer: SqliteConnectOptions,
}

impl Opener {
    fn new(options: &SqliteOptions) -> Result<Self, StoreError> {
        let base = match &options.path {
            Some(path) => {
                make(path).map_err(|error| unavailable(&sqlx::Error::Io(error)))?;
                SqliteConnectOptions::new().filename(path).pragma("mmap_size", MAPPED)
            }
            // A name that begins with a slash is shared by the connections of this process.
            None => {
                let number = IN_MEMORY.fetch_add(1, Ordering::Relaxed);
                SqliteConnectOptions::new()
                    .filename(format!("/portcullis-{number}"))
                    .vfs("memdb")
                    .create_if_missing(true)
            }
        };
        let base = base
            .foreign_keys(false)
            .busy_timeout(PATIENCE)
            .statement_cache_capacity(256)
            .disable_statement_logging();
        Ok(Self {
            reader: base.clone().pragma("query_only", "1"),
            writer: base.pragma("synchronous", "FULL").pragma("wal_autocheckpoint", PAGES_OF_LOG),
        })
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn reader(&self) -> Result<SqliteLink, StoreError> {
        self.connect(&self.reader).await.map(SqliteLink::new)
    }

    /// A connection that writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn writer(&self) -> Result<SqliteLink, StoreError> {
        self.connect(&self.writer).await.map(SqliteLink::new)
    }

    async fn connect(&self, how: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
        how.connect().await.map_err(|error| unavailable(&error))
    }
}

/// Makes the file if there is none, for its owner only. SQLite gives the files it keeps beside it
/// the same permissions.
fn make(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    for_owner_only(&mut options);
    options.open(path).map(drop)
}

#[cfg(unix)]
fn for_owner_only(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn for_owner_only(_: &mut fs::OpenOptions) {}

/// Puts the file into WAL mode, where it stays.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    // SQLite does not wait for others who are at work when the mode changes, so wait for them by
    // a transaction and try again.
    for _ in 0..10 {
        let mode = sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await;
        match mode.and_then(|row| row.try_get::<String, _>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => break,
            Err(error) if DriverError::new(&error).is_busy() => {
                execute(connection, "BEGIN IMMEDIATE; COMMIT").await?;
            }
            Err(error) => return Err(unavailable(&error)),
        }
    }
    Err(StoreError::unavailable(DriverError::other("the file cannot be put into WAL mode")))
}

/// Whether the tables have the columns this version reads.
async fn check(
    connection: &mut SqliteConnection,
    statements: &Statements,
) -> Result<(), StoreError> {
    for table in Table::ALL {
        let get = AssertSqlSafe(statements.of(table)?.get.clone());
        let key: &[u8] = &[];
        let tried = sqlx::query(get).bind(key).fetch_optional(&mut *connection).await;
        tried.map_err(|error| {
            let said = DriverError::new(&error);
            if said.is_misunderstanding() {
                StoreError::Unsupported("tables that are not those of their contract version")
            } else {
                StoreError::unavailable(said)
            }
        })?;
    }
    Ok(())
}

async fn execute(
    connection: &mut SqliteConnection,
    sql: impl Into<String>,
) -> Result<(), StoreError> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await;
    done.map(drop).map_err(|error| unavailable(&error))
}

#[cfg(test)]
mod tests;
