//! By the store's own commits: slower, for a database that has no way of its own here.
#![allow(unreachable_pub)] // a part of a bench

use std::sync::Arc;

use portcullis::{
    clock::{Clock as _, SystemClock},
    entropy::SystemEntropy,
    id::BatchId,
    store::{Batch, Change, Row, Store, Table},
};
use tokio::task::JoinSet;

use super::Bulk;

/// Batches on their way to the store at once.
const AT_ONCE: usize = 8;

pub struct Commits {
    store: Arc<dyn Store>,
    going: JoinSet<()>,
}

impl Commits {
    pub fn to(store: Arc<dyn Store>) -> Self {
        Self { store, going: JoinSet::new() }
    }
}

#[async_trait::async_trait]
impl Bulk for Commits {
    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) {
        for rows in rows.chunks(Batch::MAX_CHANGES) {
            if self.going.len() >= AT_ONCE {
                self.going.join_next().await.expect("one of them").expect("no panic");
            }
            let changes = rows.iter().cloned().map(|row| Change::Insert { table, row }).collect();
            let (store, now) = (Arc::clone(&self.store), SystemClock.now());
            let id = BatchId::draw(now, &SystemEntropy).expect("randomness");
            self.going.spawn(async move {
                store.commit(&Batch::new(id, now, changes)).await.expect("rows nobody else has");
            });
        }
    }

    async fn end(mut self: Box<Self>, _: &str) {
        while let Some(sent) = self.going.join_next().await {
            sent.expect("no panic");
        }
    }
}
