//! S1: all or none.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    Place,
    place::two,
    race::race,
    sample::{
        commit, conflict, delete, delete_version, found, get, insert, number, raise, replace, row,
        with,
    },
};
use crate::store::{
    Batch, Page, Store, Table,
    tables::{ACCOUNTS, ACTIVITY, CREDENTIALS, OUTBOX, SETTINGS, USERS},
};

/// S1. The longest batch there can be, of every kind of change, whose last change cannot be
/// done: none of the others is.
///
/// # Panics
/// Where a change remains.
pub async fn a_batch_that_fails_at_its_last_change_changes_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    for n in 0..4 {
        commit(store, vec![insert(&ACCOUNTS, row(&ACCOUNTS, n))]).await;
    }
    commit(store, vec![insert(&ACTIVITY, row(&ACTIVITY, 1))]).await;
    let mut changes: Vec<_> =
        (0..507).map(|n| insert(&CREDENTIALS, row(&CREDENTIALS, n))).collect();
    changes.push(replace(&ACCOUNTS, row(&ACCOUNTS, 0), 1));
    changes.push(delete(&ACCOUNTS, 1));
    changes.push(delete_version(&ACCOUNTS, 2, 1));
    changes.push(raise(&ACTIVITY, 1, "last_login_at", 99));
    changes.push(delete(&SETTINGS, 1)); // of the last table, and not there
    assert_eq!(changes.len(), Batch::MAX_CHANGES);
    conflict(store, changes, "the last of 512 changes deletes a row that is not there").await;
    for n in 0..4 {
        let stands = get(store, &ACCOUNTS, n).await;
        assert_eq!(stands, Some(row(&ACCOUNTS, n)), "half a batch was written");
    }
    let raised = get(store, &ACTIVITY, 1).await;
    assert_eq!(raised, Some(row(&ACTIVITY, 1)), "a batch that failed raised a column");
    for n in 0..507 {
        assert_eq!(get(store, &CREDENTIALS, n).await, None, "half a batch was written");
    }
}

/// S1. Whatever it is that a change fails at, what stands before and behind it in the batch is
/// undone.
///
/// # Panics
/// Where a change remains.
pub async fn every_kind_of_failing_change_undoes_its_batch(store: Arc<dyn Store>) {
    let store = &*store;
    commit(store, vec![insert(&USERS, row(&USERS, 1)), insert(&USERS, row(&USERS, 2))]).await;
    let taken = row(&USERS, 1);
    let name = super::sample::at(&USERS, &taken, "username_key").clone();
    let failing = [
        ("an insert's key is taken", insert(&USERS, row(&USERS, 1))),
        (
            "an insert's unique key is taken",
            insert(&USERS, with(&USERS, row(&USERS, 3), "username_key", name.clone())),
        ),
        (
            "a replacement's unique key is taken",
            replace(&USERS, with(&USERS, row(&USERS, 2), "username_key", name), 1),
        ),
        ("a replaced row is not there", replace(&USERS, row(&USERS, 4), 1)),
        ("a replaced row has another version", replace(&USERS, row(&USERS, 2), 7)),
        ("a deleted row is not there", delete(&USERS, 4)),
        ("a deleted row has another version", delete_version(&USERS, 2, 7)),
    ];
    for (why, change) in failing {
        let before = insert(&ACCOUNTS, row(&ACCOUNTS, 1));
        let behind = insert(&OUTBOX, row(&OUTBOX, 1));
        conflict(store, vec![before, change, behind], why).await;
        assert_eq!(get(store, &ACCOUNTS, 1).await, None, "written although {why}");
        assert_eq!(get(store, &OUTBOX, 1).await, None, "written although {why}");
        let both = (get(store, &USERS, 1).await, get(store, &USERS, 2).await);
        assert_eq!(both, (Some(row(&USERS, 1)), Some(row(&USERS, 2))), "changed although {why}");
    }
}

/// S1. While a batch rewrites several rows again and again, one question never shows some of
/// them before and some after, through whichever handle it is asked.
///
/// # Panics
/// Where a page shows rows of two moments.
pub async fn nobody_sees_half_a_batch(place: &dyn Place) {
    const ROWS: u64 = 8;
    const LOOKS: usize = 400;
    // Looks at what nobody rewrites show nothing.
    const REWRITTEN: usize = 20;
    let handles = two(place).await;
    commit(&*handles[0], (0..ROWS).map(|n| insert(&ACCOUNTS, row(&ACCOUNTS, n))).collect()).await;
    let seen = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    race(5, |racer| {
        let (store, seen) = (Arc::clone(&handles[racer % 2]), Arc::clone(&seen));
        async move {
            let (looks, rewritten) = &*seen;
            let over = || {
                looks.load(Ordering::SeqCst) >= LOOKS
                    && rewritten.load(Ordering::SeqCst) >= REWRITTEN
            };
            if racer > 0 {
                while !over() {
                    let page = Page::of(&ACCOUNTS, "all", Vec::new(), 100).unwrap();
                    let rows = found(store.page(&page).await);
                    let version = |row| number(&ACCOUNTS, row, Table::VERSION);
                    let first = rows.first().map(version);
                    assert_eq!(rows.len() as u64, ROWS, "rows that stand throughout");
                    let one = rows.iter().all(|row| Some(version(row)) == first);
                    assert!(one, "a page shows half a batch");
                    looks.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
                return;
            }
            for version in 1.. {
                let changed = |n| replace(&ACCOUNTS, row(&ACCOUNTS, n), version);
                commit(&*store, (0..ROWS).map(changed).collect()).await;
                rewritten.fetch_add(1, Ordering::SeqCst);
                if over() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
}
