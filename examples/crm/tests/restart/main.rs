//! Twenty requests a second while the database server goes away and comes back: whoever asks
//! meanwhile is told so, and soon; afterwards everything is answered again, by the same process;
//! and nothing that was acknowledged is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod server;
#[path = "../support/mod.rs"]
mod support;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use server::{End, Postgres};
use sqlx::{Connection as _, PgConnection};
use support::{Client, Crm, FIRST, program::free_port, token};

/// Twenty a second.
const BETWEEN: Duration = Duration::from_millis(50);

/// Who asks, each in turn.
const PEOPLE: usize = 10;

/// Longer than the server is away, and shorter than anybody waits.
const LONGEST: Duration = Duration::from_secs(12);

/// Ends it all where one of them fails.
struct Failed<'a>(&'a AtomicBool);

impl Drop for Failed<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// What came of everything.
#[derive(Default)]
struct Seen {
    done: AtomicUsize,
    unavailable: AtomicUsize,
    /// Companies of leads that were added.
    added: Mutex<Vec<String>>,
    /// Clients that were logged out, each with the cookie it had.
    out: Mutex<Vec<Client>>,
    slowest: Mutex<Duration>,
}

fn log_in(client: &mut Client) -> (u16, String) {
    let answer = client.call("POST", "/session", &json!({"login": "admin", "password": FIRST}));
    (answer.status, answer.kind())
}

impl Seen {
    /// One answer: as it should be, or that the database is away.
    fn note(&self, what: &str, wanted: u16, status: u16, kind: &str, begun: Instant) -> bool {
        let took = begun.elapsed();
        assert!(took < LONGEST, "{what} took {took:?}");
        {
            let mut slowest = self.slowest.lock().unwrap();
            *slowest = took.max(*slowest);
        }
        match status {
            503 => {
                assert!(["", "unavailable"].contains(&kind), "{what}: {kind}");
                self.unavailable.fetch_add(1, Ordering::Relaxed);
            }
            // What a log-in was charged cannot be given back while the database is away, so a few
            // that were cut off count like wrong ones, and the next may have to wait for seconds.
            429 if what == "a log-in" => {}
            status => {
                assert_eq!(status, wanted, "{what}: {kind}");
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        }
        status == wanted
    }

    /// One request of somebody who is logged in.
    fn ask(&self, number: usize, me: &mut Client, port: u16) {
        let begun = Instant::now();
        match number % 4 {
            0 => {
                let company = format!("Company {number}");
                let fields = format!("company={company}&contact=C&stage=New").replace(' ', "+");
                let answer = me.form("/leads", &fields);
                if self.note("a lead", 303, answer.status, "", begun) {
                    self.added.lock().unwrap().push(company);
                }
            }
            1 => {
                let answer = me.call("GET", "/session", &Value::Null);
                self.note("a check", 200, answer.status, &answer.kind(), begun);
            }
            2 => {
                let answer = me.get("/");
                self.note("the home page", 200, answer.status, "", begun);
            }
            _ => {
                let mut other = Client::new(port);
                let (status, kind) = log_in(&mut other);
                if !self.note("a log-in", 200, status, &kind, begun) {
                    return;
                }
                let (kept, begun) = (other.clone(), Instant::now());
                let answer = other.call("DELETE", "/session", &Value::Null);
                if self.note("a log-out", 204, answer.status, &answer.kind(), begun) {
                    self.out.lock().unwrap().push(kept);
                }
            }
        }
    }
}

#[test]
fn twenty_requests_a_second_outlive_a_restart_of_their_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = Postgres::new(folder.path());
    let port = free_port();
    let crm = Crm::start_on(&postgres.url(), folder.path(), port);
    let body = json!({"token": token(&crm.set_up_link()), "password": FIRST});
    assert_eq!(crm.client().call("POST", "/activation", &body).status, 204);
    let people = (0..PEOPLE).map(|_| {
        let mut client = crm.client();
        assert_eq!(log_in(&mut client).0, 200);
        client
    });
    let people: Vec<Mutex<Client>> = people.map(Mutex::new).collect();

    let (seen, over) = (Seen::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            thread::scope(|scope| {
                let begun = Instant::now();
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let (seen, me) = (&seen, &people[number % PEOPLE]);
                    let over = &over;
                    scope.spawn(move || {
                        let _failed = Failed(over);
                        let mut me = me.lock().unwrap().clone();
                        seen.ask(number, &mut me, port);
                    });
                    let next = BETWEEN * u32::try_from(number + 1).unwrap();
                    thread::sleep((begun + next).saturating_duration_since(Instant::now()));
                }
            });
        });
        for end in [End::Fast, End::Crash] {
            thread::sleep(Duration::from_secs(2));
            let before = seen.unavailable.load(Ordering::Relaxed);
            postgres.end(end);
            thread::sleep(Duration::from_millis(1_500));
            let away = seen.unavailable.load(Ordering::Relaxed) - before;
            assert!(away > 5, "{end:?}: {away} were told that the database is away");
            postgres.start();
        }
        // Everything is answered again, by the same process.
        thread::sleep(Duration::from_secs(1));
        let before = seen.unavailable.load(Ordering::Relaxed);
        thread::sleep(Duration::from_secs(2));
        assert_eq!(seen.unavailable.load(Ordering::Relaxed), before, "not back after a second");
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap();
    });

    for mut client in seen.out.into_inner().unwrap() {
        let answer = client.call("GET", "/session", &Value::Null);
        assert_eq!(answer.status, 401, "a session is back that was logged out");
    }
    for me in people {
        let answer = me.into_inner().unwrap().call("GET", "/session", &Value::Null);
        assert_eq!(answer.status, 200, "a session is lost");
    }
    let kept = companies(&postgres.url());
    let added = seen.added.into_inner().unwrap();
    for company in &added {
        assert!(kept.contains(company), "{company} is lost");
    }
    let (done, away) = (seen.done.into_inner(), seen.unavailable.into_inner());
    let slowest = seen.slowest.into_inner().unwrap();
    println!("{done} done, {away} unavailable, {} leads, slowest {slowest:?}", added.len());
}

/// The companies of all leads.
fn companies(url: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let all = sqlx::query_scalar("SELECT company FROM crm_leads");
        all.fetch_all(&mut connection).await.unwrap()
    })
}
