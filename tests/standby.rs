//! A PostgreSQL server that dies while people log in, and its standby, which takes its place: with
//! nothing lost where commits waited for it, and with what that costs where they did not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/acting.rs"]
mod acting;
#[path = "support/house.rs"]
mod house;
#[path = "standby/pair.rs"]
mod pair;
#[path = "support/people.rs"]
mod people;
#[path = "support/server.rs"]
mod server;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;
#[path = "support/writers.rs"]
mod writers;

use std::{sync::Arc, time::Duration};

use acting::{Person, patient};
use futures_util::future::{join, join_all};
use house::{BETTER, GOOD, House, client, kind, password};
use pair::Pair;
use people::People;
use portcullis::store::{Store, tables::ACCOUNTS};
use servers::{batch, insert, row};
use writers::{FIRST, Writers, is_unavailable, of_two, stands};

const PATIENCE: Duration = Duration::from_secs(30);

/// What was acknowledged is on the standby; what was not is there or not, wholly, and is done once
/// when it is sent again. The site goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_has_all_that_was_acknowledged() {
    let mut pair = Pair::start().await;
    pair.synchronous(true).await;
    let store = pair.options().open().await.unwrap();
    let house = House::with_policy(store.clone(), patient());
    house.furnished().await;
    let mut people = Vec::new();
    for number in 0..4 {
        let name = format!("person{number}");
        house.employee(&name, "salesperson").await;
        people.push(Person::new(&house.auth, &name));
    }
    let people = People::act(people);
    people.go_on(100).await;
    let store: Arc<dyn Store> = Arc::new(store);
    let writers = Writers::begin(&store, 4);
    writers.are_acknowledged().await;
    pair.kill_primary();
    people.are_told(20).await;
    pair.promote().await;
    people.go_on(100).await;
    let people = people.end().await;

    // Another process, which has seen nothing of it, and the one that has seen all of it.
    let fresh: Arc<dyn Store> = Arc::new(pair.options().open().await.unwrap());
    let (mut there, mut unknown) = (0, 0);
    let both = [Arc::clone(&fresh), store];
    for written in writers.end().await {
        unknown += usize::from(written.check(&both).await);
        there += written.acknowledged;
    }
    assert!(there > 0, "nothing was acknowledged");
    let anew = House::with_policy(fresh, patient());
    let mut told = Vec::new();
    for mut person in people {
        person.check(&anew.auth).await;
        told.push((person.done, person.away, person.settled));
    }
    println!("{there} batches acknowledged, of 4 unknown {unknown} were done; {told:?}");
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
    let sent = of_two(FIRST);
    for _ in 0..2 {
        let answer = store.commit(&sent).await;
        assert!(is_unavailable(&answer), "{answer:?}");
    }
    pair.stream.refuse(false);
    server::until("the standby to be back", PATIENCE, async || store.commit(&sent).await.is_ok())
        .await;
    assert_eq!(stands(&store, FIRST).await, [true; 2]);
}

/// Where somebody ends the wait for the standby, the primary alone has the batch. Whoever sends it
/// again is told that it is done once the standby has it too.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_the_primary_alone_has_is_not_acknowledged_when_sent_again() {
    let pair = Pair::start().await;
    pair.synchronous(true).await;
    let store = pair.options().timeout(Duration::from_secs(2)).open().await.unwrap();
    pair.stream.refuse(true);
    pair.stream.cut().await;
    let sent = of_two(FIRST);
    let (first, ()) = join(store.commit(&sent), pair.end_a_wait()).await;
    assert!(is_unavailable(&first), "{first:?}");
    assert_eq!(stands(&store, FIRST).await, [true; 2]);
    let again = store.commit(&sent).await;
    assert!(is_unavailable(&again), "{again:?}");
    pair.stream.refuse(false);
    server::until("the standby to be back", PATIENCE, async || store.commit(&sent).await.is_ok())
        .await;
}

/// A primary that lives on and only reads: the first write that meets it gives up every connection
/// that leads there, not only its own.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_demoted_primary_are_given_up() {
    let pair = Pair::start().await;
    let store = pair.options().open().await.unwrap();
    let sent = (0..9).map(|n| batch(vec![insert(&ACCOUNTS, FIRST + n)])).collect::<Vec<_>>();
    let key = row(&ACCOUNTS, FIRST).key().to_vec();
    let reads = (0..64).map(|_| store.get(&ACCOUNTS, &key));
    assert!(join_all(reads).await.iter().all(|read| matches!(read, Ok(None))));
    // The standby has the tables: a commit that waits for it comes after them.
    pair.synchronous(true).await;
    store.commit(&of_two(FIRST + 50)).await.unwrap();
    pair.synchronous(false).await;
    pair.demote_primary().await;
    pair.promote().await;

    server::until("a refusal", PATIENCE, async || store.commit(&sent[0]).await.is_err()).await;
    let written = join_all(sent.iter().map(|batch| store.commit(batch))).await;
    assert!(written.iter().all(Result::is_ok), "{written:?}");
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
