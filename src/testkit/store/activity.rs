//! S9: activity.

use std::sync::Arc;

use super::{
    Place,
    place::two,
    race::race,
    sample::{commit, delete, get, insert, number, raise, replace, row, tried, with},
};
use crate::store::{
    Store, Table, Value,
    tables::{ACTIVITY, SESSIONS, USERS},
};

/// S9. Raising lifts a number, and never lowers it.
///
/// # Panics
/// Where a number is lowered, not lifted, or another column changes.
pub async fn raising_lifts_and_never_lowers(store: Arc<dyn Store>) {
    let store = &*store;
    commit(store, vec![insert(&SESSIONS, row(&SESSIONS, 10))]).await;
    for (to, then) in [(20, 20), (15, 20), (i64::MIN, 20), (20, 20), (i64::MAX, i64::MAX)] {
        commit(store, vec![raise(&SESSIONS, 10, "last_seen_at", to)]).await;
        let expected = with(&SESSIONS, row(&SESSIONS, 10), "last_seen_at", Value::Int(then));
        let stands = get(store, &SESSIONS, 10).await;
        assert!(stands == Some(expected), "a column raised to {to} should be {then}");
    }
}

/// S9. A number that is null is less than any.
///
/// # Panics
/// Where null is not lifted.
pub async fn raising_lifts_nothing_too(store: Arc<dyn Store>) {
    let store = &*store;
    let table = &crate::store::tables::ACCOUNTS;
    commit(store, vec![insert(table, with(table, row(table, 1), "plan_until", Value::Null))]).await;
    commit(store, vec![raise(table, 1, "plan_until", -5)]).await;
    let expected = with(table, row(table, 1), "plan_until", Value::Int(-5));
    assert!(get(store, table, 1).await == Some(expected), "null was not lifted");
}

/// S9. Raising a row that is not there does nothing, and is no conflict for what else the batch
/// changes.
///
/// # Panics
/// Where a row appears or the batch conflicts.
pub async fn raising_what_is_not_there_does_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    let changes =
        vec![raise(&ACTIVITY, 1, "last_login_at", 9), insert(&ACTIVITY, row(&ACTIVITY, 2))];
    assert!(tried(store, changes).await, "raising what is not there was a conflict");
    assert_eq!(get(store, &ACTIVITY, 1).await, None, "raising made a row");
    assert_eq!(get(store, &ACTIVITY, 2).await, Some(row(&ACTIVITY, 2)));
}

/// S9. Of a log-out and touches at the same moment, the log-out wins: the session never returns.
///
/// # Panics
/// Where a touch brings a session back, or conflicts.
pub async fn a_touch_never_brings_back_a_session(place: &dyn Place) {
    let handles = two(place).await;
    for round in 0..40 {
        commit(&*handles[0], vec![insert(&SESSIONS, row(&SESSIONS, round))]).await;
        race(8, |racer| {
            let store = Arc::clone(&handles[racer % 2]);
            async move {
                let change = if racer == 3 {
                    delete(&SESSIONS, round)
                } else {
                    raise(&SESSIONS, round, "last_seen_at", 1_000 + racer as i64)
                };
                assert!(tried(&*store, vec![change]).await, "a touch or a log-out conflicted");
            }
        })
        .await;
        let back = get(&*handles[1], &SESSIONS, round).await;
        assert_eq!(back, None, "a touch brought back a session that was logged out");
    }
}

/// S9. Of many touches at the same moment the latest remains.
///
/// # Panics
/// Where an earlier one remains, or one conflicts.
pub async fn the_latest_of_many_touches_remains(place: &dyn Place) {
    let handles = two(place).await;
    commit(&*handles[0], vec![insert(&ACTIVITY, row(&ACTIVITY, 0))]).await;
    race(32, |racer| {
        let store = Arc::clone(&handles[racer % 2]);
        async move {
            for step in 0..10 {
                let to = 100 + (9 - step) * 32 + racer as i64;
                let touched = tried(&*store, vec![raise(&ACTIVITY, 0, "last_login_at", to)]).await;
                assert!(touched, "a touch conflicted");
            }
        }
    })
    .await;
    let stands = get(&*handles[1], &ACTIVITY, 0).await.expect("the row stands");
    assert_eq!(number(&ACTIVITY, &stands, "last_login_at"), 419, "the latest of many touches");
}

/// S9. Touches and changes of a row's version never make each other conflict.
///
/// # Panics
/// Where one conflicts.
pub async fn touches_and_changes_do_not_conflict(place: &dyn Place) {
    let handles = two(place).await;
    commit(&*handles[0], vec![insert(&USERS, row(&USERS, 0))]).await;
    race(8, |racer| {
        let store = Arc::clone(&handles[racer % 2]);
        async move {
            for step in 1..20 {
                let change = if racer == 0 {
                    replace(&USERS, row(&USERS, 0), step)
                } else {
                    raise(&USERS, 0, "session_stamp", step)
                };
                assert!(tried(&*store, vec![change]).await, "a touch made a change conflict");
            }
        }
    })
    .await;
    let stands = get(&*handles[1], &USERS, 0).await.expect("the row stands");
    assert_eq!(number(&USERS, &stands, Table::VERSION), 20);
}
