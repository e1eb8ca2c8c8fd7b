//! Where a crowd lives: a database of its own for each size.
#![allow(unreachable_pub)] // a part of a bench

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use portcullis::store::{Store, StoreError, sqlite::SqliteOptions};

use crate::bulk::{self, Bulk};

/// A store whose migrations were run to their end.
fn found(opened: Result<impl Store, StoreError>) -> Option<Arc<dyn Store>> {
    match opened {
        Ok(store) => Some(Arc::new(store)),
        Err(StoreError::Unsupported(_) | StoreError::Lacking(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// A database.
pub enum Place {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String, String),
    #[cfg(feature = "mysql")]
    MySql(String, String),
}

impl Place {
    /// For so many people: below the folder, or on a server, where what is made there stays.
    pub fn of(store: &str, folder: &Path, people: u64) -> Self {
        let name = format!("growth_{people}");
        match store.split_once("://").map_or(store, |(database, _)| database) {
            "sqlite" => Self::Sqlite(folder.join(name)),
            #[cfg(feature = "postgres")]
            "postgres" => Self::Postgres(store.to_owned(), name),
            #[cfg(feature = "mysql")]
            "mysql" => Self::MySql(store.to_owned(), format!("{name}_")),
            _ => panic!("a store this was not built with: {store}"),
        }
    }

    /// The store, if the place was filled to its end before.
    pub async fn filled(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Sqlite(path) if !path.exists() => None,
            Self::Sqlite(path) => found(SqliteOptions::new(path).migrated_by_host().open().await),
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => found(self.postgres().migrated_by_host().open().await),
            #[cfg(feature = "mysql")]
            Self::MySql(..) => found(self.mysql().migrated_by_host().open().await),
        }
    }

    /// Empty tables, to be filled.
    pub async fn fresh(&self) -> Box<dyn Bulk> {
        match self {
            Self::Sqlite(path) => Box::new(bulk::sqlite::Sqlite::begin(path).await),
            #[cfg(feature = "postgres")]
            Self::Postgres(url, schema) => {
                let migrations = self.postgres().migrations();
                Box::new(bulk::postgres::Postgres::begin(url, schema, migrations).await)
            }
            #[cfg(feature = "mysql")]
            Self::MySql(..) => {
                let store = self.mysql().open().await.expect("a store");
                Box::new(bulk::commits::Commits::to(Arc::new(store)))
            }
        }
    }

    #[cfg(feature = "postgres")]
    fn postgres(&self) -> portcullis::store::postgres::PostgresOptions {
        let Self::Postgres(url, schema) = self else { unreachable!("asked of PostgreSQL") };
        let options = portcullis::store::postgres::PostgresOptions::new(url);
        options.expect("a URL").schema(schema)
    }

    #[cfg(feature = "mysql")]
    fn mysql(&self) -> portcullis::store::mysql::MySqlOptions {
        let Self::MySql(url, prefix) = self else { unreachable!("asked of MySQL") };
        let options = portcullis::store::mysql::MySqlOptions::new(url);
        options.expect("a URL").prefix(prefix)
    }
}
