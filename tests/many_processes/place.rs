//! Where a database is, in words that fit into a variable.

use std::{path::PathBuf, sync::Arc};

use portcullis::store::{
    Store, mysql::MySqlOptions, postgres::PostgresOptions, sqlite::SqliteStore,
};

use crate::{mysql, postgres};

pub(crate) enum Place {
    Sqlite(PathBuf),
    /// A schema.
    Postgres(String),
    /// A database.
    MySql(String),
}

impl Place {
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite {}", path.display()),
            Self::Postgres(schema) => format!("postgres {schema}"),
            Self::MySql(database) => format!("mysql {database}"),
        }
    }

    pub(crate) fn read(written: &str) -> Self {
        match written.split_once(' ').unwrap() {
            ("sqlite", path) => Self::Sqlite(path.into()),
            ("postgres", schema) => Self::Postgres(schema.to_owned()),
            ("mysql", database) => Self::MySql(database.to_owned()),
            (other, _) => panic!("no database is called {other}"),
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).await.unwrap()),
            Self::Postgres(schema) => {
                let options = PostgresOptions::new(&postgres::url()).unwrap().schema(schema);
                Arc::new(options.connections(6).open().await.unwrap())
            }
            Self::MySql(database) => {
                let (server, settings) = mysql::url()
                    .split_once('?')
                    .map(|(a, b)| (a.to_owned(), b.to_owned()))
                    .unwrap();
                let url = format!("{server}/{database}?{settings}");
                Arc::new(MySqlOptions::new(&url).unwrap().connections(6).open().await.unwrap())
            }
        }
    }
}
