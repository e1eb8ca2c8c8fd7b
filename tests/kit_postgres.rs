//! The PostgreSQL store holds every clause of its contract: over connections of its own in a
//! database that sorts as English does, and over a host's pool in one that sorts by code point.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/races.rs"]
mod races;

use std::sync::Arc;

use portcullis::{
    store::{Store, postgres::PostgresOptions},
    store_kit,
    testkit::store::Place,
};
use postgres::Schema;
use sqlx::postgres::PgPoolOptions;

struct Empty(Schema);

#[async_trait::async_trait]
impl Place for Empty {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.store().await)
    }
}

mod in_a_database_that_sorts_as_english_does {
    use super::*;
    store_kit!(Empty(Schema::in_english().await));

    #[tokio::test(flavor = "multi_thread")]
    async fn races_end_well_however_often_they_are_run() {
        races::races(async || Empty(Schema::in_english().await)).await;
    }
}

/// A schema to which a host lends connections.
struct Lent(Schema);

impl Lent {
    fn options(&self) -> PostgresOptions {
        let pool = PgPoolOptions::new().max_connections(8).connect_lazy(self.0.server()).unwrap();
        PostgresOptions::of_pool(pool).schema(self.0.name())
    }
}

#[async_trait::async_trait]
impl Place for Lent {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.options().open().await.expect("the store opens"))
    }
}

mod over_a_lent_pool {
    use super::*;
    store_kit!(Lent(Schema::new()));

    #[tokio::test(flavor = "multi_thread")]
    async fn races_end_well_however_often_they_are_run() {
        races::races(async || Lent(Schema::new())).await;
    }
}

#[tokio::test]
async fn two_prefixes_in_one_schema_do_not_see_each_other() {
    let lent = Lent(Schema::new());
    let one = lent.options().prefix("one_").open().await.expect("the store opens");
    let other = lent.0.options().prefix("other_").open().await.expect("the store opens");
    apart::are_apart(&one, &other).await;
}
