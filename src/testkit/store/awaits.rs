//! S14: futures dropped at each of their awaits.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use super::{
    drops::{Patience, quick, soon},
    sample::{
        at, batch, commit, delete, found, get, insert, key, later, made, now, number, replace, row,
        with,
    },
};
use crate::{
    clock::to_micros,
    secret::Digest,
    store::{
        BudgetState, Charge, Lease, Movement, Page, Row, Rule, Store, Table, Value,
        tables::{
            ACCOUNTS, BUDGETS, BY_USERNAME, CREDENTIALS, LINKS, OUTBOX, SESSION_BY_ID, SESSIONS,
            USERS,
        },
    },
};

/// How many polls are looked into, of a call that needs more.
const MOST: u64 = 2_000;

/// How many calls of a kind are dropped, at the least: had each kept its connection, a store would
/// have none left. Those in `tests/` have eight.
const ENOUGH: u32 = 16;

/// Where a call is dropped.
#[derive(Clone, Copy)]
struct Point {
    /// After so many polls.
    polls: u64,
    /// When it could go on; otherwise while it waits.
    woken: bool,
}

/// The points of a call, one after the other, until it ends before it gets there; and all of them
/// again, until [`ENOUGH`] calls were dropped.
#[derive(Default)]
struct Points {
    polls: u64,
    woken: bool,
    step: u64,
    ended: u32,
    dropped: u32,
    /// The last point at which one was dropped.
    last: u64,
    walks: u32,
}

impl Points {
    /// The next point, and its number.
    fn next(&mut self) -> Option<(u64, Point)> {
        let again = self.walks > 0 && self.polls > self.last;
        if self.ended >= 2 || self.polls > MOST || again {
            self.walks += 1;
            // A call that never waits is not dropped, however often it is tried.
            if self.dropped >= ENOUGH || self.last == 0 || self.walks > ENOUGH {
                return None;
            }
            (self.polls, self.woken, self.ended) = (1, false, 0);
        }
        let point = Point { polls: self.polls, woken: self.woken };
        self.step += 1;
        if self.woken {
            // Each of the first ones; of a call that needs hundreds, some.
            self.polls += 1 + self.polls / 64;
        }
        self.woken = !self.woken;
        Some((self.step, point))
    }

    /// Whether the call had ended before it was dropped: so it did twice, it has no more points.
    fn heard(&mut self, point: Point, ended: bool) {
        self.ended = if ended { self.ended + 1 } else { 0 };
        if !ended && point.polls > 0 {
            self.dropped += 1;
            self.last = self.last.max(point.polls);
        }
    }
}

impl Point {
    /// Begins a call and drops it here.
    async fn drop<F: Future>(self, call: F) -> Option<F::Output> {
        let mut call = pin!(call);
        let mut left = self.polls;
        let polled = poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            match call.as_mut().poll(context) {
                Poll::Pending if left == 0 && !self.woken => Poll::Ready(None),
                polled => polled.map(Some),
            }
        });
        soon(polled).await
    }
}

/// Waits a moment for what a dropped call may still be doing.
async fn wait(patience: &mut Patience, point: Point, what: &str) {
    let Point { polls, woken } = point;
    let when = if woken { "could go on" } else { "waited" };
    assert!(
        !patience.ends().await,
        "a call that was dropped after {polls} polls, when it {when}, left {what}"
    );
}

/// S14. A commit that is dropped at any of its awaits is wholly in or wholly out, and can be sent
/// again.
///
/// # Panics
/// Where half of it is in, or the store does not go on.
pub async fn a_commit_dropped_at_any_await_is_in_or_out(store: Arc<dyn Store>) {
    let store = &store;
    commit(store, vec![insert(&ACCOUNTS, row(&ACCOUNTS, 0))]).await;
    let mut points = Points::default();
    while let Some((n, point)) = points.next() {
        soon(commit(store, vec![insert(&LINKS, row(&LINKS, n))])).await;
        let stands = soon(get(store, &ACCOUNTS, 0)).await.expect("the account stands");
        let version = number(&ACCOUNTS, &stands, Table::VERSION);
        let batch = batch(vec![
            replace(&ACCOUNTS, row(&ACCOUNTS, 0), version),
            insert(&CREDENTIALS, row(&CREDENTIALS, n)),
            delete(&LINKS, n),
            insert(&OUTBOX, row(&OUTBOX, n)),
        ]);
        let answer = point.drop(store.commit(&batch)).await;
        points.heard(point, answer.is_some());
        let mut patience = Patience::new();
        let mut is_in = settled(store, n, version, point, &mut patience).await;
        if let Some(answer) = answer {
            assert!(answer.is_ok() && is_in, "a batch whose expectations hold: {answer:?}");
        }
        made(&soon(store.commit(&batch)).await, "a dropped batch cannot be sent again");
        is_in = settled(store, n, version, point, &mut patience).await;
        assert!(is_in, "a batch that was answered is not there");
    }
    quick(store).await;
}

/// Whether the batch number `n` is there, once all of it is or none.
async fn settled(
    store: &dyn Store,
    n: u64,
    version: i64,
    point: Point,
    patience: &mut Patience,
) -> bool {
    loop {
        let account = soon(get(store, &ACCOUNTS, 0)).await.expect("the account stands");
        let there = [
            number(&ACCOUNTS, &account, Table::VERSION) > version,
            soon(get(store, &CREDENTIALS, n)).await.is_some(),
            soon(get(store, &LINKS, n)).await.is_none(),
            soon(get(store, &OUTBOX, n)).await.is_some(),
        ];
        if there == [true; 4] || there == [false; 4] {
            return there[0];
        }
        wait(patience, point, &format!("half a batch: {there:?}")).await;
    }
}

/// S14. A charge of two budgets that is dropped at any of its awaits took a unit of both or of
/// neither, and no unit that was answered for is lost.
///
/// # Panics
/// Where one was charged and the other was not, or the store does not go on.
pub async fn a_charge_dropped_at_any_await_takes_all_or_nothing(store: Arc<dyn Store>) {
    let store = &store;
    let rule = Rule::Tally { forget: time::Duration::DAY };
    let mut charges = [1, 2].map(|n| Charge { key: [n; 32], rule, movement: Movement::Take });
    let (mut begun, mut answered) = (0, 0);
    let mut points = Points::default();
    while let Some((_, point)) = points.next() {
        charges.reverse();
        let answer = point.drop(store.charge(&charges, now())).await;
        points.heard(point, answer.is_some());
        answered += u32::from(answer.is_some());
        let mut patience = Patience::new();
        while units(store, 1).await != units(store, 2).await {
            wait(&mut patience, point, "one of two budgets charged").await;
        }
        let whole = found(soon(store.charge(&charges, now())).await);
        answered += 1;
        begun += 2;
        let counts: Vec<_> = whole.iter().map(|verdict| verdict.count).collect();
        assert!(
            counts.len() == 2 && counts[0] == counts[1],
            "budgets charged together: {counts:?}"
        );
        let count = counts[0];
        assert!(
            (answered..=begun).contains(&count),
            "{count} units, {answered} of {begun} answered"
        );
    }
    quick(store).await;
}

async fn units(store: &dyn Store, budget: u8) -> u32 {
    let row = found(soon(store.get(&BUDGETS, &[budget; 32])).await);
    row.map_or(0, |row| BudgetState::from_row(&row).unwrap().count)
}

/// S14. A lease that is dropped at any of its awaits took all the rows it would have taken, or
/// none of them.
///
/// # Panics
/// Where it took some, or the store does not go on.
pub async fn a_lease_dropped_at_any_await_takes_all_or_nothing(store: Arc<dyn Store>) {
    const ROWS: u64 = 4;
    let store = &store;
    let due = Value::Int(to_micros(now()));
    let due = |n| insert(&OUTBOX, with(&OUTBOX, row(&OUTBOX, n), "due_at", due.clone()));
    commit(store, (0..ROWS).map(due).collect()).await;
    let mut points = Points::default();
    while let Some((n, point)) = points.next() {
        let at = i64::try_from(n).unwrap() * 1_000;
        let lease = |at| Lease {
            now: later(at),
            until: later(at + 400),
            limit: u32::try_from(ROWS).unwrap(),
        };
        let answer = point.drop(store.lease(&lease(at))).await;
        points.heard(point, answer.is_some());
        let taken = answer.map(|taken| found(taken).len() as u64);
        assert!(taken.is_none_or(|taken| taken == ROWS), "rows that are due: {taken:?} were taken");
        let mut patience = Patience::new();
        loop {
            let mut versions = Vec::new();
            for n in 0..ROWS {
                let stands = soon(get(store, &OUTBOX, n)).await.expect("the row stands");
                versions.push(number(&OUTBOX, &stands, Table::VERSION));
            }
            if versions.iter().all(|version| *version == versions[0]) {
                break;
            }
            wait(&mut patience, point, &format!("half a lease: versions {versions:?}")).await;
        }
        // Whoever comes when it has run out, if it was taken, gets them.
        found(soon(store.lease(&lease(at + 500))).await);
    }
    quick(store).await;
}

/// S14. A purge that is dropped at any of its awaits deleted its slice or nothing of it.
///
/// # Panics
/// Where part of it is gone, or the store does not go on.
pub async fn a_purge_dropped_at_any_await_takes_all_or_nothing(store: Arc<dyn Store>) {
    const ROWS: u64 = 4;
    let store = &store;
    let user = Value::Bytes(key(&USERS, 5));
    let mut points = Points::default();
    while let Some((step, point)) = points.next() {
        let numbers = || step * ROWS..(step + 1) * ROWS;
        let expired = numbers().map(|n| {
            let session = with(&SESSIONS, row(&SESSIONS, n), "user", user.clone());
            with(&SESSIONS, session, "expires_at", Value::Int(to_micros(now())))
        });
        let expired: Vec<_> = expired.collect();
        let rows = expired.iter().map(|row| insert(&SESSIONS, row.clone()));
        soon(commit(store, rows.collect())).await;
        let answer = point.drop(store.purge(&SESSIONS, later(1), ROWS as u32)).await;
        points.heard(point, answer.is_some());
        let mut patience = Patience::new();
        loop {
            // By key, by unique key and in order.
            let page = Page::of(&SESSIONS, "of_user", vec![user.clone()], 100).unwrap();
            let mut left = vec![found(soon(store.page(&page)).await).len() as u64];
            let (mut by_key, mut by_id) = (0, 0);
            for (n, row) in numbers().zip(&expired) {
                by_key += u64::from(soon(get(store, &SESSIONS, n)).await.is_some());
                let id = [at(&SESSIONS, row, "id").clone()];
                let session = store.find(&SESSIONS, &SESSION_BY_ID, &id);
                by_id += u64::from(found(soon(session).await).is_some());
            }
            left.extend([by_key, by_id]);
            if left == [0; 3] || left == [ROWS; 3] {
                break;
            }
            wait(&mut patience, point, &format!("part of what it purges: {left:?} of {ROWS}"))
                .await;
        }
        found(soon(store.purge(&SESSIONS, later(1), 100)).await);
        let left = soon(get(store, &SESSIONS, step * ROWS)).await;
        assert!(left.is_none(), "a dropped purge keeps the next one from its rows");
    }
    quick(store).await;
}

/// S14. Reads of every kind that are dropped at any of their awaits, many of each, keep nothing
/// from those that come after them.
///
/// # Panics
/// Where the store does not answer within five seconds.
pub async fn reads_dropped_at_any_await_hold_nothing(store: Arc<dyn Store>) {
    let store = &store;
    let session = with(&SESSIONS, row(&SESSIONS, 1), "user", Value::Bytes(key(&USERS, 1)));
    let session = with(&SESSIONS, session, "account", Value::Bytes(key(&ACCOUNTS, 1)));
    let rows = [(&ACCOUNTS, row(&ACCOUNTS, 1)), (&USERS, row(&USERS, 1)), (&SESSIONS, session)];
    commit(store, rows.map(|(table, row)| insert(table, row)).into()).await;
    let user = key(&USERS, 1);
    let name = [at(&USERS, &row(&USERS, 1), "username_key").clone()];
    let page = Page::of(&ACCOUNTS, "all", Vec::new(), 10).unwrap();
    let digests = [Digest::from_bytes(key(&SESSIONS, 1).try_into().unwrap())];
    for kind in 0..4 {
        let mut points = Points::default();
        while let Some((_, point)) = points.next() {
            // A store that closes a connection whose reader is gone opens another first; what is
            // to be dropped is the read.
            found(soon(store.get(&USERS, &user)).await);
            let rows = match kind {
                0 => point.drop(store.get(&USERS, &user)).await.map(|row| count(found(row))),
                1 => {
                    let user = point.drop(store.find(&USERS, &BY_USERNAME, &name)).await;
                    user.map(|row| count(found(row)))
                }
                2 => point.drop(store.page(&page)).await.map(|rows| found(rows).len()),
                _ => point.drop(store.sessions(&digests)).await.map(|rows| found(rows).len()),
            };
            points.heard(point, rows.is_some());
            assert!(rows.is_none_or(|rows| rows == 1), "rows read beside dropped reads");
        }
    }
    quick(store).await;
}

fn count(row: Option<Row>) -> usize {
    usize::from(row.is_some())
}
