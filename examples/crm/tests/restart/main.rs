//! Twenty requests a second while the database server goes away and comes back: whoever asks
//! meanwhile is told so, and soon, by a call in the words of the API; afterwards everything is done
//! again, by the same process; and nothing that was acknowledged is lost: no lead, no session, no
//! log-out and no change of a password.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod keeper;
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

use keeper::Keeper;
use serde_json::{Value, json};
use server::{End, Postgres};
use sqlx::{Connection as _, PgConnection};
use support::{Client, Crm, FIRST, client::Answer, program::free_port, token};

/// Twenty a second.
const BETWEEN: Duration = Duration::from_millis(50);

/// Who asks, each in turn.
const PEOPLE: usize = 10;

/// Who changes a password, each in turn.
const KEEPERS: usize = 4;

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

fn log_in(client: &mut Client) -> Answer {
    client.call("POST", "/session", &json!({"login": "admin", "password": FIRST}))
}

impl Seen {
    /// One answer of a call. Where it is not what it should be, it says so as the API does.
    fn note_call(&self, what: &str, wanted: u16, answer: &Answer, begun: Instant) -> bool {
        if answer.status == 503 {
            let kind = answer.kind();
            assert!(["unavailable", "busy"].contains(&kind.as_str()), "{what}: {}", answer.body);
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
            let wait = answer.header("retry-after").and_then(|wait| wait.parse::<u32>().ok());
            assert!(wait.is_some_and(|wait| wait > 0), "{what}: when to come back: {wait:?}");
        }
        self.note(what, wanted, answer, begun)
    }

    /// One answer: as it should be, or that the database is away.
    fn note(&self, what: &str, wanted: u16, answer: &Answer, begun: Instant) -> bool {
        let took = begun.elapsed();
        assert!(took < LONGEST, "{what} took {took:?}");
        {
            let mut slowest = self.slowest.lock().unwrap();
            *slowest = took.max(*slowest);
        }
        match answer.status {
            503 => {
                self.unavailable.fetch_add(1, Ordering::Relaxed);
            }
            // What a log-in was charged cannot be given back while the database is away, so a few
            // that were cut off count like wrong ones, and the next may have to wait for seconds.
            429 if what == "a log-in" => {}
            status => {
                assert_eq!(status, wanted, "{what}: {}", answer.body);
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        }
        answer.status == wanted
    }

    /// One request of somebody who is logged in, or of somebody who changes their password.
    fn ask(&self, number: usize, me: &mut Client, keepers: &[Mutex<Keeper>], port: u16) {
        let begun = Instant::now();
        match number % 5 {
            0 => {
                let company = format!("Company {number}");
                let fields = format!("company={company}&contact=C&stage=New").replace(' ', "+");
                let answer = me.form("/leads", &fields);
                if self.note("a lead", 303, &answer, begun) {
                    self.added.lock().unwrap().push(company);
                }
            }
            1 => {
                let answer = me.call("GET", "/session", &Value::Null);
                self.note_call("a check", 200, &answer, begun);
            }
            2 => {
                let answer = me.get("/");
                self.note("the home page", 200, &answer, begun);
            }
            3 => {
                let mut other = Client::new(port);
                let answer = log_in(&mut other);
                if !self.note_call("a log-in", 200, &answer, begun) {
                    return;
                }
                let (kept, begun) = (other.clone(), Instant::now());
                let answer = other.call("DELETE", "/session", &Value::Null);
                if self.note_call("a log-out", 204, &answer, begun) {
                    self.out.lock().unwrap().push(kept);
                }
            }
            _ => {
                // Whoever is still at the last change has enough to do.
                if let Ok(mut keeper) = keepers[number / 5 % KEEPERS].try_lock() {
                    keeper.act(self);
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
        assert_eq!(log_in(&mut client).status, 200);
        client
    });
    let people: Vec<Mutex<Client>> = people.map(Mutex::new).collect();
    let mut admin = people[0].lock().unwrap().clone();
    let keepers = (0..KEEPERS).map(|number| Keeper::invite(&crm, &mut admin, number));
    let keepers: Vec<Mutex<Keeper>> = keepers.map(Mutex::new).collect();
    let changed = || -> usize { keepers.iter().map(|keeper| keeper.lock().unwrap().changed).sum() };

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
                    let (over, keepers) = (&over, &keepers);
                    scope.spawn(move || {
                        let _failed = Failed(over);
                        let mut me = me.lock().unwrap().clone();
                        seen.ask(number, &mut me, keepers, port);
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
        // Everything is done again, by the same process.
        thread::sleep(Duration::from_secs(1));
        let away = seen.unavailable.load(Ordering::Relaxed);
        let count = || {
            let (added, out) = (seen.added.lock().unwrap().len(), seen.out.lock().unwrap().len());
            [seen.done.load(Ordering::Relaxed), added, out, changed()]
        };
        let before = count();
        // Whoever was charged for what was cut off may wait for seconds.
        let begun = Instant::now();
        let enough = |now: [usize; 4]| {
            now[0] >= before[0] + 20 && now.iter().zip(before).all(|(now, before)| *now > before)
        };
        while begun.elapsed() < Duration::from_secs(2) || !enough(count()) {
            let now = count();
            assert!(
                begun.elapsed() < LONGEST,
                "done, leads, log-outs, changes: {before:?}, {now:?}"
            );
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(seen.unavailable.load(Ordering::Relaxed), away, "not back after a second");
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
    let changes = changed();
    for keeper in keepers {
        keeper.into_inner().unwrap().check();
    }
    let kept = companies(&postgres.url());
    let added = seen.added.into_inner().unwrap();
    for company in &added {
        assert!(kept.contains(company), "{company} is lost");
    }
    let (done, away) = (seen.done.into_inner(), seen.unavailable.into_inner());
    let slowest = seen.slowest.into_inner().unwrap();
    let leads = added.len();
    println!("{done} done, {away} unavailable, {leads} leads, {changes} changes, {slowest:?}");
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
