//! A database of its own for each test, on the server that scripts/test starts.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis::store::mysql::{MySqlOptions, MySqlStore};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, MySqlConnection, mysql::MySqlConnectOptions,
};

pub struct Database(String);

/// Where the server is.
pub fn url() -> String {
    std::env::var("PORTCULLIS_TEST_MYSQL")
        .expect("MariaDB is missing: run scripts/test, which starts one")
}

/// A connection to the server, in no database.
pub async fn connect() -> MySqlConnection {
    url().parse::<MySqlConnectOptions>().unwrap().connect().await.unwrap()
}

impl Database {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir().unwrap(); // a name nobody else has
        let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let name = format!("t{number}_{name}");
        let make = format!("CREATE DATABASE {name}");
        connect().await.execute(AssertSqlSafe(make)).await.unwrap();
        Self(name)
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    /// The database's URL on the server of another.
    pub fn url(&self, server: &str) -> String {
        let (server, settings) = server.split_once('?').unwrap_or((server, ""));
        format!("{}/{}?{settings}", server.trim_end_matches('/'), self.0)
    }

    pub fn options(&self) -> MySqlOptions {
        MySqlOptions::new(&self.url(&url())).unwrap().connections(8)
    }

    pub async fn store(&self) -> MySqlStore {
        self.options().open().await.expect("the store opens")
    }
}
