//! What it costs that reads wait for what other nodes of a Galera cluster have acknowledged.
//!
//! **What is measured.** `auth.identify` on a node of three, one at a time and 16 at once: while
//! nobody writes, and while somebody on another node writes sessions one after the other.
//!
//! **Against what.** The same on the same node by a store that was told not to wait
//! (`danger_stale_reads`). The two take turns.
//!
//! **Aims.** None: it is the price of a session that ended being ended everywhere.
//!
//! **How it is run.** `cargo bench --bench galera --features mysql` starts three nodes of its own
//! on this machine, where all of them share its processors; `-- mysql://… mysql://…` takes two
//! nodes of a cluster that stands, in a database for this alone: the first is asked, the second is
//! written to. `ROUNDS` (81) and `TURN` (48 checks) can be set.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, clippy::panic)]
#![allow(clippy::indexing_slicing)]

#[path = "../tests/galera/cluster.rs"]
mod cluster;
#[path = "support/measure.rs"]
mod measure;
#[path = "../tests/support/server.rs"]
mod server;
#[path = "support/site.rs"]
mod site;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use cluster::Cluster;
use measure::{Spent, each, median, say_load, setting, spread};
use portcullis::{
    auth::{Auth, SessionToken},
    store::mysql::MySqlOptions,
};
use site::{Town, auth, no_hashing};

#[tokio::main(worker_threads = 2)]
async fn main() {
    tokio::spawn(run()).await.expect("no panic");
}

/// The options of the node that is asked and of one that is written to.
async fn nodes() -> (Option<Cluster>, [MySqlOptions; 2]) {
    let urls: Vec<_> = std::env::args().filter(|arg| arg.starts_with("mysql://")).collect();
    if let [asked, written, ..] = urls.as_slice() {
        return (None, [asked, written].map(|url| MySqlOptions::new(url).expect("a URL")));
    }
    let cluster = Cluster::start().await;
    let options = [1, 0].map(|node| cluster.options(node));
    (Some(cluster), options)
}

async fn run() {
    let (rounds, turn) = (setting("ROUNDS", 81), setting("TURN", 48));
    say_load();
    let (cluster, [asked, written]) = nodes().await;
    let writer = written.open().await.expect("a store");
    let town = Town::found(writer.clone(), 50, no_hashing()).await;
    let writes = auth(writer, no_hashing());
    let tokens = Arc::new(town.sessions(&writes, 1_000).await);
    let waits = auth(asked.clone().open().await.expect("a store"), no_hashing());
    let stale = asked.danger_stale_reads().open().await.expect("a store");
    let stale = auth(stale, no_hashing());
    for auth in [&waits, &stale] {
        turns(auth, &tokens, turn, 16).await; // connections, statements, and what is behind
    }
    for busy in [false, true] {
        let over = Arc::new(AtomicBool::new(false));
        let written = Arc::new(AtomicUsize::new(0));
        let writing = busy
            .then(|| tokio::spawn(write(writes.clone(), Arc::clone(&over), Arc::clone(&written))));
        for at_once in [1, 16] {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for round in 0..rounds {
                // Neither is always the one that comes after the other.
                if round % 2 == 0 {
                    first.push(turns(&waits, &tokens, turn, at_once).await);
                    second.push(turns(&stale, &tokens, turn, at_once).await);
                } else {
                    second.push(turns(&stale, &tokens, turn, at_once).await);
                    first.push(turns(&waits, &tokens, turn, at_once).await);
                }
            }
            let ratios = first.iter().zip(&second).map(|(waits, stale)| waits.wall / stale.wall);
            let wall = |spent: &[Spent]| median(spent.iter().map(|spent| spent.wall));
            println!(
                "{}, {at_once} at once: waiting / not waiting {} ({:.0} µs / {:.0} µs)",
                if busy { "another node written to" } else { "nobody writes" },
                spread(ratios),
                wall(&first),
                wall(&second),
            );
        }
        over.store(true, Ordering::SeqCst);
        if let Some(writing) = writing {
            writing.await.expect("no panic");
            println!("written meanwhile: {} log-ins", written.load(Ordering::SeqCst));
        }
    }
    drop(cluster);
}

/// Logs in and out again, on the other node.
async fn write(auth: Auth, over: Arc<AtomicBool>, written: Arc<AtomicUsize>) {
    while !over.load(Ordering::SeqCst) {
        let person = written.fetch_add(1, Ordering::SeqCst) % 50;
        let signed_in = site::login(&auth, person).await;
        auth.logout(&signed_in.token, &site::client(person)).await.expect("an answer");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// So many checks, one after the other or several at once.
async fn turns(auth: &Auth, tokens: &Arc<Vec<SessionToken>>, turn: usize, at_once: usize) -> Spent {
    let next = Arc::new(AtomicUsize::new(0));
    let work = async {
        let checkers: Vec<_> = (0..at_once)
            .map(|_| {
                let (auth, next, tokens) = (auth.clone(), Arc::clone(&next), Arc::clone(tokens));
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= turn {
                            break;
                        }
                        let token = &tokens[number.wrapping_mul(7_919) % tokens.len()];
                        auth.identify(token).await.expect("a session");
                    }
                })
            })
            .collect();
        for checker in checkers {
            checker.await.expect("no panic");
        }
    };
    each(turn, work).await
}
