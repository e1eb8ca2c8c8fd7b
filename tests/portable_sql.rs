//! The SQL keeps to what databases beside those we run accept (`store/clusters.md`).

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/postgres.rs"]
mod postgres;

use std::path::Path;

use portcullis::store::{mysql::MySqlStore, postgres::PostgresStore};
use sqlx::{AssertSqlSafe, ConnectOptions as _, postgres::PgConnectOptions};

/// What holds on one node only, or is another thing on each of them.
const LEFT_OUT: &[&str] = &[
    "SERIAL",
    "AUTO_INCREMENT",
    "IDENTITY",
    "SEQUENCE",
    "NEXTVAL",
    "LAST_INSERT_ID",
    "ADVISORY",
    "GET_LOCK",
    "RELEASE_LOCK",
    "LOCK TABLE",
    "TEMPORARY TABLE",
    "TRIGGER",
    "PROCEDURE",
    "LISTEN ",
    "FOREIGN KEY",
    "SERIALIZABLE",
    "NOW()",
    "CURRENT_TIMESTAMP",
];

fn found_in(sql: &str) -> Option<&'static str> {
    let sql = sql.to_uppercase();
    LEFT_OUT.iter().find(|word| sql.contains(**word)).copied()
}

#[tokio::test]
async fn every_statement_keeps_to_what_others_accept() {
    let on_mysql = mysql::Database::new().await.store().await;
    let on_postgres = postgres::Schema::new().store().await;
    let statements: Vec<_> = on_mysql.statements().chain(on_postgres.statements()).collect();
    let migrations = MySqlStore::migrations().into_iter().chain(PostgresStore::migrations());
    let migrations: Vec<_> = migrations.map(|migration| migration.sql).collect();
    assert!(statements.len() > 200 && !migrations.is_empty());
    // Only where a column is made, where a host can leave it out.
    for sql in &statements {
        assert!(!sql.to_uppercase().contains("COLLATE"), "{sql}");
    }
    for sql in statements.into_iter().chain(migrations.iter().map(String::as_str)) {
        assert_eq!(found_in(sql), None, "{sql}");
    }
}

/// What a host runs on CockroachDB, which does not take two words of the migrations and compares
/// text by code point without them, as this server's default does.
#[tokio::test]
async fn tables_made_without_a_collation_open_where_text_is_compared_by_code_point() {
    let schema = postgres::Schema::new();
    let options = schema.options().migrated_by_host();
    let mut sql = format!("CREATE SCHEMA {};", schema.name());
    for migration in options.migrations() {
        sql += &migration.sql.replace(" COLLATE \"C\"", "");
    }
    assert!(!sql.to_uppercase().contains("COLLATE"));
    let mut host = postgres::url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut host).await.unwrap();
    options.open().await.unwrap();
}

/// What a store says beside its statements stands in its source.
#[test]
fn nothing_in_the_source_says_it_either() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut folders: Vec<_> = ["sql", "mysql", "postgres"].map(|name| source.join(name)).into();
    let mut lines = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                lines += 1;
                // A word inside a name is no SQL.
                let said: Vec<_> = line.split('"').skip(1).step_by(2).collect();
                let found = said.iter().find_map(|sql| found_in(sql));
                assert_eq!(found, None, "{}: {line}", path.display());
            }
        }
    }
    assert!(lines > 1_000, "{lines} lines");
}
