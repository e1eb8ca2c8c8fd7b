//! Where a database is, in words that fit into a variable.

use std::{path::PathBuf, sync::Arc};

use portcullis::store::{
    Store, mysql::MySqlOptions, postgres::PostgresOptions, sqlite::SqliteStore,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    mysql::MySqlConnectOptions,
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
                let options = MySqlOptions::new(&mysql_url(database)).unwrap();
                Arc::new(options.connections(6).open().await.unwrap())
            }
        }
    }

    /// The one number a query answers, asked without the store. In it `{sessions}` is that table
    /// and `[user]` that column.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        let written = |quote: &str, schema: &str| {
            let query = query.replace('{', &format!("{schema}{quote}portcullis_"));
            query.replace(['}', '[', ']'], quote)
        };
        match self {
            Self::Sqlite(path) => {
                let url = format!("sqlite://{}", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                let query = sqlx::query_scalar(AssertSqlSafe(written("`", "")));
                query.fetch_one(&mut connection).await.unwrap()
            }
            Self::Postgres(schema) => {
                let mut connection = PgConnection::connect(&postgres::url()).await.unwrap();
                let query = sqlx::query_scalar(AssertSqlSafe(written("\"", &format!("{schema}."))));
                query.fetch_one(&mut connection).await.unwrap()
            }
            Self::MySql(database) => {
                // The driver reads settings of its own only.
                let options: MySqlConnectOptions = mysql::url().parse().unwrap();
                let mut connection = options.database(database).connect().await.unwrap();
                let query = sqlx::query_scalar(AssertSqlSafe(written("`", "")));
                query.fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

fn mysql_url(database: &str) -> String {
    let url = mysql::url();
    let (server, settings) = url.split_once('?').unwrap();
    format!("{server}/{database}?{settings}")
}
