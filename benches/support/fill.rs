//! Fills a place with a crowd, once; the next run finds it there.
#![allow(unreachable_pub)] // a part of a bench

use std::{collections::HashMap, sync::Arc};

use portcullis::{
    clock::{Clock as _, SystemClock},
    store::{Store, Table, Value, tables},
};

use crate::{
    bulk::{Bulk, commits::Commits},
    crowd::{Crowd, EXPIRED, Rows},
    place::Place,
    progress::Progress,
};

/// Rows of a table that are put there together.
const TOGETHER: usize = 20_000;

/// The store with its crowd, and with everything to be purged that there is to be.
pub async fn fill(place: &Place, crowd: Crowd) -> Arc<dyn Store> {
    let rows = Rows::of(crowd).await;
    let store = match place.filled().await {
        Some(store) => {
            let Value::Bytes(last) = Crowd::person(crowd.people - 1) else { unreachable!("an id") };
            let last = store.get(&tables::USERS, &last).await.expect("an answer");
            assert!(last.is_some(), "its filling was broken off: remove its tables first");
            store
        }
        None => {
            come(place.fresh().await, crowd, &rows).await;
            place.filled().await.expect("a place that was filled")
        }
    };
    expire(&store, &rows).await;
    store
}

async fn come(mut bulk: Box<dyn Bulk>, crowd: Crowd, rows: &Rows) {
    let what = format!("{} people", crowd.people);
    let mut progress = Progress::of(what.clone(), crowd.people);
    let mut heaps: HashMap<&str, (&'static Table, Vec<_>)> = HashMap::new();
    let mut arrived = Vec::new();
    for n in 0..crowd.people {
        rows.come(n, &mut arrived);
        for (table, row) in arrived.drain(..) {
            let heap = &mut heaps.entry(table.name).or_insert_with(|| (table, Vec::new())).1;
            heap.push(row);
            if heap.len() == TOGETHER {
                bulk.put(table, std::mem::take(heap)).await;
            }
        }
        progress.at(n);
    }
    for (table, heap) in heaps.into_values() {
        bulk.put(table, heap).await;
    }
    progress.at(crowd.people);
    bulk.end(&what).await;
}

/// Purges what is left of an earlier run, and has as many sessions expire as there were.
async fn expire(store: &Arc<dyn Store>, rows: &Rows) {
    for table in Table::ALL.iter().filter(|table| table.expires.is_some()) {
        while store.purge(table, SystemClock.now(), 500).await.expect("an answer") > 0 {}
    }
    let mut commits = Box::new(Commits::to(Arc::clone(store)));
    let expired = (0..EXPIRED).map(|n| rows.expired(n).1).collect();
    commits.put(&tables::SESSIONS, expired).await;
    commits.end("").await;
}
