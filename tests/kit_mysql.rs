//! The MySQL store holds every clause of its contract: over connections of its own, and over a
//! host's pool.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/races.rs"]
mod races;

use std::{sync::Arc, time::Duration};

use mysql::Database;
use portcullis::{
    store::{Store, mysql::MySqlOptions},
    store_kit,
    testkit::store::Place,
};
use sqlx::mysql::MySqlPoolOptions;

struct Empty(Database);

#[async_trait::async_trait]
impl Place for Empty {
    async fn open(&self) -> Arc<dyn Store> {
        // A lock is given up after half of it, and the disk may stand still for a while.
        let options = self.0.options().timeout(Duration::from_secs(30));
        Arc::new(options.open().await.expect("the store opens"))
    }
}

mod over_connections_of_its_own {
    use super::*;
    store_kit!(Empty(Database::new().await));

    #[tokio::test(flavor = "multi_thread")]
    async fn races_end_well_however_often_they_are_run() {
        races::races(async || Empty(Database::new().await)).await;
    }
}

/// A database to which a host lends connections.
struct Lent(Database);

impl Lent {
    fn options(&self) -> MySqlOptions {
        let url = self.0.url(&mysql::url());
        let pool = MySqlPoolOptions::new().max_connections(8).connect_lazy(&url).unwrap();
        MySqlOptions::of_pool(pool)
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
    store_kit!(Lent(Database::new().await));

    #[tokio::test(flavor = "multi_thread")]
    async fn races_end_well_however_often_they_are_run() {
        races::races(async || Lent(Database::new().await)).await;
    }
}

#[tokio::test]
async fn two_prefixes_in_one_database_do_not_see_each_other() {
    let lent = Lent(Database::new().await);
    let one = lent.options().prefix("one_").open().await.expect("the store opens");
    let other = lent.0.options().prefix("other_").open().await.expect("the store opens");
    apart::are_apart(&one, &other).await;
}
