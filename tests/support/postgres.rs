//! A schema of its own for each test, on the server that scripts/test starts.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis::store::postgres::{PostgresOptions, PostgresStore};

pub struct Schema(String);

/// Where the server is.
pub fn url() -> String {
    std::env::var("PORTCULLIS_TEST_POSTGRES")
        .expect("PostgreSQL is missing: run scripts/test, which starts one")
}

impl Schema {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir().unwrap(); // a name nobody else has
        let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        Self(format!("t{number}_{name}"))
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    pub fn options(&self) -> PostgresOptions {
        PostgresOptions::new(&url()).unwrap().schema(&self.0).connections(8)
    }

    pub async fn store(&self) -> PostgresStore {
        self.options().open().await.expect("the store opens")
    }
}
