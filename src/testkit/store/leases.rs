//! S12: leases.

use std::{collections::HashSet, sync::Arc};

use super::{
    race::race,
    sample::{commit, conflict, delete_version, found, get, insert, later, replace, row, with},
};
use crate::{
    clock::to_micros,
    store::{Lease, Row, Store, Table, Value, tables::OUTBOX},
};

/// Row `n` of the outbox, due so many seconds after the proofs begin.
fn due(n: u64, seconds: i64) -> Row {
    with(&OUTBOX, row(&OUTBOX, n), "due_at", Value::Int(to_micros(later(seconds))))
}

fn lease(from: i64, until: i64, limit: u32) -> Lease {
    Lease { now: later(from), until: later(until), limit }
}

/// S12. Due rows are taken, the longest due first, no more than asked for; each comes with its
/// new due time and version, as it then stands.
///
/// # Panics
/// Where another row is taken, or it stands otherwise than it came.
pub async fn a_lease_takes_what_is_due(store: Arc<dyn Store>) {
    let store = &*store;
    let rows = [(1, 30), (2, 10), (3, 20), (4, 11), (5, 10)];
    commit(store, rows.map(|(n, at)| insert(&OUTBOX, due(n, at))).to_vec()).await;
    let early = found(store.lease(&lease(9, 100, 10)).await);
    assert!(early.is_empty(), "a row that is not due was taken");
    let none = found(store.lease(&lease(20, 100, 0)).await);
    assert!(none.is_empty(), "a row was taken that nobody asked for");
    let taken = |n| with(&OUTBOX, due(n, 100), Table::VERSION, Value::Int(2));
    let first = found(store.lease(&lease(20, 100, 3)).await);
    assert!(first == [taken(2), taken(5), taken(4)], "the longest due rows were not taken");
    let second = found(store.lease(&lease(20, 100, 3)).await);
    assert!(second == [taken(3)], "a row that is due at this very moment was not taken");
    for n in 2..6 {
        assert!(get(store, &OUTBOX, n).await == Some(taken(n)), "a taken row stands otherwise");
    }
    assert!(get(store, &OUTBOX, 1).await == Some(due(1, 30)), "a row was touched before its time");
}

/// S12. Of 32 workers, each row has one taker.
///
/// # Panics
/// Where a row has two, or none.
pub async fn a_row_has_one_taker_among_many(store: Arc<dyn Store>) {
    const ROWS: u64 = 100;
    for round in 0..3 {
        let rows = (round * ROWS..(round + 1) * ROWS).map(|n| insert(&OUTBOX, due(n, 0)));
        commit(&*store, rows.collect()).await;
        let taken = race(32, |_| {
            let store = Arc::clone(&store);
            async move {
                let mut mine = Vec::new();
                // A worker that found nothing may have lost a race for what it found.
                for _ in 0..20 {
                    mine.extend(found(store.lease(&lease(1, 1000, 7)).await));
                }
                mine
            }
        });
        let taken = taken.await.concat();
        let keys: HashSet<_> = taken.iter().map(|row| row.key().to_vec()).collect();
        assert_eq!(taken.len(), keys.len(), "a row was taken twice");
        assert_eq!(keys.len() as u64, ROWS, "rows that were taken");
    }
}

/// S12. A row that its worker never came back to is due again when its lease has run out.
///
/// # Panics
/// Where it is taken before, or never again.
pub async fn a_lease_runs_out(store: Arc<dyn Store>) {
    let store = &*store;
    commit(store, vec![insert(&OUTBOX, due(1, 0))]).await;
    for (from, rows) in [(0, 1), (0, 0), (59, 0), (60, 1), (119, 0), (120, 1)] {
        let taken = found(store.lease(&lease(from, from / 60 * 60 + 60, 5)).await);
        assert_eq!(taken.len(), rows, "rows that were taken after {from} seconds");
    }
}

/// S12. Taking a row raises its version, so whoever had it before cannot finish it any more.
///
/// # Panics
/// Where a worker whose lease ran out still can.
pub async fn who_lost_a_lease_cannot_finish(store: Arc<dyn Store>) {
    let store = &*store;
    commit(store, vec![insert(&OUTBOX, due(1, 0))]).await;
    found(store.lease(&lease(0, 60, 1)).await);
    found(store.lease(&lease(60, 120, 1)).await);
    let why = "another worker has taken the row";
    conflict(store, vec![delete_version(&OUTBOX, 1, 2)], why).await;
    conflict(store, vec![replace(&OUTBOX, due(1, 500), 2)], why).await;
    commit(store, vec![delete_version(&OUTBOX, 1, 3)]).await;
    assert!(found(store.lease(&lease(200, 300, 1)).await).is_empty(), "a finished row was taken");
}
