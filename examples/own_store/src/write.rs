//! Writing: each call is one transaction, kept wholly or dropped wholly.

use portcullis::{
    clock::to_micros,
    store::{
        Batch, BudgetState, Change, Charge, Expect, Lease, Page, Row, Table, Value, Verdict,
        tables::{BATCHES, BUDGETS, OUTBOX},
    },
};
use redb::{Database, Error, ReadableTable as _, WriteTransaction};
use time::OffsetDateTime;

use crate::{
    codec, index,
    read::{INDEX, corrupted, row, rows, rows_of},
};

/// Begins a transaction that is on the disk when its `commit` answers. The engine has one at a
/// time: who comes second waits here.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction, Error> {
    let mut writing = database.begin_write()?;
    // Two phases: strangers choose what stands in rows, and checksums alone do not stop a crash
    // that somebody prepared. It also opens at once after a crash.
    writing.set_quick_repair(true);
    Ok(writing)
}

/// Applies a batch, and says whether what it expects was so.
pub(crate) fn commit(database: &Database, batch: &Batch) -> Result<bool, Error> {
    let writing = begin(database)?;
    let id = batch.id().as_bytes().to_vec();
    if row(&writing.open_table(rows_of(&BATCHES))?, &id)?.is_some() {
        return Ok(true); // sent twice: it was done the first time
    }
    let kept_until = Value::Int(to_micros(batch.kept_until()));
    put(&writing, &BATCHES, None, &Row::new(vec![Value::Bytes(id), kept_until]))?;
    for change in batch.changes() {
        if !apply(&writing, change)? {
            return Ok(false); // a transaction that is dropped was never there
        }
    }
    writing.commit()?;
    Ok(true)
}

/// Makes one change, unless the row is not as the change expects it or a unique key is taken.
fn apply(writing: &WriteTransaction, change: &Change) -> Result<bool, Error> {
    let table = change.table();
    let standing = row(&writing.open_table(rows_of(table))?, change.key())?;
    let version = |row: &Row| table.version().map(|at| row.value(at).clone());
    match (change, standing) {
        (Change::Insert { row, .. }, None) => put(writing, table, None, row),
        (Change::Replace { row, version: expected, .. }, Some(standing))
            if version(&standing) == Some(Value::Int(*expected)) =>
        {
            put(writing, table, Some(&standing), row)
        }
        (Change::Delete { expect, .. }, Some(standing)) => {
            let as_expected = match expect {
                Expect::Present => true,
                Expect::Version(expected) => version(&standing) == Some(Value::Int(*expected)),
            };
            if as_expected {
                take_away(writing, table, &standing)?;
            }
            Ok(as_expected)
        }
        (Change::Raise { column, to, .. }, Some(standing)) => {
            let (Some(at), to) = (table.position(column), Value::Int(*to)) else {
                return Ok(false);
            };
            if *standing.value(at) >= to {
                return Ok(true);
            }
            let mut raised = standing.clone();
            raised.set(at, to);
            put(writing, table, Some(&standing), &raised)
        }
        (Change::Raise { .. }, None) => Ok(true),
        _ => Ok(false),
    }
}

/// Puts a row in the place of the one that stands, and says whether its unique keys were free.
pub(crate) fn put(
    writing: &WriteTransaction,
    table: &'static Table,
    standing: Option<&Row>,
    row: &Row,
) -> Result<bool, Error> {
    if let Some(standing) = standing {
        take_away(writing, table, standing)?;
    }
    let mut index = writing.open_table(INDEX)?;
    for entry in index::entries(table, row) {
        // The row's own entries are gone, so one that is there is another's.
        if index.insert(entry.as_slice(), row.key())?.is_some() {
            return Ok(false);
        }
    }
    let mut rows = writing.open_table(rows_of(table))?;
    rows.insert(row.key(), codec::encode(row.values()).as_slice())?;
    Ok(true)
}

fn take_away(writing: &WriteTransaction, table: &'static Table, row: &Row) -> Result<(), Error> {
    let mut index = writing.open_table(INDEX)?;
    for entry in index::entries(table, row) {
        index.remove(entry.as_slice())?;
    }
    writing.open_table(rows_of(table))?.remove(row.key())?;
    Ok(())
}

pub(crate) fn charge(
    database: &Database,
    charges: &[Charge],
    now: OffsetDateTime,
) -> Result<Vec<Verdict>, Error> {
    let writing = begin(database)?;
    let budget = |charge: &Charge| row(&writing.open_table(rows_of(&BUDGETS))?, &charge.key);
    let standing = charges.iter().map(budget).collect::<Result<Vec<_>, Error>>()?;
    let state = |row: &Option<Row>| row.as_ref().map(BudgetState::from_row).transpose();
    let states: Result<Vec<_>, _> = standing.iter().map(state).collect();
    let mut states = states.map_err(|corrupt| corrupted(&corrupt.to_string()))?;
    let verdicts = Charge::settle(charges, &mut states, now);
    for ((charge, standing), state) in charges.iter().zip(&standing).zip(states) {
        match (state, standing) {
            (Some(state), _) => {
                put(&writing, &BUDGETS, standing.as_ref(), &state.to_row(&charge.key))?;
            }
            (None, Some(standing)) => take_away(&writing, &BUDGETS, standing)?,
            (None, None) => {}
        }
    }
    writing.commit()?;
    Ok(verdicts)
}

pub(crate) fn lease(database: &Database, lease: &Lease) -> Result<Vec<Row>, Error> {
    let (table, lacks) = (&OUTBOX, || corrupted("the outbox's description"));
    let due_at = table.position("due_at").ok_or_else(lacks)?;
    let version_at = table.version().ok_or_else(lacks)?;
    let due = Page::of(table, "due", Vec::new(), lease.limit).ok_or_else(lacks)?;
    let until = Some(Value::Int(to_micros(lease.now).saturating_add(1)));
    let writing = begin(database)?;
    let due = Page { until, ..due };
    let mut taken = rows(&writing.open_table(INDEX)?, &writing.open_table(rows_of(table))?, &due)?;
    for row in &mut taken {
        let standing = row.clone();
        if let Value::Int(version) = *row.value(version_at) {
            row.set(version_at, Value::Int(version.saturating_add(1)));
        }
        row.set(due_at, Value::Int(to_micros(lease.until)));
        put(&writing, table, Some(&standing), row)?;
    }
    writing.commit()?;
    Ok(taken)
}

pub(crate) fn purge(
    database: &Database,
    table: &'static Table,
    before: OffsetDateTime,
    limit: u32,
) -> Result<u32, Error> {
    let writing = begin(database)?;
    let expired = index::expired(table, Value::Int(to_micros(before)));
    let keys: Vec<Vec<u8>> = writing
        .open_table(INDEX)?
        .range(expired.start.as_slice()..expired.end.as_slice())?
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|entry| entry.map(|(_, key)| key.value().to_vec()))
        .collect::<Result<_, _>>()?;
    for key in &keys {
        let standing = row(&writing.open_table(rows_of(table))?, key)?;
        take_away(&writing, table, &standing.ok_or_else(|| corrupted("an index"))?)?;
    }
    writing.commit()?;
    Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
}
