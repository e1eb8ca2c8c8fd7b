//! The PostgreSQL store holds every clause of its contract.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/postgres.rs"]
mod postgres;

use std::sync::Arc;

use portcullis::{store::Store, store_kit, testkit::store::Place};
use postgres::Schema;

struct Empty(Schema);

#[async_trait::async_trait]
impl Place for Empty {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.store().await)
    }
}

store_kit!(Empty(Schema::new()));
