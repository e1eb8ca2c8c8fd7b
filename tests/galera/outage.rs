//! A node that is killed with -9 while people log in on all of them, and comes back.

use std::sync::Arc;

use futures_util::future::join_all;
use portcullis::store::{Store, Table};
use sqlx::{AssertSqlSafe, Row as _};

use crate::{
    acting::{Person, patient},
    cluster::{Cluster, NODES},
    forgiving::Forgiving,
    house::House,
    people::People,
    turns::Turns,
    writers::Writers,
};

/// The one that is killed.
const KILLED: usize = 2;

/// Two people of each node, who have not acted yet.
pub(crate) async fn invited(nodes: &[Arc<dyn Store>]) -> Vec<Vec<Person>> {
    let houses: Vec<_> =
        nodes.iter().map(|store| House::with_policy(Arc::clone(store), patient())).collect();
    houses[0].furnished().await;
    let mut people = Vec::new();
    for (node, house) in houses.iter().enumerate() {
        let names = [format!("person{node}"), format!("another{node}")];
        for name in &names {
            houses[0].employee(name, "salesperson").await;
        }
        people.push(names.iter().map(|name| Person::new(&house.auth, name)).collect());
    }
    people
}

/// What was acknowledged on any node is on all of them in the end; what was not is there or not,
/// wholly, and is done once when it is sent again. The others go on meanwhile, and so does the one
/// that was killed when it is back.
pub(crate) async fn what_was_acknowledged_outlasts_a_node(
    cluster: &mut Cluster,
    nodes: &[Arc<dyn Store>],
    people: Vec<Vec<Person>>,
    forgiving: &Forgiving,
) {
    let people: Vec<_> = people.into_iter().map(People::act).collect();
    let go_on = async |on: &[usize]| {
        join_all(on.iter().map(|node| people[*node].go_on(20))).await;
    };
    go_on(&[0, 1, 2]).await;
    let writers = Writers::begin(&nodes[KILLED], 2);
    writers.are_acknowledged().await;
    cluster.kill(KILLED);
    go_on(&[0, 1]).await;
    people[KILLED].are_told(5).await;
    cluster.rejoin(KILLED).await;
    go_on(&[0, 1, 2]).await;
    let people = join_all(people.into_iter().map(People::end)).await.into_iter().flatten();

    // Other processes, which have seen nothing of it.
    let fresh = Turns::opened(cluster, forgiving).await.insisting().alone();
    let (mut there, mut unknown) = (0, 0);
    for written in writers.end().await {
        unknown += usize::from(written.check(&fresh).await);
        there += written.acknowledged;
    }
    assert!(there > 0, "nothing was acknowledged");
    let anew: Vec<_> =
        fresh.iter().map(|store| House::with_policy(Arc::clone(store), patient())).collect();
    let mut told = Vec::new();
    for mut person in people {
        for house in &anew {
            person.check(&house.auth).await;
        }
        told.push((person.done, person.away, person.settled));
    }
    println!("{there} batches acknowledged, of 2 unknown {unknown} were done; {told:?}");
    all_nodes_agree(cluster, forgiving).await;
}

/// The nodes hold the same rows.
async fn all_nodes_agree(cluster: &Cluster, forgiving: &Forgiving) {
    let mut sums = Vec::new();
    for node in 0..NODES {
        sums.push(forgiving.asked(async || checksums(cluster, node).await).await);
    }
    // A table that cannot be read has none.
    assert!(sums.iter().flatten().all(|(_, sum)| sum.is_some()), "{sums:?}");
    assert!(sums.iter().all(|of_node| *of_node == sums[0]), "{sums:?}");
}

/// Of each table on a node, once it has what the others acknowledged.
async fn checksums(cluster: &Cluster, node: usize) -> sqlx::Result<Vec<(&str, Option<i64>)>> {
    let mut connection = cluster.connect(node).await;
    let wait = "SET SESSION wsrep_sync_wait = 1; SELECT 1";
    sqlx::raw_sql(wait).execute(&mut connection).await?;
    let mut sums = Vec::new();
    for table in Table::ALL {
        let sum = format!("CHECKSUM TABLE portcullis.portcullis_{} EXTENDED", table.name);
        let row = sqlx::query(AssertSqlSafe(sum)).fetch_one(&mut connection).await?;
        sums.push((table.name, row.get::<Option<i64>, _>(1)));
    }
    Ok(sums)
}
