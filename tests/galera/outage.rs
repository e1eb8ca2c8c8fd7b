//! A node that is killed with -9 while people log in on all of them, and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use portcullis::store::{
    Batch, CommitError, Store, StoreError, Table,
    tables::{ACCOUNTS, CREDENTIALS},
};
use sqlx::{AssertSqlSafe, Row as _};

use crate::{
    acting::{Person, patient},
    cluster::{Cluster, NODES},
    house::House,
    server,
    servers::{batch, insert, row},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// The one that is killed.
const KILLED: usize = 2;

/// Numbers no sample has.
const FIRST: u64 = 1_000_000;

/// What was acknowledged on any node is on all of them in the end; what was not is there or not,
/// wholly, and is done once when it is sent again. The others go on meanwhile, and so does the one
/// that was killed when it is back.
pub(crate) async fn what_was_acknowledged_outlasts_a_node(
    cluster: &mut Cluster,
    nodes: &[Arc<dyn Store>],
) {
    let over = Arc::new(AtomicBool::new(false));
    let mut people = Vec::new();
    let mut done = Vec::new();
    let mut houses = Vec::new();
    for (number, store) in nodes.iter().enumerate() {
        let house = House::with_policy(Arc::clone(store), patient());
        if number == 0 {
            house.furnished().await;
        }
        houses.push(house);
    }
    // Before anybody acts, since acts cause letters too.
    let mut invited = Vec::new();
    for house in &houses {
        for _ in 0..2 {
            let name = format!("person{}", invited.len());
            houses[0].employee(&name, "salesperson").await;
            invited.push(Person::new(&house.auth, &name));
        }
    }
    let mut invited = invited.into_iter();
    for _ in 0..NODES {
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        for mut person in invited.by_ref().take(2) {
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
        done.push(counts);
    }
    let go_on = async |on: &[usize]| {
        let count = |node: &usize| done[*node].0.load(Ordering::SeqCst);
        let enough: Vec<_> = on.iter().map(|node| count(node) + 20).collect();
        server::until("log-ins", PATIENCE, async || {
            on.iter().zip(&enough).all(|(node, enough)| count(node) > *enough)
        })
        .await;
    };
    go_on(&[0, 1, 2]).await;

    let writers: Vec<_> = (0..2)
        .map(|writer| {
            let first = FIRST + writer * 100_000;
            tokio::spawn(write(Arc::clone(&nodes[KILLED]), first))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    cluster.kill(KILLED);
    go_on(&[0, 1]).await;
    server::until("an answer that it is away", PATIENCE, async || {
        done[KILLED].1.load(Ordering::SeqCst) > 5
    })
    .await;
    cluster.rejoin(KILLED).await;
    go_on(&[0, 1, 2]).await;
    over.store(true, Ordering::SeqCst);

    // Other processes, which have seen nothing of it.
    let mut fresh: Vec<Arc<dyn Store>> = Vec::new();
    for node in 0..NODES {
        fresh.push(Arc::new(cluster.options(node).open().await.unwrap()));
    }
    let (mut there, mut unknown) = (0, 0);
    for writer in writers {
        let (first, acknowledged, lost) = writer.await.unwrap();
        for n in first..first + acknowledged {
            let store = &fresh[usize::try_from(n).unwrap() % NODES];
            assert_eq!(stands(store, n).await, [true; 2], "what was acknowledged is lost");
        }
        let last = first + acknowledged;
        let [account, credential] = stands(&fresh[0], last).await;
        assert_eq!(account, credential, "half a batch");
        unknown += usize::from(account);
        for store in &fresh {
            let answer = store.commit(&lost).await;
            assert!(answer.is_ok(), "a batch that was sent again: {answer:?}");
        }
        assert_eq!(stands(&fresh[1], last).await, [true; 2]);
        there += acknowledged;
    }
    let anew: Vec<_> =
        fresh.iter().map(|store| House::with_policy(Arc::clone(store), patient())).collect();
    let mut told = Vec::new();
    for person in people {
        let mut person = person.await.unwrap();
        for house in &anew {
            person.check(&house.auth).await;
        }
        told.push((person.done, person.away, person.settled));
    }
    println!("{there} batches acknowledged, of 2 unknown {unknown} were done; {told:?}");
    all_nodes_agree(cluster).await;
}

/// Writes until there is no answer. Gives the first number, how many were acknowledged, and the
/// batch of which nobody knows.
async fn write(store: Arc<dyn Store>, first: u64) -> (u64, u64, Batch) {
    for n in first.. {
        let sent = batch(vec![insert(&ACCOUNTS, n), insert(&CREDENTIALS, n)]);
        let answer = store.commit(&sent).await;
        if answer.is_ok() {
            continue;
        }
        let unavailable = matches!(answer, Err(CommitError::Failed(StoreError::Unavailable(_))));
        assert!(unavailable, "{answer:?}");
        return (first, n - first, sent);
    }
    unreachable!()
}

async fn stands(store: &Arc<dyn Store>, n: u64) -> [bool; 2] {
    let (account, credential) = (row(&ACCOUNTS, n), row(&CREDENTIALS, n));
    let account = store.get(&ACCOUNTS, account.key()).await.unwrap().is_some();
    [account, store.get(&CREDENTIALS, credential.key()).await.unwrap().is_some()]
}

/// The nodes hold the same rows.
async fn all_nodes_agree(cluster: &Cluster) {
    let mut sums = Vec::new();
    for node in 0..NODES {
        let mut connection = cluster.connect(node).await;
        let wait = "SET SESSION wsrep_sync_wait = 1; SELECT 1";
        sqlx::raw_sql(wait).execute(&mut connection).await.unwrap();
        let mut of_node = Vec::new();
        for table in Table::ALL {
            let sum = format!("CHECKSUM TABLE portcullis.portcullis_{} EXTENDED", table.name);
            let row = sqlx::query(AssertSqlSafe(sum)).fetch_one(&mut connection).await.unwrap();
            of_node.push((table.name, row.get::<Option<i64>, _>(1)));
        }
        sums.push(of_node);
    }
    assert!(sums.iter().all(|of_node| *of_node == sums[0]), "{sums:?}");
}
