//! A process that is killed loses nothing it was answered, and leaves nothing half done: what the
//! kit cannot show, since it runs in one process.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use own_store::RedbStore;
use portcullis::{
    id::BatchId,
    store::{
        Batch, Change, Kind, Row, Store, Table, Value,
        tables::{ACCOUNTS, CREDENTIALS, OUTBOX},
    },
};
use tempfile::TempDir;
use time::OffsetDateTime;

/// Where the process that will be killed finds its file, and with which batch it goes on.
const PLACE: &str = "OWN_STORE_KILL_TEST";
const TABLES: [&Table; 3] = [&ACCOUNTS, &CREDENTIALS, &OUTBOX];

fn key(n: u64) -> Vec<u8> {
    [0, n].map(u64::to_be_bytes).concat()
}

/// Batch `n`: a row in each of the tables.
fn batch(n: u64) -> Batch {
    let value = |column: &portcullis::store::Column| match column.kind {
        Kind::Bytes => Value::Bytes(key(n)),
        Kind::Int => Value::Int(1),
        Kind::Text => Value::Text("x".repeat(50)),
    };
    let row = |table: &Table| Row::new(table.columns.iter().map(value).collect());
    let changes = TABLES.map(|table| Change::Insert { table, row: row(table) });
    let id = BatchId::from_bytes(key(n).try_into().unwrap());
    Batch::new(id, OffsetDateTime::UNIX_EPOCH, changes.into())
}

/// How many of a batch's rows are there.
async fn rows(store: &RedbStore, n: u64) -> usize {
    let mut there = 0;
    for table in TABLES {
        there += usize::from(store.get(table, &key(n)).await.unwrap().is_some());
    }
    there
}

/// Not a test of its own: what the other one starts and kills.
#[tokio::test]
async fn writes_until_it_is_killed() {
    let Ok(place) = env::var(PLACE) else { return };
    let (first, path) = place.split_once(' ').unwrap();
    let store = RedbStore::open(path).unwrap();
    for n in first.parse().unwrap().. {
        store.commit(&batch(n)).await.unwrap();
        writeln!(std::io::stdout(), "answered {n}").unwrap();
    }
}

/// Starts it, kills it after so many answers, and says which batch was answered last.
fn kill_after(answers: u64, first: u64, path: &Path) -> u64 {
    let mut said = tempfile::tempfile().unwrap();
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
        .env(PLACE, format!("{first} {}", path.display()))
        .stdout(Stdio::piped())
        .stderr(said.try_clone().unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut answered =
        || lines.by_ref().find_map(|line| line.strip_prefix("answered ")?.parse().ok());
    let mut last: Option<u64> = None;
    let heard = (0..answers).all(|_| {
        let next = answered();
        last = next.or(last);
        next.is_some()
    });
    // The kill succeeds as well where it has ended by itself.
    let lived = heard && writer.try_wait().unwrap().is_none();
    writer.kill().unwrap();
    let ended = writer.wait().unwrap();
    let mut why = String::new();
    said.rewind().unwrap();
    said.read_to_string(&mut why).unwrap();
    assert!(lived && !why.contains("panicked"), "it ended by itself: {ended}\n{why}");
    // What it said between the last line read and its end was answered too.
    while let Some(n) = answered() {
        last = Some(n);
    }
    last.unwrap()
}

#[tokio::test]
async fn what_was_answered_outlasts_a_kill() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kill.redb");
    let mut first = 0;
    for round in 0..12 {
        let last = kill_after(1 + round * 7 % 23, first, &path);
        let store = RedbStore::open(&path).unwrap();
        for n in 0..=last {
            assert_eq!(rows(&store, n).await, TABLES.len(), "rows of batch {n}, answered");
        }
        // The next one was on its way: it is there wholly or not at all, and can be sent again.
        let next = rows(&store, last + 1).await;
        assert!(next == 0 || next == TABLES.len(), "{next} rows of a batch that was not answered");
        store.commit(&batch(last + 1)).await.unwrap();
        assert_eq!(rows(&store, last + 1).await, TABLES.len());
        assert_eq!(rows(&store, last + 2).await, 0, "a batch nobody sent");
        first = last + 2;
    }
}
