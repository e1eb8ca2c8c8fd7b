//! A file of an older contract is brought to this one; one of a newer is left alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use own_store::RedbStore;
use portcullis::{
    id::BatchId,
    store::{
        Batch, Change, Kind, Page, Row, Store, StoreError, Value,
        tables::{BY_USERNAME, USERS},
    },
};
use redb::{Database, TableDefinition};
use tempfile::TempDir;
use time::OffsetDateTime;

const BOOK: TableDefinition<'_, &str, u32> = TableDefinition::new("#contract");
const INDEX: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("#index");

/// More than are held at once while entries are made anew.
const PEOPLE: u64 = 2_500;

fn user(n: u64) -> Row {
    let value = |column: &portcullis::store::Column| match column.kind {
        Kind::Bytes if column.name == "account" => Value::Bytes(vec![7; 16]),
        Kind::Bytes => Value::Bytes([n, n].map(u64::to_be_bytes).concat()),
        Kind::Int => Value::Int(1),
        // Numbers of one width, so that names come in the order of the people.
        Kind::Text => Value::Text(format!("person {n:04}")),
    };
    Row::new(USERS.columns.iter().map(value).collect())
}

#[tokio::test]
async fn the_index_of_an_older_contract_is_made_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("old.redb");
    let store = RedbStore::open(&path).unwrap();
    for slice in 0..PEOPLE.div_ceil(500) {
        let people = slice * 500..(slice + 1) * 500;
        let changes = people.map(|n| Change::Insert { table: &USERS, row: user(n) }).collect();
        let id = BatchId::from_bytes([slice as u8; 16]);
        store.commit(&Batch::new(id, OffsetDateTime::UNIX_EPOCH, changes)).await.unwrap();
    }
    drop(store);
    let database = Database::open(&path).unwrap();
    let writing = database.begin_write().unwrap();
    writing.open_table(BOOK).unwrap().insert("stands", 0).unwrap();
    writing.delete_table(INDEX).unwrap();
    writing.commit().unwrap();
    drop(database);

    let store = RedbStore::open(&path).unwrap();
    for n in [0, 1_000, PEOPLE - 1] {
        let name = [Value::Text(format!("person {n:04}"))];
        assert!(store.find(&USERS, &BY_USERNAME, &name).await.unwrap() == Some(user(n)));
    }
    let account = vec![Value::Bytes(vec![7; 16])];
    let all = Page::of(&USERS, "of_account", account, u32::MAX).unwrap();
    let all = store.page(&all).await.unwrap();
    assert!(all == (0..PEOPLE).map(user).collect::<Vec<_>>(), "{} people", all.len());
}

#[tokio::test]
async fn a_newer_contract_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new.redb");
    drop(RedbStore::open(&path).unwrap());
    let database = Database::open(&path).unwrap();
    let writing = database.begin_write().unwrap();
    writing.open_table(BOOK).unwrap().insert("stands", 999).unwrap();
    writing.commit().unwrap();
    drop(database);
    assert!(matches!(RedbStore::open(&path), Err(StoreError::Unsupported(_))));
}
