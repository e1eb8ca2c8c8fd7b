//! People who act, one thing after the other, while something happens to their database.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{acting::Person, server};

/// How long they may take for what they do on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long each rests after an act.
const REST: Duration = Duration::from_millis(10);

pub struct People {
    acting: Vec<JoinHandle<Person>>,
    over: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    done: AtomicUsize,
    away: AtomicUsize,
}

impl People {
    /// Has each of them act until they are [ended](Self::end).
    pub fn act(people: Vec<Person>) -> Self {
        let (over, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let acting = people.into_iter().map(|mut person| {
            let (over, counts) = (Arc::clone(&over), Arc::clone(&counts));
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    let before = (person.done, person.away);
                    person.act().await;
                    counts.done.fetch_add(person.done - before.0, Ordering::SeqCst);
                    counts.away.fetch_add(person.away - before.1, Ordering::SeqCst);
                    tokio::time::sleep(REST).await;
                }
                person
            })
        });
        Self { acting: acting.collect(), over, counts }
    }

    /// Waits until so many more of their acts were acknowledged.
    pub async fn go_on(&self, acts: usize) {
        let done = || self.counts.done.load(Ordering::SeqCst);
        let enough = done() + acts;
        server::until("acts", PATIENCE, async || done() > enough).await;
    }

    /// Waits until so many acts in all were answered that the database is away.
    pub async fn are_told(&self, acts: usize) {
        let away = || self.counts.away.load(Ordering::SeqCst);
        server::until("an answer that it is away", PATIENCE, async || away() > acts).await;
    }

    /// Has them come to the end of what they are doing.
    pub async fn end(self) -> Vec<Person> {
        self.over.store(true, Ordering::SeqCst);
        let mut people = Vec::new();
        for acting in self.acting {
            people.push(acting.await.unwrap());
        }
        people
    }
}
