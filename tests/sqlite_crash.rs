//! A process that is killed at any moment loses nothing it was answered, and leaves nothing half
//! done.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/victim.rs"]
mod victim;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis::{
    entropy::{Entropy as _, SystemEntropy},
    id::BatchId,
    store::{
        Batch, Change, Charge, Kind, Movement, Row, Rule, Store, Table, Value,
        sqlite::SqliteStore,
        tables::{ACCOUNTS, ACTIVITY, BUDGETS, CREDENTIALS, EVENTS, OUTBOX},
    },
};
use tempfile::TempDir;
use time::OffsetDateTime;
use victim::Victim;

const PLACE: &str = "PORTCULLIS_CRASH_TEST";
const WRITERS: u64 = 6;
const TABLES: [&Table; 4] = [&ACCOUNTS, &CREDENTIALS, &EVENTS, &OUTBOX];

fn key(writer: u64, n: u64) -> Vec<u8> {
    [writer.to_be_bytes(), n.to_be_bytes()].concat()
}

fn row(table: &Table, key: &[u8]) -> Row {
    let value = |column: &portcullis::store::Column| match column.kind {
        Kind::Bytes => Value::Bytes(key.to_vec()),
        Kind::Int => Value::Int(1),
        Kind::Text => Value::Text("x".repeat(50)),
    };
    Row::new(table.columns.iter().map(value).collect())
}

/// Batch `n` of a writer: a row in several tables, and a number lifted.
fn batch(writer: u64, n: u64) -> Batch {
    let key = key(writer, n);
    let rows = TABLES.map(|table| Change::Insert { table, row: row(table, &key) });
    let last = Change::Raise {
        table: &ACTIVITY,
        key: self::key(writer, 0),
        column: "last_login_at",
        to: n as i64,
    };
    let id = BatchId::from_bytes(key.try_into().unwrap());
    Batch::new(id, OffsetDateTime::UNIX_EPOCH, rows.into_iter().chain([last]).collect())
}

fn charge(writer: u64) -> Charge {
    Charge {
        key: [writer as u8; 32],
        rule: Rule::Tally { forget: time::Duration::DAY },
        movement: Movement::Take,
    }
}

/// What runs in the process that is killed: says each batch and charge once it was answered.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test below"]
async fn killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let store = Arc::new(SqliteStore::open(place).await.unwrap());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let mut n = 1;
            while store.get(&ACCOUNTS, &key(writer, n)).await.unwrap().is_some() {
                n += 1;
            }
            loop {
                store.commit(&batch(writer, n)).await.unwrap();
                say("batch", writer, n);
                if n % 3 == 0 {
                    let now = OffsetDateTime::UNIX_EPOCH;
                    let verdicts = store.charge(&[charge(writer)], now).await.unwrap();
                    say("charge", writer, u64::from(verdicts[0].count));
                }
                n += 1;
            }
        });
    }
    writers.join_all().await;
}

fn say(what: &str, writer: u64, n: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what} {writer} {n}").unwrap();
    out.flush().unwrap();
}

/// Starts it, kills it after a while, and gives what it said.
fn run(place: &Path, lifetime: Duration) -> Vec<(String, u64, u64)> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "killed", "--ignored", "--nocapture"])
        .env(PLACE, place)
        .stdout(Stdio::piped());
    let mut child = Victim::start(&mut command);
    let lines = BufReader::new(child.output()).lines();
    let reader = std::thread::spawn(move || {
        let said = lines.map_while(Result::ok).filter_map(|line| {
            let mut words = line.split(' ');
            let (what, writer, n) = (words.next()?, words.next()?, words.next()?);
            (what == "batch" || what == "charge").then_some((
                what.to_owned(),
                writer.parse().ok()?,
                n.parse().ok()?,
            ))
        });
        said.collect()
    });
    std::thread::sleep(lifetime);
    child.kill();
    reader.join().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_was_answered() {
    let folder = TempDir::new().unwrap();
    let place: PathBuf = folder.path().join("crash.db");
    let (mut batches, mut charges) = (BTreeSet::new(), [0; WRITERS as usize]);
    let begun = Instant::now();
    let mut rounds = 0;
    let enough = 50;
    while begun.elapsed() < Duration::from_secs(4)
        || rounds < 5
        || (batches.len() <= enough && begun.elapsed() < Duration::from_secs(60))
    {
        let mut chance = [0; 2];
        SystemEntropy.fill(&mut chance).unwrap();
        let lifetime = Duration::from_millis(30 + u64::from(u16::from_le_bytes(chance)) % 500);
        for (what, writer, n) in run(&place, lifetime) {
            match what.as_str() {
                "batch" => assert!(batches.insert((writer, n)), "batch {n} was done twice"),
                _ => charges[writer as usize] = n,
            }
        }
        let store = SqliteStore::open(&place).await.expect("the file opens after a crash");
        check(&store, &batches, &charges).await;
        rounds += 1;
    }
    assert!(batches.len() > enough, "only {} batches in {rounds} rounds", batches.len());
}

async fn check(store: &SqliteStore, said: &BTreeSet<(u64, u64)>, charges: &[u64]) {
    for writer in 0..WRITERS {
        let mut n = 1;
        loop {
            let mut rows = Vec::new();
            for table in TABLES {
                let row = store.get(table, &key(writer, n)).await.unwrap();
                rows.push(row.is_some());
            }
            let there = rows[0];
            assert!(rows.iter().all(|row| *row == there), "half of batch {n}: {rows:?}");
            assert!(there || !said.contains(&(writer, n)), "batch {n} was answered and is lost");
            if !there {
                break;
            }
            // It recognises itself: a caller that was not answered sends it again.
            store.commit(&batch(writer, n)).await.expect("a batch that was applied");
            n += 1;
        }
        let last = said.range((writer, 0)..(writer + 1, 0)).next_back();
        assert!(last.is_none_or(|(_, last)| *last < n), "batches were lost");
        let units = store.get(&BUDGETS, &charge(writer).key).await.unwrap();
        let units = units.map_or(0, |row| match row.value(1) {
            Value::Int(units) => *units as u64,
            _ => 0,
        });
        assert!(units >= charges[writer as usize], "units were answered and are lost");
    }
}
