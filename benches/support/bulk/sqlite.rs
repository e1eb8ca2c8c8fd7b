//! SQLite: many rows a statement, into a file that nothing else reads yet.
#![allow(unreachable_pub)] // a part of a bench

use std::{fs, io::ErrorKind, path::Path};

use portcullis::store::{Row, Table, Value, sqlite::SqliteOptions};
use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _,
    SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions},
};

use super::{Bulk, parts, progress};

/// Rows a statement writes.
const ROWS: usize = 50;

/// The cache must hold what is written in no order: with less, each row would be a page written.
const CACHE: &str = "-12000000";

pub struct Sqlite {
    connection: SqliteConnection,
    later: Vec<String>,
}

impl Sqlite {
    pub async fn begin(path: &Path) -> Self {
        for end in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            match fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let options = options.pragma("locking_mode", "EXCLUSIVE").pragma("cache_size", CACHE);
        let options = options.pragma("journal_mode", "OFF").pragma("synchronous", "OFF");
        let mut connection = options.connect().await.expect("a file");
        let (first, later) = parts(&SqliteOptions::new(path).migrations());
        for statement in first {
            run(&mut connection, statement).await;
        }
        run(&mut connection, "BEGIN".to_owned()).await;
        Self { connection, later }
    }
}

#[async_trait::async_trait]
impl Bulk for Sqlite {
    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) {
        for rows in rows.chunks(ROWS) {
            let marks = vec!["?"; table.columns.len()].join(", ");
            let marks = vec![format!("({marks})"); rows.len()].join(", ");
            let name = format!("{}{}", SqliteOptions::PREFIX, table.name);
            let insert = AssertSqlSafe(format!("INSERT INTO {name} VALUES {marks}"));
            let mut arguments = SqliteArguments::default();
            for value in rows.iter().flat_map(Row::values) {
                let added = match value.clone() {
                    Value::Null => arguments.add(None::<i64>),
                    Value::Int(number) => arguments.add(number),
                    Value::Text(text) => arguments.add(text),
                    Value::Bytes(bytes) => arguments.add(bytes),
                };
                added.expect("a value");
            }
            self.connection.execute(sqlx::query_with(insert, arguments)).await.expect("rows");
        }
    }

    async fn end(mut self: Box<Self>, what: &str) {
        run(&mut self.connection, "COMMIT".to_owned()).await;
        let mut progress = progress(what, &self.later);
        for (done, statement) in (1..).zip(self.later) {
            run(&mut self.connection, statement).await;
            progress.at(done);
        }
        self.connection.close().await.expect("the end of the file");
    }
}

async fn run(connection: &mut SqliteConnection, statement: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.expect("it is done");
}
