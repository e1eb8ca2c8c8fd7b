//! What a log-in costs beside its hash.
//!
//! **What is measured.** Processor time (user and system, all threads) of one whole log-in: its
//! four reads, the charges, one verification, the commit with session and audit entry, and the
//! charges given back. On memory, and on a SQLite file with `synchronous=FULL`. Wall time would
//! mostly show how busy the machine is.
//!
//! **Against what.** `bare`: a thread that keeps its work memory and does nothing but Argon2id
//! with the same parameters (19,456 KiB, 2 passes, 1 lane). `one-shot`: the same hash by
//! `hash_password_into` in a blocking task, which takes fresh memory each time; one after the
//! other, and 64 at once, for which it holds 1.2 GiB.
//!
//! **Aims.** log-in / bare ≤ 1.08. bare / one-shot ≤ 0.6; the library's own pool is not public,
//! but a log-in on memory is that pool and everything around it.
//!
//! **How it is run.** `cargo bench --bench login`. `ROUNDS` (24) and `TURN` (8 hashes each) can
//! be set. Every round makes its threads and their work memory anew, because where the system
//! happens to put 19 MiB moves a hash by several percent.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::indexing_slicing)]

#[path = "support/bare.rs"]
mod bare;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/site.rs"]
mod site;

use bare::{Kept, one_shot};
use measure::{Spent, each, median, say_load, setting, spread};
use portcullis::{
    auth::Auth,
    store::{memory::MemoryStore, sqlite::SqliteStore},
};
use site::{Town, auth, hashing, login, no_hashing};

/// Who takes turns.
#[derive(Clone, Copy)]
enum Who {
    Bare,
    OneShot,
    /// Sixty-four of them at once, as when many log in.
    OneShotCrowd,
    Memory,
    Sqlite,
    /// Log-ins whose hash costs next to nothing: everything else, without the noise of a hash.
    MemoryUnhashed,
    SqliteUnhashed,
}

const ALL: [Who; 7] = [
    Who::Bare,
    Who::OneShot,
    Who::OneShotCrowd,
    Who::Memory,
    Who::Sqlite,
    Who::MemoryUnhashed,
    Who::SqliteUnhashed,
];

/// Who log in by turns, since the log-ins of one name are limited.
const PEOPLE: usize = 16;

#[tokio::main(worker_threads = 2)]
async fn main() {
    // A turn runs on a worker, as a request would, and not on the main thread.
    tokio::spawn(run()).await.expect("no panic");
}

async fn run() {
    let (rounds, turn) = (setting("ROUNDS", 24), setting("TURN", 8));
    say_load();
    let folder = tempfile::tempdir().expect("a folder");
    let file = SqliteStore::open(folder.path().join("bench.db")).await.expect("a store");
    let unhashed_file = SqliteStore::open(folder.path().join("un.db")).await.expect("a store");
    let (memory, unhashed_memory) = (MemoryStore::new(), MemoryStore::new());
    // Each store's hash has its own parameters, so that no log-in finds an outdated one.
    Town::found(file.clone(), PEOPLE, hashing(1)).await;
    Town::found(memory.clone(), PEOPLE, hashing(1)).await;
    Town::found(unhashed_file.clone(), PEOPLE, no_hashing()).await;
    Town::found(unhashed_memory.clone(), PEOPLE, no_hashing()).await;

    let mut spent: Vec<Vec<Spent>> = vec![Vec::new(); ALL.len()];
    for round in 0..rounds {
        let kept = Kept::start();
        let on_file = auth(file.clone(), hashing(1));
        let on_memory = auth(memory.clone(), hashing(1));
        let unhashed_on_file = auth(unhashed_file.clone(), no_hashing());
        let unhashed_on_memory = auth(unhashed_memory.clone(), no_hashing());
        // Everybody's memory is faulted in, and everybody's caches are warm.
        kept.verify().await;
        for auth in [&on_file, &on_memory, &unhashed_on_file, &unhashed_on_memory] {
            login(auth, 0).await;
        }
        for place in 0..ALL.len() {
            let number = (round + place) % ALL.len();
            let took = match ALL[number] {
                Who::Bare => each(turn, times(turn, async || kept.verify().await)).await,
                Who::OneShot => each(turn, times(turn, one_shot)).await,
                Who::OneShotCrowd => each(64, crowd(64)).await,
                Who::Memory => log_ins(turn, &on_memory).await,
                Who::Sqlite => log_ins(turn, &on_file).await,
                Who::MemoryUnhashed => log_ins(turn * 8, &unhashed_on_memory).await,
                Who::SqliteUnhashed => log_ins(turn * 8, &unhashed_on_file).await,
            };
            spent[number].push(took);
        }
    }
    report(&spent);
}

async fn times<F: Future<Output = ()>>(times: usize, work: impl Fn() -> F) {
    for _ in 0..times {
        work().await;
    }
}

/// So many one-shot hashes at the same time.
async fn crowd(people: usize) {
    let people: Vec<_> = (0..people).map(|_| tokio::spawn(one_shot())).collect();
    for person in people {
        person.await.expect("no panic");
    }
}

async fn log_ins(times: usize, auth: &Auth) -> Spent {
    let work = async {
        for number in 0..times {
            login(auth, number % PEOPLE).await;
        }
    };
    each(times, work).await
}

fn report(spent: &[Vec<Spent>]) {
    let of = |who: Who| &spent[who as usize]; // ALL is in the order of Who
    let ratio =
        |who: Who, to: Who| spread(of(who).iter().zip(of(to)).map(|(who, to)| who.cpu / to.cpu));
    let cpu = |who: Who| median(of(who).iter().map(|spent| spent.cpu));
    let wall = |who: Who| median(of(who).iter().map(|spent| spent.wall));
    println!("processor time as a ratio: median (quartiles)");
    println!("  log-in on memory / bare      {}   aim <= 1.08", ratio(Who::Memory, Who::Bare));
    println!("  log-in on SQLite / bare      {}   aim <= 1.08", ratio(Who::Sqlite, Who::Bare));
    println!("  bare / one-shot              {}   aim <= 0.6", ratio(Who::Bare, Who::OneShot));
    println!("  bare / one-shot, 64 at once  {}", ratio(Who::Bare, Who::OneShotCrowd));
    println!("  log-in on memory / one-shot  {}", ratio(Who::Memory, Who::OneShot));
    println!("  log-in on SQLite / one-shot  {}", ratio(Who::Sqlite, Who::OneShot));
    println!("  everything but the hash / bare, from log-ins whose hash is tiny");
    println!("    on memory                  {}", ratio(Who::MemoryUnhashed, Who::Bare));
    println!("    on SQLite                  {}", ratio(Who::SqliteUnhashed, Who::Bare));
    println!("microseconds, processor and wall, for orientation");
    for (name, who) in [
        ("bare", Who::Bare),
        ("one-shot", Who::OneShot),
        ("one-shot, 64 at once", Who::OneShotCrowd),
        ("log-in on memory", Who::Memory),
        ("log-in on SQLite", Who::Sqlite),
        ("  without hash, memory", Who::MemoryUnhashed),
        ("  without hash, SQLite", Who::SqliteUnhashed),
    ] {
        println!("  {name:<24} {:>8.0} {:>8.0}", cpu(who), wall(who));
    }
}
