//! `kill -9` at any moment of mixed requests, then a restart on the same file: every change that
//! was acknowledged is there, and one whose answer was lost was done wholly or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod acts;
mod chance;
mod check;
mod people;
mod person;
#[path = "../support/mod.rs"]
mod support;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use chance::Chance;
use person::Person;
use support::{Crm, program::free_port};

/// How many requests are mixed before it is enough.
const REQUESTS: usize = 500;

/// A machine that needs longer than this for them has something wrong.
const LONGEST: Duration = Duration::from_secs(900);

/// How many people do things at once.
const AT_ONCE: usize = 6;

#[test]
fn what_was_acknowledged_outlasts_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut people = people::invite(folder.path(), port);
    let mut chance = Chance::new();
    let begun = Instant::now();
    let (mut rounds, mut requests) = (0, 0);
    while requests < REQUESTS && begun.elapsed() < LONGEST {
        let crm = Crm::start(folder.path(), port);
        // Early moments catch the first requests half-way, late ones a program with much done.
        let moment = Duration::from_millis(20 + chance.below(1_500));
        requests += disturb(crm, &mut people, moment, &mut chance);

        let crm = Crm::start(folder.path(), port);
        thread::scope(|scope| {
            for some in people.chunks_mut(people::NUMBER.div_ceil(AT_ONCE)) {
                scope.spawn(|| some.iter_mut().for_each(Person::check));
            }
        });
        drop(crm);
        rounds += 1;
    }
    people::whole(&folder.path().join("crm.db"));
    println!("{requests} requests in {rounds} rounds, {:?}", begun.elapsed());
    assert!(requests >= REQUESTS, "too little was tried: {requests} in {rounds} rounds");
}

/// Lets people do things until the program is killed. How many requests they made.
fn disturb(crm: Crm, people: &mut [Person], moment: Duration, chance: &mut Chance) -> usize {
    let share = people.len().div_ceil(AT_ONCE);
    let killed = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut busy = Vec::new();
        for some in people.chunks_mut(share) {
            let (mut chance, killed) = (chance.another(), &killed);
            busy.push(scope.spawn(move || {
                let mut made = 0;
                loop {
                    let person = &mut some
                        [usize::try_from(chance.below(share as u64)).unwrap() % some.len()];
                    let Some(requests) = person.act(&mut chance, killed) else { return made };
                    made += requests;
                }
            }));
        }
        thread::sleep(moment);
        // Before the kill, since whoever it cuts off looks at once. Who was cut off sooner fails.
        killed.store(true, Ordering::SeqCst);
        crm.kill();
        busy.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}
