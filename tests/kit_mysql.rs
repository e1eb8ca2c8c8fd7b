//! The MySQL store holds every clause of its contract.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/races.rs"]
mod races;

use std::sync::Arc;

use mysql::Database;
use portcullis::{store::Store, store_kit, testkit::store::Place};

struct Empty(Database);

#[async_trait::async_trait]
impl Place for Empty {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.store().await)
    }
}

store_kit!(Empty(Database::new().await));

#[tokio::test(flavor = "multi_thread")]
async fn races_end_well_however_often_they_are_run() {
    races::races(async || Empty(Database::new().await)).await;
}
