//! The reference store holds every clause of its contract.

#[path = "support/races.rs"]
mod races;

use portcullis::{store::memory::MemoryStore, store_kit};

store_kit!(MemoryStore::new());

#[tokio::test(flavor = "multi_thread")]
async fn races_end_well_however_often_they_are_run() {
    races::races(async || MemoryStore::new()).await;
}
