//! Rows to try a store with, made from the tables' descriptions.

use std::sync::atomic::{AtomicU64, Ordering};

use time::{Duration, OffsetDateTime};

use crate::{
    id::BatchId,
    store::{Batch, Change, CommitError, Expect, Kind, Row, Store, Table, Value},
};

/// When the proofs happen.
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

/// So many seconds later.
pub(super) fn later(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

/// The key of a table's row number `n`. Keys grow with their numbers.
pub(super) fn key(table: &Table, n: u64) -> Vec<u8> {
    let digest = matches!(table.columns[0].name, "digest" | "key");
    let mut key = vec![0; if digest { 32 } else { 16 }];
    key[..8].copy_from_slice(&n.to_be_bytes());
    key
}

/// Row number `n` of a table, in version 1. Rows share no value of a unique key, and every
/// number of them, moments among them, is `n`.
pub(super) fn row(table: &Table, n: u64) -> Row {
    let number = i64::try_from(n).unwrap();
    let value = |column: &crate::store::Column| match column.kind {
        Kind::Bytes => Value::Bytes(key(table, n)),
        Kind::Int if column.name == Table::VERSION => Value::Int(1),
        Kind::Int => Value::Int(number),
        Kind::Text => Value::Text(format!("{} {n}", column.name)),
    };
    Row::new(table.columns.iter().map(value).collect())
}

/// The row with another value in a column.
pub(super) fn with(table: &Table, mut row: Row, column: &str, value: Value) -> Row {
    row.set(table.position(column).unwrap(), value);
    row
}

/// The value of a row's column.
pub(super) fn at<'a>(table: &Table, row: &'a Row, column: &str) -> &'a Value {
    row.value(table.position(column).unwrap())
}

/// The number in a row's column.
pub(super) fn number(table: &Table, row: &Row, column: &str) -> i64 {
    match at(table, row, column) {
        Value::Int(number) => *number,
        other => panic!("{}.{column} came back as {other:?}", table.name),
    }
}

pub(super) fn insert(table: &'static Table, row: Row) -> Change {
    Change::Insert { table, row }
}

/// Replaces `version` of a row by the next one.
pub(super) fn replace(table: &'static Table, row: Row, version: i64) -> Change {
    let row = with(table, row, Table::VERSION, Value::Int(version + 1));
    Change::Replace { table, row, version }
}

pub(super) fn delete(table: &'static Table, n: u64) -> Change {
    Change::Delete { table, key: key(table, n), expect: Expect::Present }
}

pub(super) fn delete_version(table: &'static Table, n: u64, version: i64) -> Change {
    Change::Delete { table, key: key(table, n), expect: Expect::Version(version) }
}

pub(super) fn raise(table: &'static Table, n: u64, column: &'static str, to: i64) -> Change {
    Change::Raise { table, key: key(table, n), column, to }
}

/// A batch with an id of its own.
pub(super) fn batch(changes: Vec<Change>) -> Batch {
    batch_at(now(), changes)
}

/// The same, decided at that moment.
pub(super) fn batch_at(at: OffsetDateTime, changes: Vec<Change>) -> Batch {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = [0xb; 16];
    id[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Batch::new(BatchId::from_bytes(id), at, changes)
}

/// Commits changes, and says whether it was done or conflicted.
pub(super) async fn tried(store: &dyn Store, changes: Vec<Change>) -> bool {
    tried_batch(store, &batch(changes)).await
}

pub(super) async fn tried_batch(store: &dyn Store, batch: &Batch) -> bool {
    match store.commit(batch).await {
        Ok(()) => true,
        Err(CommitError::Conflict) => false,
        Err(CommitError::Failed(error)) => panic!("the store failed: {}", chain(&error)),
    }
}

/// Commits changes that must be done.
pub(super) async fn commit(store: &dyn Store, changes: Vec<Change>) {
    assert!(tried(store, changes).await, "a batch whose expectations hold was a conflict");
}

/// Fails, with what it then is, unless a batch was made.
pub(super) fn made(answer: &Result<(), CommitError>, otherwise: &str) {
    assert!(answer.is_ok(), "{otherwise}: {answer:?}");
}

/// Commits changes that must conflict.
pub(super) async fn conflict(store: &dyn Store, changes: Vec<Change>, why: &str) {
    assert!(!tried(store, changes).await, "no conflict, but {why}");
}

/// The row number `n` of a table.
pub(super) async fn get(store: &dyn Store, table: &'static Table, n: u64) -> Option<Row> {
    found(store.get(table, &key(table, n)).await)
}

/// What a store answered that must answer.
pub(super) fn found<T>(answer: Result<T, crate::store::StoreError>) -> T {
    answer.unwrap_or_else(|error| panic!("the store failed: {}", chain(&error)))
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
