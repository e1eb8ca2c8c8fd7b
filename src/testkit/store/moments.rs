//! S16: no clock.

use std::sync::Arc;

use time::{Date, Month, OffsetDateTime};

use super::sample::{batch, commit, found, get, insert, made, row, with};
use crate::{
    clock::to_micros,
    id::BatchId,
    store::{
        Batch, Charge, Lease, Movement, Rule, Store, Value,
        tables::{BATCHES, OUTBOX, SESSIONS},
    },
};

fn year(year: i32) -> OffsetDateTime {
    Date::from_calendar_date(year, Month::June, 1).unwrap().midnight().assume_utc()
}

/// Long before and long after whatever a machine's clock says.
const YEARS: [i32; 5] = [-2000, 1, 1969, 2500, 9000];

/// S16. What is due and what has expired is told by the moment a command carries, in any year.
///
/// # Panics
/// Where the store knows better.
pub async fn the_year_is_what_commands_say(store: Arc<dyn Store>) {
    let store = &*store;
    for (n, now) in (0..).zip(YEARS.map(year)) {
        let micros = |days| Value::Int(to_micros(now + time::Duration::days(days)));
        let due = |n, days| with(&OUTBOX, row(&OUTBOX, n), "due_at", micros(days));
        let session = |n, days| with(&SESSIONS, row(&SESSIONS, n), "expires_at", micros(days));
        let rows = vec![
            insert(&OUTBOX, due(2 * n, 0)),
            insert(&OUTBOX, due(2 * n + 1, 1)),
            insert(&SESSIONS, session(2 * n, -1)),
            insert(&SESSIONS, session(2 * n + 1, 0)),
        ];
        commit(store, rows).await;
        let until = now + time::Duration::HOUR;
        let taken = found(store.lease(&Lease { now, until, limit: 9 }).await);
        assert_eq!(taken.len(), 1, "rows that are due in {now}");
        let purged = found(store.purge(&SESSIONS, now, 9).await);
        assert_eq!(purged, 1, "rows that have expired in {now}");
        let stays = get(store, &SESSIONS, 2 * n + 1).await;
        assert!(stays.is_some(), "a row that expires in {now} is gone");
        // The next year must not find what this one left.
        let gone = [2 * n, 2 * n + 1].map(|n| super::sample::delete(&OUTBOX, n));
        commit(store, gone.into()).await;
        commit(store, vec![super::sample::delete(&SESSIONS, 2 * n + 1)]).await;
    }
}

/// S16. A budget opens, fills and is forgotten by the moments of its charges, in any year.
///
/// # Panics
/// Where the store knows better.
pub async fn budgets_live_in_the_time_of_their_charges(store: Arc<dyn Store>) {
    let hour = time::Duration::HOUR;
    for (budget, now) in (0..).zip(YEARS.map(year)) {
        let rule = Rule::Window { limit: 2, window: hour };
        let charge = [Charge { key: [budget; 32], rule, movement: Movement::Take }];
        let steps = [(now, true), (now, true), (now + hour / 2, false), (now + hour, true)];
        for (at, allowed) in steps {
            let verdicts = found(store.charge(&charge, at).await);
            assert_eq!(verdicts[0].allowed, allowed, "a budget of two an hour at {at}");
        }
    }
}

/// S16. Nothing disappears by itself: rows and ids of batches that expired long ago stay until
/// they are purged.
///
/// # Panics
/// Where one is gone.
pub async fn nothing_goes_before_it_is_purged(store: Arc<dyn Store>) {
    let store = &*store;
    let long_ago = Value::Int(to_micros(year(1950)));
    let session = with(&SESSIONS, row(&SESSIONS, 1), "expires_at", long_ago);
    let old = batch(vec![insert(&SESSIONS, session.clone())]);
    let old = Batch::new(BatchId::from_bytes([9; 16]), year(1950), old.changes().to_vec());
    made(&store.commit(&old).await, "a batch of long ago is refused");
    commit(store, vec![insert(&OUTBOX, row(&OUTBOX, 1))]).await;
    assert!(get(store, &SESSIONS, 1).await == Some(session), "a row went by itself");
    made(&store.commit(&old).await, "the id of a batch went by itself");
    assert_eq!(found(store.purge(&BATCHES, year(1951), 10).await), 1, "ids that were purged");
}
