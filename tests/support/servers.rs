//! What every store on a server must survive, whichever server it is.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{sync::Arc, time::Duration};

use portcullis::{
    entropy::SystemEntropy,
    id::BatchId,
    store::{
        Batch, Change, Charge, CommitError, Expect, Kind, Lease, Movement, Row, Rule, Store,
        StoreError, Table, Value,
        tables::{ACCOUNTS, BUDGETS, CREDENTIALS, OUTBOX, SESSIONS, SETTINGS, USERS},
    },
};
use time::OffsetDateTime;

use crate::wire::Wire;

pub fn row(table: &Table, n: u64) -> Row {
    let key = |n: u64| {
        let mut key = vec![0; if table.columns[0].name == "digest" { 32 } else { 16 }];
        key[..8].copy_from_slice(&n.to_be_bytes());
        key
    };
    let unique = |name| table.uniques.iter().any(|unique| unique.columns.contains(&name));
    let value = |(position, column): (usize, &portcullis::store::Column)| {
        // Twenty rows share what is not unique: a company has as many people.
        let n = if position == 0 || unique(column.name) { n } else { n - n % 20 };
        match column.kind {
            Kind::Bytes => Value::Bytes(key(n)),
            Kind::Int => Value::Int(i64::try_from(n).unwrap()),
            Kind::Text => Value::Text(format!("canary {n}")),
        }
    };
    Row::new(table.columns.iter().enumerate().map(value).collect())
}

pub fn batch(changes: Vec<Change>) -> Batch {
    let now = OffsetDateTime::UNIX_EPOCH;
    Batch::new(BatchId::draw(now, &SystemEntropy).unwrap(), now, changes)
}

pub fn insert(table: &'static Table, n: u64) -> Change {
    Change::Insert { table, row: row(table, n) }
}

/// Fills every table, so that a planner has something to go by.
pub async fn fill(store: &dyn Store, rows: u64) {
    for table in Table::ALL {
        for from in (0..rows).step_by(250) {
            let changes = (from..from + 250).map(|n| insert(table, n)).collect();
            store.commit(&batch(changes)).await.unwrap();
        }
    }
}

async fn there(store: &dyn Store, n: u64) -> bool {
    let key = row(&ACCOUNTS, n);
    store.get(&ACCOUNTS, key.key()).await.unwrap().is_some()
}

/// A read after every connection was lost is answered; so is a write, since nothing had begun.
pub async fn lost_connections_are_replaced(store: Arc<dyn Store>, wire: &Wire) {
    for round in 0..5 {
        // Several connections, all idle.
        let reads = (0..6).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { there(&*store, n).await })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.unwrap();
        }
        wire.cut().await;
        if round % 2 == 0 {
            there(&*store, 1).await;
        } else {
            store.commit(&batch(vec![insert(&ACCOUNTS, 100 + round)])).await.unwrap();
        }
    }
}

/// While the server is away every call says so, and soon; when it is back, calls are answered.
pub async fn an_absent_server_is_unavailable(store: Arc<dyn Store>, wire: &Wire) {
    there(&*store, 1).await;
    wire.refuse(true);
    wire.cut().await;
    for _ in 0..3 {
        let key = row(&ACCOUNTS, 1);
        let read = store.get(&ACCOUNTS, key.key()).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        let write = store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await;
        assert!(matches!(write, Err(CommitError::Failed(StoreError::Unavailable(_)))), "{write:?}");
    }
    wire.refuse(false);
    assert!(!there(&*store, 1).await, "a write that was refused before it began happened");
    store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
}

/// A commit whose answer is lost is `Unavailable`, never a conflict; it is wholly in or wholly
/// out, and sent again it is in, once.
pub async fn a_lost_answer_is_settled_by_the_batch(store: Arc<dyn Store>, wire: &Wire) {
    let (mut kept, mut lost) = (0, 0);
    for round in 0..40_u64 {
        let changes = vec![insert(&ACCOUNTS, 1000 + round), insert(&CREDENTIALS, 1000 + round)];
        let sent = batch(changes);
        let cutting = wire.clone();
        let cutter = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_micros(round * 150)).await;
            cutting.deafen(true);
            tokio::time::sleep(Duration::from_millis(10)).await;
            cutting.deafen(false);
        });
        match store.commit(&sent).await {
            Ok(()) => kept += 1,
            Err(CommitError::Failed(StoreError::Unavailable(_))) => lost += 1,
            other => panic!("a commit nothing stands against: {other:?}"),
        }
        cutter.await.unwrap();
        let account = there(&*store, 1000 + round).await;
        let key = row(&CREDENTIALS, 1000 + round);
        let credential = store.get(&CREDENTIALS, key.key()).await.unwrap().is_some();
        assert_eq!(account, credential, "half a batch");
        store.commit(&sent).await.unwrap();
        assert!(there(&*store, 1000 + round).await);
    }
    assert!(lost > 0, "no answer was lost ({kept} were not)");
}

/// Whatever a store says of a failure quotes no row.
pub fn says_nothing(error: &dyn std::error::Error) {
    let mut said = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        said += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!said.contains("canary"), "{said}");
}

/// Batches that are sent again, and some that conflict with what stands, so many at once that each
/// of a few connections has some: where the database refuses a row, and where it finds none.
pub async fn what_is_not_done_is_undone(store: &(impl Store + Clone)) {
    let standing = batch(vec![insert(&ACCOUNTS, 900), insert(&USERS, 900)]);
    store.commit(&standing).await.unwrap();
    let absent = Change::Delete { table: &USERS, key: vec![0; 16], expect: Expect::Present };
    let mut writing = Vec::new();
    for n in 901..933 {
        let (store, standing, absent) = (store.clone(), standing.clone(), absent.clone());
        writing.push(tokio::spawn(async move {
            store.commit(&standing).await.unwrap();
            for last in [insert(&USERS, 900), absent] {
                let answer = store.commit(&batch(vec![insert(&ACCOUNTS, n), last])).await;
                assert!(matches!(answer, Err(CommitError::Conflict)), "{answer:?}");
            }
        }));
    }
    for written in writing {
        written.await.unwrap();
    }
    for n in 901..933 {
        assert!(!there(store, n).await, "half a batch");
    }
}

/// What a database undoes because it chose another transaction is tried again, and done once: a
/// commit, a charge, a lease and a purge. `undo` has the first three writes of a table undone, or
/// of none, and says how many there were since it was called before.
pub async fn what_is_undone_is_done_once(
    store: &dyn Store,
    mut undo: impl AsyncFnMut(Option<&'static Table>) -> i64,
) {
    let now = OffsetDateTime::UNIX_EPOCH;
    let due = insert(&OUTBOX, 1);
    store.commit(&batch(vec![due, insert(&SESSIONS, 1), insert(&USERS, 1)])).await.unwrap();

    undo(Some(&CREDENTIALS)).await;
    let user = row(&USERS, 1);
    let (version, at) = (user.value(USERS.version().unwrap()).clone(), USERS.version().unwrap());
    let Value::Int(version) = version else { panic!("a version is a number") };
    let mut raised = user.clone();
    raised.set(at, Value::Int(version + 1));
    let replace = Change::Replace { table: &USERS, row: raised, version };
    let sent = batch(vec![insert(&ACCOUNTS, 1), insert(&CREDENTIALS, 1), replace]);
    store.commit(&sent).await.unwrap();
    assert!(undo(Some(&BUDGETS)).await > 3, "nothing was undone");
    assert!(there(store, 1).await);
    let found = store.get(&USERS, user.key()).await.unwrap().unwrap();
    assert_eq!(found.value(at), &Value::Int(version + 1));

    let rule = Rule::Tally { forget: time::Duration::DAY };
    let charge = Charge { key: [7; 32], rule, movement: Movement::Take };
    assert_eq!(store.charge(&[charge], now).await.unwrap()[0].count, 1, "charged once");
    assert!(undo(Some(&OUTBOX)).await > 3, "nothing was undone");
    assert_eq!(store.charge(&[charge], now).await.unwrap()[0].count, 2);

    let until = now + time::Duration::HOUR;
    let lease = Lease { now: now + time::Duration::SECOND, until, limit: 5 };
    assert_eq!(store.lease(&lease).await.unwrap().len(), 1, "leased once");
    assert!(undo(Some(&SESSIONS)).await > 3, "nothing was undone");
    assert_eq!(store.lease(&lease).await.unwrap().len(), 0);

    assert_eq!(store.purge(&SESSIONS, until, 5).await.unwrap(), 1, "purged once");
    assert!(undo(None).await > 3, "nothing was undone");
    assert_eq!(store.purge(&SESSIONS, until, 5).await.unwrap(), 0);
}

/// Two transactions wait for each other, and the database ends the store's: it is tried again once
/// the other is done. `say` has the other one's statements run; `until_it_waits` is one that ends
/// when another transaction waits for the one it is said in.
pub async fn who_loses_a_deadlock_tries_again<S: Store>(
    store: Arc<S>,
    until_it_waits: &str,
    mut say: impl AsyncFnMut(&str),
) {
    // MySQL ends the one that has written less.
    let rows = (0..60).map(|n| insert(&SETTINGS, n)).chain([insert(&ACCOUNTS, 1)]);
    store.commit(&batch(rows.chain([insert(&CREDENTIALS, 1)]).collect())).await.unwrap();
    say("BEGIN").await;
    say("UPDATE portcullis_settings SET version = version + 1").await;
    say("UPDATE portcullis_credentials SET version = version + 1").await;
    let raise = |table: &'static Table, column| Change::Raise {
        table,
        key: row(table, 1).key().to_vec(),
        column,
        to: 99,
    };
    let sent = vec![raise(&ACCOUNTS, "created_at"), raise(&CREDENTIALS, "changed_at")];
    let writing = {
        let (store, sent) = (Arc::clone(&store), batch(sent));
        tokio::spawn(async move { store.commit(&sent).await })
    };
    // It has the account and waits for the credential.
    tokio::time::timeout(Duration::from_secs(10), say(until_it_waits)).await.unwrap();
    assert!(!writing.is_finished());
    // Fails the test where it is this one that is ended.
    say("UPDATE portcullis_accounts SET version = version + 1").await;
    assert!(!writing.is_finished(), "the other one has not ended yet");
    say("COMMIT").await;
    writing.await.unwrap().unwrap();
    for (table, column) in [(&ACCOUNTS, "created_at"), (&CREDENTIALS, "changed_at")] {
        let found = store.get(table, row(table, 1).key()).await.unwrap().unwrap();
        assert_eq!(found.value(table.position(column).unwrap()), &Value::Int(99));
    }
}
