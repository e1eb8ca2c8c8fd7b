//! A PostgreSQL server that dies while people log in, and its standby, which takes its place: with
//! nothing lost where commits waited for it, and with what that costs where they did not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/acting.rs"]
mod acting;
#[path = "support/house.rs"]
mod house;
#[path = "standby/pair.rs"]
mod pair;
#[path = "support/server.rs"]
mod server;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use acting::{Person, patient};
use house::{BETTER, GOOD, House, client, kind, password};
use pair::Pair;
use portcullis::store::{
    Batch, CommitError, Store, StoreError,
    postgres::PostgresStore,
    tables::{ACCOUNTS, CREDENTIALS},
};
use servers::{batch, insert, row};

const PATIENCE: Duration = Duration::from_secs(30);

/// Numbers no sample has.
const FIRST: u64 = 1_000_000;

fn is_unavailable(answer: &Result<(), CommitError>) -> bool {
    matches!(answer, Err(CommitError::Failed(StoreError::Unavailable(_))))
}

/// What was acknowledged is on the standby; what was not is there or not, wholly, and is done once
/// when it is sent again. The site goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_has_all_that_was_acknowledged() {
    let mut pair = Pair::start().await;
    pair.synchronous(true).await;
    let store = pair.options().open().await.unwrap();
    let house = House::with_policy(store.clone(), patient());
    house.furnished().await;
    let over = Arc::new(AtomicBool::new(false));
    let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let mut invited = Vec::new();
    for number in 0..4 {
        let name = format!("person{number}");
        house.employee(&name, "salesperson").await;
        invited.push(Person::new(&house.auth, &name));
    }
    let mut people = Vec::new();
    for mut person in invited {
        let (over, counts) = (Arc::clone(&over), Arc::clone(&counts));
        people.push(tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let before = (person.done, person.away);
                person.act().await;
                counts.0.fetch_add(person.done - before.0, Ordering::SeqCst);
                counts.1.fetch_add(person.away - before.1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            person
        }));
    }
    let go_on = async || {
        let enough = counts.0.load(Ordering::SeqCst) + 100;
        server::until("log-ins", PATIENCE, async || counts.0.load(Ordering::SeqCst) > enough).await;
    };
    go_on().await;

    let writers: Vec<_> =
        (0..4).map(|writer| tokio::spawn(write(store.clone(), FIRST + writer * 100_000))).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    pair.kill_primary();
    server::until("an answer that it is away", PATIENCE, async || {
        counts.1.load(Ordering::SeqCst) > 20
    })
    .await;
    pair.promote().await;
    go_on().await;
    over.store(true, Ordering::SeqCst);

    // Another process, which has seen nothing of it.
    let fresh = pair.options().open().await.unwrap();
    let (mut there, mut unknown) = (0, 0);
    for writer in writers {
        let (first, acknowledged, lost) = writer.await.unwrap();
        for n in first..first + acknowledged {
            assert_eq!(stands(&fresh, n).await, [true; 2], "what was acknowledged is lost");
        }
        let [account, credential] = stands(&fresh, first + acknowledged).await;
        assert_eq!(account, credential, "half a batch");
        unknown += usize::from(account);
        for _ in 0..2 {
            let answer = store.commit(&lost).await;
            assert!(answer.is_ok(), "a batch that was sent again: {answer:?}");
        }
        assert_eq!(stands(&fresh, first + acknowledged).await, [true; 2]);
        there += acknowledged;
    }
    let anew = House::with_policy(fresh, patient());
    let mut told = Vec::new();
    for person in people {
        let mut person = person.await.unwrap();
        person.check(&anew.auth).await;
        told.push((person.done, person.away, person.settled));
    }
    println!("{there} batches acknowledged, of 4 unknown {unknown} were done; {told:?}");
}

/// Writes until there is no answer. Gives the first number, how many were acknowledged, and the
/// batch of which nobody knows.
async fn write(store: PostgresStore, first: u64) -> (u64, u64, Batch) {
    for n in first.. {
        let sent = batch(vec![insert(&ACCOUNTS, n), insert(&CREDENTIALS, n)]);
        let answer = store.commit(&sent).await;
        if answer.is_ok() {
            continue;
        }
        assert!(is_unavailable(&answer), "{answer:?}");
        return (first, n - first, sent);
    }
    unreachable!()
}

async fn stands(store: &PostgresStore, n: u64) -> [bool; 2] {
    let (account, credential) = (row(&ACCOUNTS, n), row(&CREDENTIALS, n));
    let account = store.get(&ACCOUNTS, account.key()).await.unwrap().is_some();
    [account, store.get(&CREDENTIALS, credential.key()).await.unwrap().is_some()]
}

/// While the standby is away nothing is acknowledged that only the primary has, however long
/// anybody waits; and whoever sends it again when it is back is told that it is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_the_standby_lacks_is_not_acknowledged() {
    let pair = Pair::start().await;
    pair.synchronous(true).await;
    let store = pair.options().timeout(Duration::from_secs(1)).open().await.unwrap();
    pair.stream.refuse(true);
    pair.stream.cut().await;
    let sent = batch(vec![insert(&ACCOUNTS, FIRST), insert(&CREDENTIALS, FIRST)]);
    for _ in 0..2 {
        let answer = store.commit(&sent).await;
        assert!(is_unavailable(&answer), "{answer:?}");
    }
    pair.stream.refuse(false);
    server::until("the standby to be back", PATIENCE, async || store.commit(&sent).await.is_ok())
        .await;
    assert_eq!(stands(&store, FIRST).await, [true; 2]);
}

/// What clusters.md says of it: authority that was ended comes back, and one call for each account
/// ends it again.
#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_failover_revives_what_was_ended() {
    let mut pair = Pair::start().await;
    let house = House::new(pair.options().open().await.unwrap());
    let admin = house.furnished().await;
    let out = house.login("admin", GOOD).await;
    let link = house.forgot("admin@acme.example").await;
    pair.synchronous(true).await; // The standby has all this
    let other = house.login("admin", GOOD).await;
    pair.synchronous(false).await;
    pair.stream.refuse(true);
    pair.stream.cut().await;
    house.auth.logout(&out.token, &client()).await.unwrap();
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&other.token).await), "unauthenticated");
    pair.kill_primary();
    pair.promote().await;

    for token in [&out.token, &other.token] {
        assert_eq!(kind(house.auth.identify(token).await), "ok", "a session is back");
    }
    let account = admin.account;
    house.operator.because("a failover").secure_account(account).await.unwrap();
    for token in [&out.token, &other.token] {
        assert_eq!(kind(house.auth.identify(token).await), "unauthenticated");
    }
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected");
    assert_eq!(
        kind(house.auth.reset_password(&link, &password(BETTER), &client()).await),
        "rejected"
    );
}
