//! The SQLite store, on a file and in memory, holds every clause of its contract.

#![allow(clippy::expect_used, reason = "a test that cannot begin has failed")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/races.rs"]
mod races;

use std::sync::Arc;

use portcullis::{
    store::{
        Store,
        sqlite::{SqliteOptions, SqliteStore},
    },
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

    #[tokio::test(flavor = "multi_thread")]
    async fn races_end_well_however_often_they_are_run() {
        races::races(async || Folder::new()).await;
    }
}

mod in_memory {
    use super::*;
    portcullis::store_kit!(Memory::default());
}

#[tokio::test]
async fn two_prefixes_in_one_file_do_not_see_each_other() {
    let folder = Folder::new();
    let options = || SqliteOptions::new(folder.0.path().join("kit.db"));
    let one = options().prefix("one_").open().await.expect("the store opens");
    let other = options().prefix("other_").open().await.expect("the store opens");
    apart::are_apart(&one, &other).await;
}
