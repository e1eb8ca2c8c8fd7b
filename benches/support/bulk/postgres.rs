//! PostgreSQL: `COPY`.
#![allow(unreachable_pub)] // a part of a bench

use std::fmt::Write as _;

use portcullis::store::{
    Row, Table, Value,
    postgres::{Migration, PostgresOptions},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::{Bulk, parts, progress};

pub struct Postgres {
    connection: PgConnection,
    schema: String,
    later: Vec<String>,
}

impl Postgres {
    pub async fn begin(url: &str, schema: &str, migrations: Vec<Migration>) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("a server");
        let (first, later) = parts(&migrations);
        // One transaction: with `wal_level=minimal` the rows are written once, not twice.
        run(&mut connection, "BEGIN".to_owned()).await;
        run(&mut connection, format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
        run(&mut connection, format!("CREATE SCHEMA {schema}")).await;
        for statement in first {
            run(&mut connection, statement).await;
        }
        Self { connection, schema: schema.to_owned(), later }
    }
}

#[async_trait::async_trait]
impl Bulk for Postgres {
    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) {
        let table = format!("{}.{}{}", self.schema, PostgresOptions::PREFIX, table.name);
        let copy = format!("COPY {table} FROM STDIN");
        let mut sink = self.connection.copy_in_raw(&copy).await.expect("a table");
        let mut lines = String::new();
        for row in rows {
            line(&row, &mut lines);
            if lines.len() > 1 << 18 {
                sink.send(std::mem::take(&mut lines).into_bytes()).await.expect("rows");
            }
        }
        sink.send(lines.into_bytes()).await.expect("rows");
        sink.finish().await.expect("rows nobody else has");
    }

    async fn end(mut self: Box<Self>, what: &str) {
        let mut progress = progress(what, &self.later);
        for (done, statement) in (1..).zip(self.later) {
            run(&mut self.connection, statement).await;
            progress.at(done);
        }
        run(&mut self.connection, "COMMIT".to_owned()).await;
        run(&mut self.connection, "VACUUM ANALYZE".to_owned()).await;
        self.connection.close().await.expect("an end");
    }
}

/// A row in the text form of `COPY`. Nothing a crowd is made of needs to be escaped in it.
fn line(row: &Row, lines: &mut String) {
    for (number, value) in row.values().iter().enumerate() {
        let end = if number == 0 { "" } else { "\t" };
        lines.push_str(end);
        match value {
            Value::Null => lines.push_str("\\N"),
            Value::Int(number) => write!(lines, "{number}").expect("room"),
            Value::Text(text) => {
                assert!(!text.contains(['\\', '\t', '\n', '\r']), "a text to be escaped");
                lines.push_str(text);
            }
            Value::Bytes(bytes) => {
                lines.push_str("\\\\x");
                for byte in bytes {
                    write!(lines, "{byte:02x}").expect("room");
                }
            }
        }
    }
    lines.push('\n');
}

async fn run(connection: &mut PgConnection, statement: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.expect("it is done");
}
