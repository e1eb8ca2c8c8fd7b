//! The database: the CRM's own tables lie in it beside those of portcullis.

use std::{path::PathBuf, sync::Arc, time::Duration};

use portcullis::store::{
    Store, StoreError, mysql::MySqlStore, postgres::PostgresStore, sqlite::SqliteStore,
};
use sqlx::{
    MySqlPool, PgPool, SqlitePool,
    mysql::MySqlPoolOptions,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Does the same with the pool of each database. Only the types differ.
macro_rules! on_each {
    ($any:expr, $pool:ident => $does:expr) => {
        match $any {
            $crate::database::Pool::Sqlite($pool) => $does,
            $crate::database::Pool::Postgres($pool) => $does,
            $crate::database::Pool::MySql($pool) => $does,
        }
    };
}
pub(crate) use on_each;

/// Where the database is. A URL may hold a password, so there is no `Debug`.
pub(crate) enum Place {
    File(PathBuf),
    Postgres(String),
    MySql(String),
}

/// What portcullis keeps its rows in, whichever it is.
pub(crate) enum AnyStore {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
    MySql(MySqlStore),
}

impl AnyStore {
    /// Opens it, and brings the tables of portcullis to this version.
    pub(crate) async fn open(place: &Place) -> Result<Self, StoreError> {
        Ok(match place {
            Place::File(path) => Self::Sqlite(SqliteStore::open(path).await?),
            Place::Postgres(url) => Self::Postgres(PostgresStore::connect(url).await?),
            Place::MySql(url) => Self::MySql(MySqlStore::connect(url).await?),
        })
    }

    /// A handle of it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
            Self::MySql(store) => Arc::new(store.clone()),
        }
    }

    /// Closes it, once no request is under way: only SQLite's finishes what is still to be written.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
            Self::MySql(store) => store.close().await,
        }
    }
}

/// The connections the CRM's own tables are reached by.
#[derive(Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// How many connections, at the most.
const MOST: u32 = 4;

/// How long somebody waits for one before the answer is that nothing answers.
const PATIENCE: Duration = Duration::from_secs(5);

impl Pool {
    pub(crate) async fn open(place: &Place) -> Result<Self, sqlx::Error> {
        Ok(match place {
            Place::File(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // A lead whose "added" was shown is there after a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(PATIENCE);
                let pool = SqlitePoolOptions::new().max_connections(MOST);
                Self::Sqlite(pool.connect_with(options).await?)
            }
            Place::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(MOST).acquire_timeout(PATIENCE);
                Self::Postgres(pool.connect(url).await?)
            }
            Place::MySql(url) => {
                let pool = MySqlPoolOptions::new().max_connections(MOST).acquire_timeout(PATIENCE);
                Self::MySql(pool.connect(url).await?)
            }
        })
    }

    /// A statement as this database wants it: PostgreSQL numbers its parameters.
    pub(crate) fn says(&self, sql: &str) -> String {
        if !matches!(self, Self::Postgres(_)) {
            return sql.to_owned();
        }
        let mut said = String::with_capacity(sql.len() + 8);
        for (number, part) in sql.split('?').enumerate() {
            if number > 0 {
                said += &format!("${number}");
            }
            said += part;
        }
        said
    }

    /// Finishes what is under way and closes them.
    pub(crate) async fn close(&self) {
        on_each!(self, pool => pool.close().await);
    }
}
