//! What recognising somebody costs, on every request.
//!
//! **What is measured.** `auth.identify`: one joined read by digest, shared by those who check at
//! the same moment, decoded and judged. Checks a second and processor time each, one at a time and
//! 64 at once, at a thousand sessions and at many, on memory and on a SQLite file.
//!
//! **Against what.** That read by each check for itself (`one query each`), neither decoded nor
//! judged. And the plain habit, on the same file: a look-up of the session and then one of its
//! user, two queries. Once through this library's own connections (`two reads`), so that the
//! number of queries is all that differs; and once through the driver's pool as it comes
//! (`plain sqlx`), reading only the few columns such code reads. Neither knows the account, whose
//! plan and stamp `identify` looks at as well.
//!
//! **Aims.** Against the habit: checks a second ≥ 1.8, processor time ≤ 0.5. On PostgreSQL, 64 at
//! once, against one query each: checks a second ≥ 3. Flat: at most 1.5 times slower with many
//! sessions than with a thousand.
//!
//! **How it is run.** `cargo bench --bench session_check`. `MANY` (200,000) sessions on SQLite, a
//! tenth of it on memory, whose commits look at every row; `ROUNDS` (15) and `TURN` (2,000 checks)
//! can be set. On PostgreSQL instead, in a database of its own, since what is made there stays:
//! `cargo bench --bench session_check --features postgres -- --store postgres://…`; processor time
//! is that of this process, without the server's.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::indexing_slicing)]

#[path = "support/measure.rs"]
mod measure;
#[path = "support/site.rs"]
mod site;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use measure::{Spent, each, median, say_load, setting, spread};
use portcullis::{
    auth::{Auth, SessionToken},
    secret::{Digest, Purpose, Token},
    store::{Store, Value, memory::MemoryStore, sqlite::SqliteStore, tables},
};
use site::{Town, auth, no_hashing};
use sqlx::SqlitePool;

/// How a session is checked.
#[derive(Clone)]
enum Way {
    Identify(Auth),
    OneQueryEach(Arc<dyn Store>),
    TwoReads(Arc<dyn Store>),
    PlainSqlx(SqlitePool),
    #[cfg(feature = "postgres")]
    PlainPostgres(sqlx::PgPool, String),
}

impl Way {
    async fn check(&self, token: &SessionToken) {
        match self {
            Self::Identify(auth) => {
                auth.identify(token).await.expect("a session");
            }
            Self::OneQueryEach(store) => {
                let digest = digest(token).try_into().expect("32 bytes");
                let found = store.sessions(&[Digest::from_bytes(digest)]).await;
                assert_eq!(std::hint::black_box(found.expect("an answer")).len(), 1);
            }
            Self::TwoReads(store) => {
                let digest = digest(token);
                let session = store.get(&tables::SESSIONS, &digest).await.expect("an answer");
                let session = session.expect("a session");
                let Value::Bytes(user) = session.value(2) else { unreachable!("an id") };
                let user = store.get(&tables::USERS, user).await.expect("an answer");
                std::hint::black_box(user.expect("a user"));
            }
            Self::PlainSqlx(pool) => {
                let session = "SELECT user, user_stamp, expires_at, last_seen_at \
                               FROM portcullis_sessions WHERE digest = ?";
                let user = "SELECT id, username, email, role, status, session_stamp \
                            FROM portcullis_users WHERE id = ?";
                let session: (Vec<u8>, i64, i64, i64) = sqlx::query_as(session)
                    .bind(digest(token))
                    .fetch_one(pool)
                    .await
                    .expect("a session");
                let user: (Vec<u8>, String, String, String, String, i64) =
                    sqlx::query_as(user).bind(session.0).fetch_one(pool).await.expect("a user");
                std::hint::black_box(user);
            }
            #[cfg(feature = "postgres")]
            Self::PlainPostgres(pool, schema) => {
                let session = format!(
                    "SELECT \"user\", user_stamp, expires_at, last_seen_at \
                     FROM {schema}.portcullis_sessions WHERE digest = $1"
                );
                let user = format!(
                    "SELECT id, username, email, role, status, session_stamp \
                     FROM {schema}.portcullis_users WHERE id = $1"
                );
                let session: (Vec<u8>, i64, i64, i64) =
                    sqlx::query_as(sqlx::AssertSqlSafe(session))
                        .bind(digest(token))
                        .fetch_one(pool)
                        .await
                        .expect("a session");
                let user: (Vec<u8>, String, String, String, String, i64) =
                    sqlx::query_as(sqlx::AssertSqlSafe(user))
                        .bind(session.0)
                        .fetch_one(pool)
                        .await
                        .expect("a user");
                std::hint::black_box(user);
            }
        }
    }
}

fn digest(token: &SessionToken) -> Vec<u8> {
    let token = Token::parse(&token.reveal()).expect("a token");
    token.digest(Purpose::Cookie).as_bytes().to_vec()
}

/// A way, and at which sessions.
struct Entry {
    name: String,
    way: Way,
    tokens: Arc<Vec<SessionToken>>,
    /// What it is compared with: an entry's place.
    to: usize,
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    tokio::spawn(run()).await.expect("no panic");
}

async fn run() {
    let many = setting("MANY", 200_000);
    let (rounds, turn) = (setting("ROUNDS", 15), setting("TURN", 2_000));
    say_load();
    let folder = tempfile::tempdir().expect("a folder");
    let mut entries = Vec::new();
    match server() {
        Some(url) => on_a_server(&url, many, &mut entries).await,
        None => {
            on_sqlite(folder.path(), many, &mut entries).await;
            on_memory(many, &mut entries).await;
        }
    }
    for at_once in [1, 64] {
        let mut spent: Vec<Vec<Spent>> = vec![Vec::new(); entries.len()];
        // The first round warms caches and opens connections; it does not count.
        for round in 0..=rounds {
            for place in 0..entries.len() {
                let number = (round + place) % entries.len();
                let took = turns(&entries[number], turn, at_once).await;
                if round > 0 {
                    spent[number].push(took);
                }
            }
        }
        report(&entries, &spent, at_once);
    }
}

/// The URL on the command line.
fn server() -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != "--store");
    words.nth(1)
}

/// Adds ways to look at the same sessions; each is compared with the first of them.
fn enter(
    entries: &mut Vec<Entry>,
    of: &str,
    tokens: &Arc<Vec<SessionToken>>,
    ways: impl IntoIterator<Item = (&'static str, Way)>,
) {
    let to = entries.len();
    for (name, way) in ways {
        let name = format!("{of}, {} sessions, {name}", tokens.len());
        entries.push(Entry { name, way, tokens: Arc::clone(tokens), to });
    }
}

async fn on_sqlite(folder: &Path, many: usize, entries: &mut Vec<Entry>) {
    for sessions in [1_000, many] {
        let path = folder.join(format!("{sessions}.db"));
        let store = SqliteStore::open(&path).await.expect("a store");
        let (auth, tokens) = fill(store.clone(), sessions).await;
        let plain = SqlitePool::connect(&format!("sqlite://{}", path.display())).await;
        let store: Arc<dyn Store> = Arc::new(store);
        let ways = [
            ("identify", Way::Identify(auth)),
            ("one query each", Way::OneQueryEach(Arc::clone(&store))),
            ("two reads", Way::TwoReads(store)),
            ("plain sqlx", Way::PlainSqlx(plain.expect("a pool"))),
        ];
        enter(entries, "SQLite", &tokens, ways);
    }
}

async fn on_memory(many: usize, entries: &mut Vec<Entry>) {
    for sessions in [1_000, many / 10] {
        let store = MemoryStore::new();
        let (auth, tokens) = fill(store.clone(), sessions).await;
        let store: Arc<dyn Store> = Arc::new(store);
        let ways = [
            ("identify", Way::Identify(auth)),
            ("one query each", Way::OneQueryEach(Arc::clone(&store))),
            ("two reads", Way::TwoReads(store)),
        ];
        enter(entries, "memory", &tokens, ways);
    }
}

#[cfg(feature = "postgres")]
async fn on_a_server(url: &str, many: usize, entries: &mut Vec<Entry>) {
    use portcullis::store::postgres::PostgresOptions;
    for sessions in [1_000, many] {
        let schema = format!("session_check_{sessions}");
        let options = PostgresOptions::new(url).expect("a URL").schema(&schema);
        let store = options.open().await.expect("a store");
        let (auth, tokens) = fill(store.clone(), sessions).await;
        let plain = sqlx::PgPool::connect(url).await.expect("a pool");
        let store: Arc<dyn Store> = Arc::new(store);
        let ways = [
            ("identify", Way::Identify(auth)),
            ("one query each", Way::OneQueryEach(Arc::clone(&store))),
            ("two reads", Way::TwoReads(store)),
            ("plain sqlx", Way::PlainPostgres(plain, schema)),
        ];
        enter(entries, "PostgreSQL", &tokens, ways);
    }
}

#[cfg(not(feature = "postgres"))]
async fn on_a_server(url: &str, _: usize, _: &mut Vec<Entry>) {
    unreachable!("a store this was not built with: {url}");
}

/// A site with a person for each hundred sessions.
async fn fill(store: impl Store + Clone, sessions: usize) -> (Auth, Arc<Vec<SessionToken>>) {
    let town = Town::found(store.clone(), sessions.div_ceil(100), no_hashing()).await;
    let auth = auth(store, no_hashing());
    let tokens = town.sessions(&auth, sessions).await;
    (auth, Arc::new(tokens))
}

/// So many checks, one after the other or several at once, each of another session: the steps
/// between them share no page.
async fn turns(entry: &Entry, turn: usize, at_once: usize) -> Spent {
    let next = Arc::new(AtomicUsize::new(0));
    let work = async {
        let checkers: Vec<_> = (0..at_once)
            .map(|_| {
                let (next, tokens) = (Arc::clone(&next), Arc::clone(&entry.tokens));
                let way = entry.way.clone();
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= turn {
                            break;
                        }
                        way.check(&tokens[number.wrapping_mul(7_919) % tokens.len()]).await;
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

fn report(entries: &[Entry], spent: &[Vec<Spent>], at_once: usize) {
    println!("{at_once} at once: checks/s, microseconds of processor each,");
    println!("  and what identify does to the habit: rate (>= 1.8), processor time (<= 0.5)");
    for (entry, spent_here) in entries.iter().zip(spent) {
        let rate = 1e6 / median(spent_here.iter().map(|spent| spent.wall));
        let cpu = median(spent_here.iter().map(|spent| spent.cpu));
        let identify = spent[entry.to].iter().zip(spent_here);
        let faster = spread(identify.clone().map(|(us, habit)| habit.wall / us.wall));
        let cheaper = spread(identify.map(|(us, habit)| us.cpu / habit.cpu));
        println!("  {:<42} {rate:>8.0} {cpu:>6.1}   {faster}   {cheaper}", entry.name);
    }
    let firsts: Vec<_> = entries.iter().enumerate().filter(|(place, e)| e.to == *place).collect();
    for pair in firsts.chunks(2) {
        let [(few, _), (many, entry)] = pair else { continue };
        let slower = spent[*few].iter().zip(&spent[*many]).map(|(few, many)| many.cpu / few.cpu);
        println!("  {}: processor time over a thousand's {} (<= 1.5)", entry.name, spread(slower));
    }
}
