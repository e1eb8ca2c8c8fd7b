//! A schema of its own for each test, on the server that scripts/test starts.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis::store::postgres::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

pub struct Schema {
    name: String,
    server: String,
}

/// Where the server is.
pub fn url() -> String {
    std::env::var("PORTCULLIS_TEST_POSTGRES")
        .expect("PostgreSQL is missing: run scripts/test, which starts one")
}

/// The URL of a database that sorts as English does, which is what many are made with: capitals
/// and small letters beside each other, signs before both.
async fn english() -> &'static str {
    static MADE: OnceCell<String> = OnceCell::const_new();
    let make = async || {
        let name = unique();
        let make = format!(
            "CREATE DATABASE {name} LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0"
        );
        let mut connection = PgConnection::connect(&url()).await.unwrap();
        connection.execute(AssertSqlSafe(make)).await.expect("a PostgreSQL with ICU, 15 or later");
        let sorted: bool = sqlx::query_scalar("SELECT 'a' < 'Z'")
            .fetch_one(&mut PgConnection::connect(&of(&name)).await.unwrap())
            .await
            .unwrap();
        assert!(sorted, "the database sorts by code point");
        of(&name)
    };
    MADE.get_or_init(make).await
}

/// The URL of another database of the server.
fn of(database: &str) -> String {
    let url = url();
    let (server, settings) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{database}?{settings}")
}

/// A name nobody else has.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    format!("t{number}_{name}")
}

impl Schema {
    pub fn new() -> Self {
        Self { name: unique(), server: url() }
    }

    /// One in a database that sorts as English does.
    pub async fn in_english() -> Self {
        Self { name: unique(), server: english().await.to_owned() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the database it is in.
    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn options(&self) -> PostgresOptions {
        PostgresOptions::new(&self.server).unwrap().schema(&self.name).connections(8)
    }

    pub async fn store(&self) -> PostgresStore {
        self.options().open().await.expect("the store opens")
    }
}
