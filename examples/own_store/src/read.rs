//! Reading: each call in one snapshot.

use std::collections::HashSet;

use portcullis::{
    secret::Digest,
    store::{
        Direction, Page, Row, SessionRows, Table, Unique, Value,
        tables::{ACCOUNTS, SESSIONS, USERS},
    },
};
use redb::{Database, Error, ReadableDatabase as _, ReadableTable, TableDefinition};

use crate::{codec, index};

/// A table of the engine, as reading and writing transactions hold it.
pub(crate) trait Stored: ReadableTable<&'static [u8], &'static [u8]> {}
impl<T: ReadableTable<&'static [u8], &'static [u8]>> Stored for T {}

/// The index of all tables.
pub(crate) const INDEX: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("#index");

/// Where the rows of a table are kept, by their keys.
pub(crate) const fn rows_of(
    table: &Table,
) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name)
}

/// The row with this key.
pub(crate) fn row(rows: &impl Stored, key: &[u8]) -> Result<Option<Row>, Error> {
    let Some(stored) = rows.get(key)? else { return Ok(None) };
    let values = codec::decode(stored.value());
    values.map(|values| Some(Row::new(values))).ok_or_else(|| corrupted("a row"))
}

pub(crate) fn corrupted(what: &str) -> Error {
    Error::Corrupted(format!("{what} is not what was written"))
}

/// The rows of a page.
pub(crate) fn rows(
    index: &impl Stored,
    rows: &impl Stored,
    page: &Page,
) -> Result<Vec<Row>, Error> {
    let range = index::page(page);
    if range.is_empty() {
        return Ok(Vec::new()); // bounds may have crossed, which the engine need not understand
    }
    let found = index.range(range.start.as_slice()..range.end.as_slice())?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let led = |entry: Result<(_, redb::AccessGuard<'_, &[u8]>), redb::StorageError>| {
        let (_, key): (redb::AccessGuard<'_, &[u8]>, _) = entry?;
        row(rows, key.value())?.ok_or_else(|| corrupted("an index"))
    };
    match page.direction {
        Direction::Ascending => found.take(limit).map(led).collect(),
        Direction::Descending => found.rev().take(limit).map(led).collect(),
    }
}

pub(crate) fn get(
    database: &Database,
    table: &'static Table,
    key: &[u8],
) -> Result<Option<Row>, Error> {
    row(&database.begin_read()?.open_table(rows_of(table))?, key)
}

pub(crate) fn find(
    database: &Database,
    table: &'static Table,
    unique: &Unique,
    values: &[Value],
) -> Result<Option<Row>, Error> {
    let Some(entry) = index::unique(table, unique, values) else { return Ok(None) };
    let snapshot = database.begin_read()?;
    let index = snapshot.open_table(INDEX)?;
    let Some(key) = index.get(entry.as_slice())? else { return Ok(None) };
    row(&snapshot.open_table(rows_of(table))?, key.value())
}

pub(crate) fn page(database: &Database, page: &Page) -> Result<Vec<Row>, Error> {
    let snapshot = database.begin_read()?;
    rows(&snapshot.open_table(INDEX)?, &snapshot.open_table(rows_of(page.table))?, page)
}

/// Sessions with their users and accounts, of one moment: all of them from one snapshot.
pub(crate) fn sessions(
    database: &Database,
    digests: &HashSet<Digest>,
) -> Result<Vec<SessionRows>, Error> {
    let snapshot = database.begin_read()?;
    let get = |table: &'static Table, key: &[u8]| row(&snapshot.open_table(rows_of(table))?, key);
    let mut found = Vec::new();
    for digest in digests {
        let Some(session) = get(&SESSIONS, digest.as_bytes())? else { continue };
        let key = |column| match SESSIONS.position(column).map(|at| session.value(at)) {
            Some(Value::Bytes(key)) => Ok(key.as_slice()),
            _ => Err(corrupted("a session")),
        };
        let user = get(&USERS, key("user")?)?;
        let account = get(&ACCOUNTS, key("account")?)?;
        let rows = user.zip(account);
        found.extend(rows.map(|(user, account)| SessionRows { session, user, account }));
    }
    Ok(found)
}
