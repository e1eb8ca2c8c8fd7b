//! S16: clocks that disagree.
//!
//! Each of these has two handles of one database, as two processes have, whose clocks are as far
//! apart as clocks may be. Each is told its own time, and a store has nothing to tell it by that
//! the other's is another.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use time::{Duration, OffsetDateTime};

use super::{
    Place,
    race::race,
    sample::{
        batch_at, delete, found, get, insert, key, later, number, raise, replace, row, tried_batch,
        with,
    },
};
use crate::{
    clock::to_micros,
    store::{
        BudgetState, Change, Charge, Lease, Movement, Row, Rule, Store, Table, Value, Verdict,
        tables::{ACCOUNTS, ACTIVITY, BUDGETS, LINKS, OUTBOX, SESSIONS},
    },
};

/// How far apart they are, in seconds.
const SKEW: i64 = 5;

/// A handle, and how many seconds its clock is ahead.
#[derive(Clone)]
struct Handle {
    store: Arc<dyn Store>,
    ahead: i64,
}

/// The one whose clock is behind, and the one whose clock is ahead.
async fn two(place: &dyn Place) -> [Handle; 2] {
    let (store, other) = (place.open().await, place.open().await);
    [Handle { store, ahead: 0 }, Handle { store: other, ahead: SKEW }]
}

impl Handle {
    /// What its clock shows, so many seconds after the proofs begin.
    fn at(&self, seconds: i64) -> OffsetDateTime {
        later(seconds + self.ahead)
    }

    /// Commits changes that must be done.
    async fn commit(&self, seconds: i64, changes: Vec<Change>) {
        let done = tried_batch(&*self.store, &batch_at(self.at(seconds), changes)).await;
        assert!(done, "a batch whose expectations hold was a conflict");
    }

    async fn lease(&self, seconds: i64, limit: u32) -> Vec<Row> {
        let now = self.at(seconds);
        found(self.store.lease(&Lease { now, until: now + Duration::HOUR, limit }).await)
    }

    async fn charge(&self, seconds: i64, charge: Charge) -> Verdict {
        let verdicts = found(self.store.charge(&[charge], self.at(seconds)).await);
        *verdicts.first().expect("a verdict for a charge")
    }

    async fn purge(&self, seconds: i64, table: &'static Table) -> u32 {
        found(self.store.purge(table, self.at(seconds), 100).await)
    }

    /// Says the time in every command that carries it, and touches nothing by it.
    async fn mention(&self, seconds: i64) {
        self.lease(seconds, 0).await;
        self.purge(seconds, &LINKS).await;
        let rule = Rule::Tally { forget: Duration::DAY };
        self.charge(seconds, Charge { key: [0xee; 32], rule, movement: Movement::Clear }).await;
        self.commit(seconds, Vec::new()).await;
    }
}

/// The number a row of the samples was made from.
fn number_of(row: &Row) -> u64 {
    u64::from_be_bytes(*row.key().first_chunk().expect("a key of a sample"))
}

fn expiring(table: &Table, n: u64, seconds: i64) -> Row {
    with(table, row(table, n), table.expires.unwrap(), Value::Int(to_micros(later(seconds))))
}

/// S16. Of workers whose clocks disagree none is given a row that is not due by its own, and none
/// a row that another has.
///
/// # Panics
/// Where a row is leased too early, twice or never.
pub async fn clocks_apart_lease_each_row_once(place: &dyn Place) {
    const ROWS: u64 = 60;
    let handles = two(place).await;
    // Three become due each second.
    let due = |n: u64| i64::try_from(n / 3).unwrap();
    let rows = (0..ROWS).map(|n| {
        insert(
            &OUTBOX,
            with(&OUTBOX, row(&OUTBOX, n), "due_at", Value::Int(to_micros(later(due(n))))),
        )
    });
    handles[0].commit(0, rows.collect()).await;
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let take = move |rows: Vec<Row>, handle: &Handle, second: i64| {
        for row in rows {
            let n = number_of(&row);
            let early = due(n) > second + handle.ahead;
            assert!(!early, "a row was leased that was not due by the clock of its worker");
            assert!(taken.lock().unwrap().insert(n), "a row was leased twice");
        }
        taken.lock().unwrap().len() as u64
    };
    handles[1].mention(0).await;
    assert_eq!(take(handles[0].lease(0, 100).await, &handles[0], 0), 3, "rows due at once");
    race(8, |racer| {
        let (handle, take) = (handles[racer % 2].clone(), take.clone());
        async move {
            for second in 0..=20 {
                take(handle.lease(second, 2).await, &handle, second);
            }
        }
    })
    .await;
    let rest = handles[0].lease(20, 100).await;
    assert_eq!(take(rest, &handles[0], 20), ROWS, "rows that were leased in the end");
}

/// S16. A caller whose clock is behind purges nothing that has not expired by it, whatever time
/// others were told meanwhile.
///
/// # Panics
/// Where a row goes too early, or is counted twice.
pub async fn clocks_apart_purge_what_expired_for_the_caller(place: &dyn Place) {
    const SECONDS: u64 = 20;
    let handles = two(place).await;
    for table in [&SESSIONS, &LINKS] {
        let rows =
            (0..SECONDS).map(|n| insert(table, expiring(table, n, i64::try_from(n).unwrap())));
        handles[0].commit(0, rows.collect()).await;
    }
    // Each purges a table of its own.
    let gone = race(8, |racer| {
        let (handle, table) = (handles[racer % 2].clone(), [&SESSIONS, &LINKS][racer % 2]);
        async move {
            let mut gone = 0;
            for second in 0..=10 {
                handle.lease(second, 1).await;
                gone += handle.purge(second, table).await;
            }
            (racer % 2, gone)
        }
    });
    let mut counts = [0; 2];
    for (table, gone) in gone.await {
        counts[table] += u64::from(gone);
    }
    for (at, table) in [&SESSIONS, &LINKS].into_iter().enumerate() {
        let handle = &handles[at];
        let expired = 10 + u64::try_from(handle.ahead).unwrap();
        for n in 0..SECONDS {
            let stands = get(&*handle.store, table, n).await.is_some();
            let expected = n >= expired;
            assert_eq!(stands, expected, "whether a row that expires at {n} stands at {expired}");
        }
        assert_eq!(counts[at], expired, "rows of {} that purges counted", table.name);
    }
}

/// S16. Charges of callers whose clocks disagree all count, a window is open until it ends by the
/// clock of whoever asks, and what was counted last stays last.
///
/// # Panics
/// Where a unit is lost, a window opens too early, or a moment moves backwards.
pub async fn clocks_apart_lose_no_unit(place: &dyn Place) {
    let handles = two(place).await;
    let charge = |budget, limit| {
        let rule = Rule::Window { limit, window: Duration::HOUR };
        Charge { key: [budget; 32], rule, movement: Movement::Take }
    };
    let tally = |key| {
        let rule = Rule::Tally { forget: Duration::DAY };
        Charge { key: [key; 32], rule, movement: Movement::Take }
    };
    for (n, charge) in [(1, charge(1, 1_000)), (2, tally(2))] {
        let counts = race(32, |racer| {
            let handle = handles[racer % 2].clone();
            async move { handle.charge(0, charge).await.count }
        });
        let mut counts = counts.await;
        counts.sort_unstable();
        assert!(counts.into_iter().eq(1..=32), "32 charges did not take 32 units");
        let stands = found(handles[0].store.get(&BUDGETS, &[n; 32]).await);
        let count = stands.map(|row| BudgetState::from_row(&row).unwrap().count);
        assert_eq!(count, Some(32), "the units that were kept");
    }
    let stands = found(handles[0].store.get(&BUDGETS, &[2; 32]).await);
    let at = stands.map(|row| BudgetState::from_row(&row).unwrap().at);
    assert_eq!(at, Some(handles[1].at(0)), "when the last unit was taken");

    assert!(handles[0].charge(0, charge(3, 1)).await.allowed);
    handles[1].mention(3_599).await;
    let verdict = handles[0].charge(3_599, charge(3, 1)).await;
    assert!(!verdict.allowed, "a window ended by the clock of somebody else");
    assert!(handles[1].charge(3_595, charge(3, 1)).await.allowed, "a window ends by one's own");
}

/// S16. Of two writers the one who comes later is the later one, whatever their clocks say.
///
/// # Panics
/// Where a write is lost because its writer's clock is behind, or a number that was raised falls.
pub async fn clocks_apart_write_in_the_order_they_come(place: &dyn Place) {
    let handles = two(place).await;
    handles[1].commit(0, vec![insert(&ACCOUNTS, row(&ACCOUNTS, 1))]).await;
    handles[1].commit(0, vec![insert(&ACTIVITY, row(&ACTIVITY, 1))]).await;
    for version in 1..9 {
        // The one ahead writes first.
        let writer = &handles[usize::try_from(version % 2).unwrap()];
        let seen = to_micros(writer.at(0));
        let changes = vec![
            replace(&ACCOUNTS, row(&ACCOUNTS, 1), version),
            raise(&ACTIVITY, 1, "last_login_at", seen),
        ];
        writer.commit(0, changes).await;
        for reader in &handles {
            let account = get(&*reader.store, &ACCOUNTS, 1).await.expect("the row stands");
            let stands = number(&ACCOUNTS, &account, Table::VERSION);
            assert_eq!(stands, version + 1, "a later write was lost");
            let activity = get(&*reader.store, &ACTIVITY, 1).await.expect("the row stands");
            let raised = number(&ACTIVITY, &activity, "last_login_at");
            assert_eq!(raised, to_micros(handles[1].at(0)), "what was raised");
        }
    }
    handles[0].commit(0, vec![delete(&ACCOUNTS, 1)]).await;
    let back = found(handles[1].store.get(&ACCOUNTS, &key(&ACCOUNTS, 1)).await);
    assert!(back.is_none(), "a later delete was lost");
    handles[0].commit(0, vec![insert(&ACCOUNTS, row(&ACCOUNTS, 1))]).await;
    let back = get(&*handles[1].store, &ACCOUNTS, 1).await;
    assert!(back == Some(row(&ACCOUNTS, 1)), "a later insert was lost");
}
