//! The SQLite store, on a file and in memory, holds every clause of its contract.

#![allow(clippy::expect_used, reason = "a test that cannot begin has failed")]

use std::sync::Arc;

use portcullis::{
    store::{Store, sqlite::SqliteStore},
    testkit::store::Place,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

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

/// A database in memory has no other way in than its first store.
#[derive(Default)]
struct Memory(OnceCell<SqliteStore>);

#[async_trait::async_trait]
impl Place for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        let opened = async { SqliteStore::open_in_memory().await.expect("the store opens") };
        Arc::new(self.0.get_or_init(|| opened).await.clone())
    }
}

mod on_a_file {
    use super::*;
    portcullis::store_kit!(Folder::new());
}

mod in_memory {
    use super::*;
    portcullis::store_kit!(Memory::default());
}
