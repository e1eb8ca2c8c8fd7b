//! The store holds every clause of its contract.

#![allow(clippy::expect_used, reason = "a test that cannot begin has failed")]

#[path = "../../../tests/support/races.rs"]
mod races;

use std::sync::{Arc, Mutex, Weak};

use own_store::RedbStore;
use portcullis::{store::Store, store_kit, testkit::store::Place};
use tempfile::TempDir;

/// The file belongs to whoever opened it, so while a store is open the next one shares it; when
/// the last one is gone, the file is opened anew.
struct Folder {
    folder: TempDir,
    open: Mutex<Weak<RedbStore>>,
}

impl Folder {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), open: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Place for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        let mut open = self.open.lock().expect("no panic");
        if let Some(store) = open.upgrade() {
            return store;
        }
        let path = self.folder.path().join("kit.redb");
        let store = Arc::new(RedbStore::open(path).expect("the store opens"));
        *open = Arc::downgrade(&store);
        store
    }
}

store_kit!(Folder::new());

#[tokio::test(flavor = "multi_thread")]
async fn races_end_well_however_often_they_are_run() {
    races::races(async || Folder::new()).await;
}
