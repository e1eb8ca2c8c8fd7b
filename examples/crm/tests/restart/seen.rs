//! What was asked, and what came of it.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    LONGEST,
    support::{Client, client::Answer},
};

/// What a page says while the database is away.
const SORRY: [&str; 2] =
    ["<h1>One moment</h1>", "Something did not answer just now. Try again in a moment."];

#[derive(Default)]
pub(crate) struct Seen {
    /// Requests that were sent, whatever came of them.
    pub(crate) asked: AtomicUsize,
    pub(crate) done: AtomicUsize,
    /// Told that the database is away.
    pub(crate) away: AtomicUsize,
    /// Told that there is too much to do, which has nothing to do with the database.
    pub(crate) busy: AtomicUsize,
    /// Companies of leads that were added.
    pub(crate) added: Mutex<Vec<String>>,
    /// Clients that were logged out, each with the cookie it had.
    pub(crate) out: Mutex<Vec<Client>>,
    pub(crate) slowest: Mutex<Duration>,
}

impl Seen {
    /// Counts a request that is sent now.
    pub(crate) fn ask(&self) -> Instant {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Instant::now()
    }

    /// One answer of a call. Where it is not what it should be, it says so as the API does.
    pub(crate) fn note_call(
        &self,
        what: &str,
        wanted: u16,
        answer: &Answer,
        begun: Instant,
    ) -> bool {
        if answer.status != 503 {
            return self.note(what, wanted, answer, begun);
        }
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        let wait = answer.header("retry-after").and_then(|wait| wait.parse::<u32>().ok());
        assert!(wait.is_some_and(|wait| wait > 0), "{what}: when to come back: {wait:?}");
        match answer.kind().as_str() {
            "unavailable" => self.count(&self.away, what, begun),
            "busy" => self.count(&self.busy, what, begun),
            _ => panic!("{what}: {}", answer.body),
        }
        false
    }

    /// One answer of a page. Where it is not what it should be, it says so to a person.
    pub(crate) fn note_page(
        &self,
        what: &str,
        wanted: u16,
        answer: &Answer,
        begun: Instant,
    ) -> bool {
        if answer.status != 503 {
            return self.note(what, wanted, answer, begun);
        }
        for words in SORRY {
            assert!(answer.body.contains(words), "{what}: {}", answer.body);
        }
        self.count(&self.away, what, begun);
        false
    }

    /// One answer other than that something is not there just now.
    fn note(&self, what: &str, wanted: u16, answer: &Answer, begun: Instant) -> bool {
        // What a log-in was charged cannot be given back while the database is away, so a few
        // that were cut off count like wrong ones, and the next may have to wait for seconds.
        if answer.status == 429 && what == "a log-in" {
            self.in_time(what, begun);
            return false;
        }
        assert_eq!(answer.status, wanted, "{what}: {}", answer.body);
        self.count(&self.done, what, begun);
        true
    }

    fn count(&self, counter: &AtomicUsize, what: &str, begun: Instant) {
        self.in_time(what, begun);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn in_time(&self, what: &str, begun: Instant) {
        let took = begun.elapsed();
        assert!(took < LONGEST, "{what} took {took:?}");
        let mut slowest = self.slowest.lock().unwrap();
        *slowest = took.max(*slowest);
    }
}
