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
mod seen;
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
use seen::Seen;
use serde_json::{Value, json};
use server::{End, Postgres};
use sqlx::{Connection as _, PgConnection};
use support::{Client, Crm, FIRST, client::Answer, program::free_port, token};

/// Twenty a second.
const BETWEEN: Duration = Duration::from_millis(50);

/// How many requests a second were sent at the least, answered or not. Whoever sends them catches
/// up on what they are late with. A turn sends nothing while its keeper is still busy, and up to three
/// otherwise; over the whole run that is 21 to 26.
const RATE: f64 = 18.0;

/// Who asks, each in turn.
const PEOPLE: usize = 10;

/// Who changes a password, each in turn.
const KEEPERS: usize = 4;

/// Longer than the server is away, and shorter than anybody waits.
const LONGEST: Duration = Duration::from_secs(12);

/// Ends it all where somebody fails.
struct Failed<'a>(&'a AtomicBool);

impl Drop for Failed<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

fn log_in(client: &mut Client) -> Answer {
    client.call("POST", "/session", &json!({"login": "admin", "password": FIRST}))
}

/// One request of somebody who is logged in, or of somebody who changes their password.
fn ask(seen: &Seen, number: usize, me: &mut Client, keepers: &[Mutex<Keeper>], port: u16) {
    match number % 5 {
        0 => {
            let company = format!("Company {number}");
            let fields = format!("company={company}&contact=C&stage=New").replace(' ', "+");
            let (begun, answer) = (seen.ask(), me.form("/leads", &fields));
            if seen.note_page("a lead", 303, &answer, begun) {
                seen.added.lock().unwrap().push(company);
            }
        }
        1 => {
            let (begun, answer) = (seen.ask(), me.call("GET", "/session", &Value::Null));
            seen.note_call("a check", 200, &answer, begun);
        }
        2 => {
            let (begun, answer) = (seen.ask(), me.get("/"));
            seen.note_page("the home page", 200, &answer, begun);
        }
        3 => {
            let mut other = Client::new(port);
            let (begun, answer) = (seen.ask(), log_in(&mut other));
            if !seen.note_call("a log-in", 200, &answer, begun) {
                return;
            }
            let kept = other.clone();
            let (begun, answer) = (seen.ask(), other.call("DELETE", "/session", &Value::Null));
            if seen.note_call("a log-out", 204, &answer, begun) {
                seen.out.lock().unwrap().push(kept);
            }
        }
        _ => {
            // Whoever is still at the last change has enough to do.
            if let Ok(mut keeper) = keepers[number / 5 % KEEPERS].try_lock() {
                keeper.act(seen);
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
    let away = || seen.away.load(Ordering::Relaxed);
    let (begun, mut rate) = (Instant::now(), 0.0);
    thread::scope(|scope| {
        // Those who ask would go on for ever.
        let _failed = Failed(&over);
        let asking = scope.spawn(|| {
            thread::scope(|scope| {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let (seen, me) = (&seen, &people[number % PEOPLE]);
                    let (over, keepers) = (&over, &keepers);
                    scope.spawn(move || {
                        let _failed = Failed(over);
                        let mut me = me.lock().unwrap().clone();
                        ask(seen, number, &mut me, keepers, port);
                    });
                    let next = BETWEEN * u32::try_from(number + 1).unwrap();
                    thread::sleep((begun + next).saturating_duration_since(Instant::now()));
                }
            });
        });
        for end in [End::Fast, End::Crash] {
            thread::sleep(Duration::from_secs(2));
            let before = away();
            if matches!(end, End::Fast) {
                let busy = seen.busy.load(Ordering::Relaxed);
                assert_eq!([before, busy], [0, 0], "away or busy, with everything there");
            }
            postgres.end(end);
            thread::sleep(Duration::from_millis(1_500));
            let told = away() - before;
            assert!(told > 5, "{end:?}: {told} were told that the database is away");
            postgres.start();
        }
        // Everything is done again, by the same process.
        thread::sleep(Duration::from_secs(1));
        let before_last = away();
        let count = || {
            let (added, out) = (seen.added.lock().unwrap().len(), seen.out.lock().unwrap().len());
            [seen.done.load(Ordering::Relaxed), added, out, changed()]
        };
        let before = count();
        // Whoever was charged for what was cut off may wait for seconds.
        let waiting = Instant::now();
        let enough = |now: [usize; 4]| {
            now[0] >= before[0] + 20 && now.iter().zip(before).all(|(now, before)| *now > before)
        };
        while waiting.elapsed() < Duration::from_secs(2) || !enough(count()) {
            let now = count();
            assert!(
                waiting.elapsed() < LONGEST,
                "done, leads, log-outs, changes: {before:?}, {now:?}"
            );
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(away(), before_last, "not back after a second");
        let (asked, took) = (seen.asked.load(Ordering::Relaxed), begun.elapsed());
        rate = asked as f64 / took.as_secs_f64();
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap();
    });
    assert!(rate >= RATE, "only {rate:.1} requests a second were sent");

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
    let [done, away, busy] = [seen.done, seen.away, seen.busy].map(AtomicUsize::into_inner);
    let (leads, slowest) = (added.len(), seen.slowest.into_inner().unwrap());
    println!(
        "{rate:.1} a second, {done} done, {away} told it is away, {busy} busy, {leads} leads, \
         {changes} changes, {slowest:?}"
    );
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
