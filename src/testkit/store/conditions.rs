//! S3: conditions live in the write.
//!
//! Those that race have two handles of one database, as two processes have: a store that reads
//! and then writes under a lock of its own handle holds no condition against the other.

use std::sync::Arc;

use super::{
    Place,
    place::two,
    race::{race, winners},
    sample::{
        commit, conflict, delete, delete_version, get, insert, number, replace, row, tried, with,
    },
};
use crate::store::{
    Store, Table, Value,
    tables::{ACCOUNTS, CREDENTIALS, LINKS, USERS},
};

/// S3. An insert conflicts with the row that has its key, and does not touch it.
///
/// # Panics
/// Where a row is overwritten.
pub async fn an_insert_expects_no_row(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| table.name != "batches") {
        commit(store, vec![insert(table, row(table, 1))]).await;
        let other = row(table, 2);
        let key = row(table, 1).value(0).clone();
        let other = with(table, other, table.columns[0].name, key);
        conflict(store, vec![insert(table, other)], "the key is taken").await;
        let stands = get(store, table, 1).await;
        assert_eq!(stands, Some(row(table, 1)), "an insert overwrote a row of {}", table.name);
    }
}

/// S3. A replacement expects the row it replaces, in the version it was read in.
///
/// # Panics
/// Where another one is replaced, or a row appears.
pub async fn a_replace_expects_its_version(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| table.version().is_some()) {
        conflict(store, vec![replace(table, row(table, 1), 1)], "there is no row").await;
        assert_eq!(get(store, table, 1).await, None, "a replacement made a row");
        commit(store, vec![insert(table, row(table, 1))]).await;
        for version in [0, 2, -1, i64::MAX - 1] {
            let change = replace(table, row(table, 1), version);
            conflict(store, vec![change], "the version is another").await;
        }
        commit(store, vec![replace(table, row(table, 1), 1)]).await;
        conflict(store, vec![replace(table, row(table, 1), 1)], "the version was replaced").await;
        let version = get(store, table, 1).await.map(|row| number(table, &row, Table::VERSION));
        assert_eq!(version, Some(2), "a replacement did not write its row");
    }
}

/// S3. A delete expects its row, in its version where it names one.
///
/// # Panics
/// Where a row goes that should stay, or stays that should go.
pub async fn a_delete_expects_its_row(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| table.name != "batches") {
        conflict(store, vec![delete(table, 1)], "there is no row").await;
        commit(store, vec![insert(table, row(table, 1)), insert(table, row(table, 2))]).await;
        if table.version().is_some() {
            conflict(store, vec![delete_version(table, 1, 2)], "the version is another").await;
            assert!(get(store, table, 1).await.is_some(), "another version was deleted");
            commit(store, vec![delete_version(table, 1, 1)]).await;
        } else {
            commit(store, vec![delete(table, 1)]).await;
        }
        assert_eq!(get(store, table, 1).await, None, "a deleted row is still there");
        assert_eq!(get(store, table, 2).await, Some(row(table, 2)), "another row was deleted");
        conflict(store, vec![delete(table, 1)], "the row is gone").await;
    }
}

/// S3. Of 64 redemptions of one token at the same moment, one wins.
///
/// # Panics
/// Where none or several win.
pub async fn one_of_64_redemptions_wins(place: &dyn Place) {
    let handles = two(place).await;
    for round in 0..4 {
        commit(&*handles[0], vec![insert(&LINKS, row(&LINKS, round))]).await;
        let won = winners(64, |racer| {
            let store = Arc::clone(&handles[racer % 2]);
            async move {
                let made = row(&CREDENTIALS, round * 64 + racer as u64);
                tried(&*store, vec![delete(&LINKS, round), insert(&CREDENTIALS, made)]).await
            }
        });
        assert_eq!(won.await, 1, "redemptions of one token that won");
        let mut written = 0;
        for racer in 0..64 {
            let made = get(&*handles[1], &CREDENTIALS, round * 64 + racer).await;
            written += usize::from(made.is_some());
        }
        assert_eq!(written, 1, "redemptions of one token that left something");
    }
}

/// S3. Of 64 writers who read the same version, one wins.
///
/// # Panics
/// Where none or several win.
pub async fn one_of_64_writers_of_a_version_wins(place: &dyn Place) {
    let handles = two(place).await;
    commit(&*handles[0], vec![insert(&USERS, row(&USERS, 1))]).await;
    for version in 1..5 {
        let won = winners(64, |racer| {
            let store = Arc::clone(&handles[racer % 2]);
            async move {
                let name = Value::Text(format!("writer {racer}"));
                let changed = with(&USERS, row(&USERS, 1), "name", name);
                tried(&*store, vec![replace(&USERS, changed, version)]).await
            }
        });
        assert_eq!(won.await, 1, "writers of one version that won");
    }
}

/// S3. Of 64 inserts of one key, one wins.
///
/// # Panics
/// Where none or several win.
pub async fn one_of_64_inserts_of_a_key_wins(place: &dyn Place) {
    let handles = two(place).await;
    for round in 0..4 {
        let won = winners(64, |racer| {
            let store = Arc::clone(&handles[racer % 2]);
            async move { tried(&*store, vec![insert(&ACCOUNTS, row(&ACCOUNTS, round))]).await }
        });
        assert_eq!(won.await, 1, "inserts of one key that won");
    }
}

/// S3. Five writers who each add one ten times, reading again after each conflict, add fifty.
///
/// # Panics
/// Where an addition is lost.
pub async fn every_increment_of_many_writers_counts(place: &dyn Place) {
    const WRITERS: usize = 5;
    const EACH: i64 = 10;
    let handles = two(place).await;
    commit(&*handles[0], vec![insert(&ACCOUNTS, row(&ACCOUNTS, 0))]).await;
    race(WRITERS, |racer| {
        let store = Arc::clone(&handles[racer % 2]);
        async move {
            let mut left = EACH;
            while left > 0 {
                let stands = get(&*store, &ACCOUNTS, 0).await.expect("the row is there");
                let seats = number(&ACCOUNTS, &stands, "seats") + 1;
                let version = number(&ACCOUNTS, &stands, Table::VERSION);
                let more = with(&ACCOUNTS, stands, "seats", Value::Int(seats));
                left -= i64::from(tried(&*store, vec![replace(&ACCOUNTS, more, version)]).await);
            }
        }
    })
    .await;
    let sum = get(&*handles[1], &ACCOUNTS, 0).await.map(|row| number(&ACCOUNTS, &row, "seats"));
    assert_eq!(sum, Some(50), "additions that were counted");
}

/// S3. Many writers move units between four rows, reading again after each conflict: everybody
/// comes through, and no unit is lost or made. (No two of these batches come to their rows in
/// opposite orders, since a batch is sorted; [`rings`](super::rings) has those that do.)
///
/// # Panics
/// Where units are lost or made.
pub async fn units_moved_between_rows_are_kept(place: &dyn Place) {
    const ROWS: u64 = 4;
    let handles = two(place).await;
    let full = |n| with(&ACCOUNTS, row(&ACCOUNTS, n), "seats", Value::Int(100));
    commit(&*handles[0], (0..ROWS).map(|n| insert(&ACCOUNTS, full(n))).collect()).await;
    race(16, |racer| {
        let store = Arc::clone(&handles[racer % 2]);
        async move {
            for round in 0..10 {
                let from = (racer as u64 + round) % ROWS;
                let to = (from + 1 + round % (ROWS - 1)) % ROWS;
                loop {
                    let mut changes = Vec::new();
                    for (n, by) in [(from, -1), (to, 1)] {
                        let stands = get(&*store, &ACCOUNTS, n).await.expect("the row is there");
                        let version = number(&ACCOUNTS, &stands, Table::VERSION);
                        let seats = Value::Int(number(&ACCOUNTS, &stands, "seats") + by);
                        let moved = with(&ACCOUNTS, stands, "seats", seats);
                        changes.push(replace(&ACCOUNTS, moved, version));
                    }
                    if tried(&*store, changes).await {
                        break;
                    }
                }
            }
        }
    })
    .await;
    let mut sum = 0;
    for n in 0..ROWS {
        let stands = get(&*handles[0], &ACCOUNTS, n).await.expect("the row is there");
        sum += number(&ACCOUNTS, &stands, "seats");
    }
    assert_eq!(sum, 400, "units there were 400 of");
}
