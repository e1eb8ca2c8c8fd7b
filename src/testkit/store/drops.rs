//! S14: dropped futures.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use super::{
    race::race,
    sample::{
        at, batch, commit, delete, found, get, insert, key, later, made, now, number, replace, row,
        with,
    },
};
use crate::{
    clock::to_micros,
    secret::Digest,
    store::{
        Charge, CommitError, Lease, Movement, Page, Rule, Store, Table, Value,
        tables::{ACCOUNTS, BY_USERNAME, CREDENTIALS, OUTBOX, SESSIONS, USERS},
    },
    testkit::entropy::SeededEntropy,
};

/// Polls a future at most so often, then drops it.
async fn polled<F: Future>(times: u64, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Begins a call and drops it at a random point: after some polls, or after some microseconds.
async fn dropped<F: Future>(chance: &SeededEntropy, future: F) -> Option<F::Output> {
    let (polls, micros) = match chance.number() % 2 {
        0 => (chance.number() % 4, 20_000),
        _ => (u64::MAX, chance.number() % 4_000),
    };
    let soon = Duration::from_micros(micros);
    tokio::time::timeout(soon, polled(polls, future)).await.ok().flatten()
}

/// What a call answers that must not wait for anybody gone: within five seconds, given bit by bit,
/// so that a machine that stands still meanwhile takes away one bit of them.
pub(super) async fn soon<F: Future>(call: F) -> F::Output {
    let mut call = pin!(call);
    for _ in 0..20 {
        let answered = tokio::time::timeout(Duration::from_millis(250), call.as_mut()).await;
        if let Ok(answer) = answered {
            return answer;
        }
    }
    panic!("dropped calls keep the store from answering")
}

/// Lets what a dropped call may still be doing come to its end.
pub(super) struct Patience {
    begun: Instant,
    looks: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), looks: 0 }
    }

    /// Waits a moment, and says whether it is at its end: after three seconds and many looks, since
    /// a machine that stands still for as long gives a call no time.
    pub(super) async fn ends(&mut self) -> bool {
        self.looks += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.looks >= 300 && self.begun.elapsed() >= Duration::from_secs(3)
    }
}

/// S14. 200 batches whose callers are dropped at random points: each is wholly in or wholly out,
/// and a caller who did get an answer got a true one.
///
/// # Panics
/// Where part of a batch is in, or an answer was not true.
pub async fn a_dropped_commit_is_wholly_in_or_out(store: Arc<dyn Store>) {
    const BATCHES: u64 = 200;
    const ROWS: u64 = 5;
    commit(&*store, vec![insert(&ACCOUNTS, row(&ACCOUNTS, 0))]).await;
    let sent = race(8, |racer| {
        let store = Arc::clone(&store);
        async move {
            let chance = SeededEntropy::new(racer as u64);
            let mut sent = Vec::new();
            for n in (racer as u64..BATCHES).step_by(8) {
                let rows =
                    (n * ROWS..(n + 1) * ROWS).map(|n| insert(&CREDENTIALS, row(&CREDENTIALS, n)));
                let batch = batch(rows.chain([insert(&OUTBOX, row(&OUTBOX, n))]).collect());
                let answer = dropped(&chance, store.commit(&batch)).await;
                sent.push((n, batch, answer));
            }
            sent
        }
    });
    for (n, batch, answer) in sent.await.into_iter().flatten() {
        if let Some(answer) = &answer {
            made(answer, "a batch nothing stands against was refused");
        }
        let is_in = settled(&*store, n * ROWS..(n + 1) * ROWS, n).await;
        assert!(is_in || answer.is_none(), "a batch that was answered is not there");
        // Its outcome is unknown to whoever dropped it, so it is sent again.
        made(&soon(store.commit(&batch)).await, "a dropped batch could not be sent again");
        assert!(settled(&*store, n * ROWS..(n + 1) * ROWS, n).await, "a batch was not done");
    }
}

/// Whether the rows of a batch are there, once they all are or all are not.
async fn settled(store: &dyn Store, credentials: std::ops::Range<u64>, outbox: u64) -> bool {
    let mut patience = Patience::new();
    loop {
        let mut there = Vec::new();
        for n in credentials.clone() {
            there.push(soon(get(store, &CREDENTIALS, n)).await.is_some());
        }
        there.push(soon(get(store, &OUTBOX, outbox)).await.is_some());
        if there.iter().all(|row| *row == there[0]) {
            return there[0];
        }
        // A batch may still be on its way, and may have come between two of these reads.
        assert!(!patience.ends().await, "half a batch stands: {there:?}");
    }
}

/// S14. Dropped writes of one row leave it in a version somebody wrote, and the next writer is
/// not kept waiting.
///
/// # Panics
/// Where a version was skipped, or a row stays locked.
pub async fn a_dropped_write_locks_nothing(store: Arc<dyn Store>) {
    commit(&*store, vec![insert(&USERS, row(&USERS, 1))]).await;
    let chance = SeededEntropy::new(14);
    for _ in 0..100 {
        let stands = soon(get(&*store, &USERS, 1)).await.expect("the row stands");
        let version = number(&USERS, &stands, Table::VERSION);
        let stamp = number(&USERS, &stands, "session_stamp");
        assert_eq!(stamp, version, "a row of two writers");
        let write = |version| {
            let stamped = with(&USERS, row(&USERS, 1), "session_stamp", Value::Int(version + 1));
            batch(vec![replace(&USERS, stamped, version)])
        };
        let write = write(version);
        match dropped(&chance, store.commit(&write)).await {
            Some(Ok(()) | Err(CommitError::Conflict)) | None => {}
            Some(Err(error)) => panic!("the store failed: {error}"),
        }
    }
    quick(&store).await;
}

/// S14. Calls of every kind, dropped at random points, hold no connection: afterwards the store
/// answers as before.
///
/// # Panics
/// Where it does not answer within five seconds.
pub async fn dropped_calls_hold_no_connection(store: Arc<dyn Store>) {
    let session = with(&SESSIONS, row(&SESSIONS, 1), "user", Value::Bytes(key(&USERS, 1)));
    let session = with(&SESSIONS, session, "account", Value::Bytes(key(&ACCOUNTS, 1)));
    let rows = vec![
        insert(&ACCOUNTS, row(&ACCOUNTS, 1)),
        insert(&USERS, row(&USERS, 1)),
        insert(&SESSIONS, session),
    ];
    commit(&*store, rows).await;
    race(8, |racer| {
        let store = Arc::clone(&store);
        async move {
            let chance = SeededEntropy::new(racer as u64 + 100);
            for n in 0..50 {
                let store = &*store;
                let n = 1000 + n * 8 + racer as u64;
                let rule = Rule::Window { limit: 9, window: time::Duration::HOUR };
                let charge = [Charge { key: [3; 32], rule, movement: Movement::Take }];
                let lease = Lease { now: now(), until: later(5), limit: 5 };
                let page = Page::of(&ACCOUNTS, "all", Vec::new(), 10).unwrap();
                let digest = Digest::from_bytes(key(&SESSIONS, 1).try_into().unwrap());
                let due = Value::Int(to_micros(now()));
                let due = with(&OUTBOX, row(&OUTBOX, n), "due_at", due);
                let batch = batch(vec![insert(&OUTBOX, due)]);
                let name = [at(&USERS, &row(&USERS, 1), "username_key").clone()];
                match chance.number() % 8 {
                    0 => drop(dropped(&chance, store.get(&USERS, &key(&USERS, 1))).await),
                    1 => drop(dropped(&chance, store.page(&page)).await),
                    2 => drop(dropped(&chance, store.sessions(&[digest])).await),
                    3 => drop(dropped(&chance, store.commit(&batch)).await),
                    4 => drop(dropped(&chance, store.charge(&charge, now())).await),
                    5 => drop(dropped(&chance, store.lease(&lease)).await),
                    6 => drop(dropped(&chance, store.find(&USERS, &BY_USERNAME, &name)).await),
                    _ => drop(dropped(&chance, store.purge(&SESSIONS, now(), 0)).await),
                }
            }
        }
    })
    .await;
    quick(&store).await;
}

/// That the store answers calls of every kind, more of them at once than it has connections.
pub(super) async fn quick(store: &Arc<dyn Store>) {
    race(32, |racer| {
        let store = Arc::clone(store);
        async move {
            let store = &*store;
            let page = Page::of(&ACCOUNTS, "all", Vec::new(), 10).unwrap();
            let name = [at(&USERS, &row(&USERS, 1), "username_key").clone()];
            let digest = Digest::from_bytes(key(&SESSIONS, 1).try_into().unwrap());
            let n = 999_000 + racer as u64;
            match racer % 8 {
                0 | 1 => drop(soon(get(store, &USERS, 1)).await),
                2 | 3 => drop(found(soon(store.find(&USERS, &BY_USERNAME, &name)).await)),
                4 | 5 => drop(found(soon(store.page(&page)).await)),
                6 => drop(found(soon(store.sessions(&[digest])).await)),
                _ => {
                    soon(commit(store, vec![insert(&CREDENTIALS, row(&CREDENTIALS, n))])).await;
                    soon(commit(store, vec![delete(&CREDENTIALS, n)])).await;
                }
            }
        }
    })
    .await;
}
