//! The SQLite store, on a file, holds every clause of its contract.

#![allow(clippy::expect_used, reason = "a test that cannot begin has failed")]

use std::sync::Arc;

use portcullis::{
    store::{Store, sqlite::SqliteStore},
    store_kit,
    testkit::store::Place,
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }
}

#[async_trait::async_trait]
impl Place for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path().join("kit.db")).await.expect("the store opens"))
    }
}

store_kit!(Folder::new());
