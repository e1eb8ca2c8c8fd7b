//! S13: purge.

use std::sync::Arc;

use super::{
    Place,
    place::two,
    race::race,
    sample::{at, commit, found, get, insert, key, later, row, tried, with},
};
use crate::{
    clock::to_micros,
    store::{
        BudgetState, Charge, Movement, Page, Row, Rule, Store, Table, Value,
        tables::{BUDGETS, SESSION_BY_ID, SESSIONS},
    },
};

fn expiring(table: &Table, n: u64, seconds: i64) -> Row {
    let expires = Value::Int(to_micros(later(seconds)));
    with(table, row(table, n), table.expires.unwrap(), expires)
}

fn of_hosts() -> impl Iterator<Item = &'static Table> {
    let own = |table: &&Table| table.expires.is_some() && table.name != "batches";
    Table::ALL.iter().copied().filter(own)
}

/// S13. Only rows that expired before the moment go, of the table that was named.
///
/// # Panics
/// Where another goes, or one of them stays.
pub async fn only_what_expired_goes(store: Arc<dyn Store>) {
    let store = &*store;
    for table in of_hosts() {
        let rows = (0..10).map(|n| insert(table, expiring(table, n, n as i64)));
        commit(store, rows.collect()).await;
    }
    for table in of_hosts() {
        assert_eq!(found(store.purge(table, later(0), 100).await), 0);
        assert_eq!(found(store.purge(table, later(4), 100).await), 4, "rows purged");
        for n in 0..10 {
            let stands = get(store, table, n).await.is_some();
            assert_eq!(stands, n >= 4, "whether a row that expires at {n} is there after 4");
        }
        assert_eq!(found(store.purge(table, later(4), 100).await), 0, "rows purged twice");
    }
}

/// S13. A row without a moment at which it expires never goes.
///
/// # Panics
/// Where it goes.
pub async fn what_never_expires_stays(store: Arc<dyn Store>) {
    let store = &*store;
    for table in of_hosts() {
        let expires = table.expires.unwrap();
        let column = &table.columns[table.position(expires).unwrap()];
        if column.nullable {
            let forever = with(table, row(table, 1), expires, Value::Null);
            commit(store, vec![insert(table, forever), insert(table, expiring(table, 2, 0))]).await;
            let gone = found(store.purge(table, later(1_000_000_000), 100).await);
            assert_eq!(gone, 1, "rows of {} that were purged", table.name);
            assert!(get(store, table, 1).await.is_some(), "a row that never expires was purged");
        }
    }
}

/// S13. No more rows go than allowed, and the answer says how many went.
///
/// # Panics
/// Where more go, or the answer is another number.
pub async fn no_more_goes_than_allowed(store: Arc<dyn Store>) {
    let store = &*store;
    for table in of_hosts() {
        let rows = (0..25).map(|n| insert(table, expiring(table, n, 0)));
        commit(store, rows.collect()).await;
        let mut standing = 25;
        for (limit, gone) in
            [(0, 0), (10, 10), (1, 1), (10, 10), (u32::MAX, 4), (10, 0), (u32::MAX, 0)]
        {
            assert_eq!(found(store.purge(table, later(9), limit).await), gone, "rows purged");
            standing -= gone;
            let mut left = 0;
            for n in 0..25 {
                left += u32::from(get(store, table, n).await.is_some());
            }
            assert_eq!(left, standing, "rows of {} that remain", table.name);
        }
    }
}

/// S13. What was purged is gone from every way in which it was found, and what its unique keys
/// held is free.
///
/// # Panics
/// Where a purge leaves an entry of a row behind.
pub async fn what_was_purged_is_found_by_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    let session = expiring(&SESSIONS, 1, 0);
    let id = at(&SESSIONS, &session, "id").clone();
    let user = at(&SESSIONS, &session, "user").clone();
    for _ in 0..2 {
        let again = tried(store, vec![insert(&SESSIONS, session.clone())]).await;
        assert!(again, "a row that was purged holds its unique keys");
        assert_eq!(found(store.purge(&SESSIONS, later(9), 10).await), 1, "rows purged");
        let by_id = found(store.find(&SESSIONS, &SESSION_BY_ID, std::slice::from_ref(&id)).await);
        assert!(by_id.is_none(), "a row that was purged is found by a unique key");
        let page = Page::of(&SESSIONS, "of_user", vec![user.clone()], 10).unwrap();
        assert!(found(store.page(&page).await).is_empty(), "a row that was purged is on a page");
    }
}

/// S13. Many purges at the same moment count each row once.
///
/// # Panics
/// Where the counts do not add up.
pub async fn purges_at_once_count_each_row_once(store: Arc<dyn Store>) {
    const ROWS: u32 = 120;
    for round in 0..4 {
        let rows = (0..u64::from(ROWS)).map(|n| 1000 * round + n);
        let rows = rows.map(|n| insert(&SESSIONS, expiring(&SESSIONS, n, 0)));
        commit(&*store, rows.collect()).await;
        let gone = race(16, |_| {
            let store = Arc::clone(&store);
            async move {
                let mut gone = 0;
                loop {
                    let went = found(store.purge(&SESSIONS, later(1), 3).await);
                    gone += went;
                    if went == 0 {
                        return gone;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let gone: u32 = gone.await.into_iter().sum();
        // Where a purge passes over rows that another is just deleting, some may be left.
        let left = found(store.purge(&SESSIONS, later(1), ROWS).await);
        assert_eq!(gone + left, ROWS, "rows that purges said they deleted");
    }
}

/// S13. A budget that had expired and is charged anew while others purge keeps each of its units:
/// a row that is no longer what it was when a purge chose it stays.
///
/// # Panics
/// Where a purge takes away a unit that was charged meanwhile, or a row that had expired stays.
pub async fn what_is_charged_anew_is_not_purged(place: &dyn Place) {
    const ROWS: u64 = 24;
    const RACERS: usize = 8;
    let handles = two(place).await;
    for round in 0..2 {
        let numbers = move || (0..ROWS).map(move |n| 1000 * round + n);
        let rows = numbers().map(|n| insert(&BUDGETS, expiring(&BUDGETS, n, 0)));
        commit(&*handles[0], rows.collect()).await;
        race(2 * RACERS, |racer| {
            let store = Arc::clone(&handles[racer / 2 % 2]);
            async move {
                if racer % 2 == 0 {
                    while found(store.purge(&BUDGETS, later(1), 3).await) > 0 {
                        tokio::task::yield_now().await;
                    }
                    return;
                }
                // Each begins elsewhere, so that the slices of all purges are met.
                for n in numbers().cycle().skip(3 * (racer / 2)).take(ROWS as usize) {
                    found(store.charge(&[taking(n)], later(1)).await);
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        let left = found(handles[1].purge(&BUDGETS, later(1), u32::MAX).await);
        assert_eq!(left, 0, "budgets that had expired, and were charged by nobody");
        for n in numbers() {
            let stands = get(&*handles[0], &BUDGETS, n).await.map(|row| {
                let state = BudgetState::from_row(&row).unwrap();
                state.count as usize
            });
            assert_eq!(stands, Some(RACERS), "units of a budget that was charged during purges");
        }
    }
}

/// A unit of budget number `n`.
fn taking(n: u64) -> Charge {
    let rule = Rule::Tally { forget: time::Duration::DAY };
    Charge { key: key(&BUDGETS, n).try_into().unwrap(), rule, movement: Movement::Take }
}
