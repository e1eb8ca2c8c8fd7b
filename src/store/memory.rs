//! The reference store: everything in memory, gone when the process ends.
//!
//! For tests and for reading: each clause of the contract in its shortest form.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{
    Batch, BudgetState, CONTRACT, Change, Charge, CommitError, Direction, Expect, Lease, Page, Row,
    SessionRows, Store, StoreError, Table, Unique, Value, Verdict, tables,
};
use crate::{clock::to_micros, secret::Digest};

type Rows = BTreeMap<Vec<u8>, Row>;

/// Keeps everything in memory. Clones share what they hold.
///
/// ```
/// use portcullis::store::{Store, memory::MemoryStore};
/// assert_eq!(MemoryStore::new().contract(), portcullis::store::CONTRACT);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: Arc<Mutex<HashMap<&'static str, Rows>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Rows>> {
        // Nothing panics while it holds the lock, so a poisoned one is still whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one table under the lock, which is never held across an await.
    fn read<T>(
        &self,
        table: &'static Table,
        read: impl FnOnce(&Rows) -> T,
    ) -> Result<T, StoreError> {
        known(table)?;
        Ok(read(self.lock().entry(table.name).or_default()))
    }
}

fn known(table: &'static Table) -> Result<(), StoreError> {
    if table.is_known() { Ok(()) } else { Err(StoreError::Unsupported("an unknown table")) }
}

fn at(table: &Table, row: &Row, column: &str) -> Value {
    table.position(column).map_or(Value::Null, |position| row.value(position).clone())
}

fn all_at(table: &Table, row: &Row, columns: &[&str]) -> Vec<Value> {
    columns.iter().map(|column| at(table, row, column)).collect()
}

fn version(table: &Table, row: &Row) -> Option<i64> {
    match at(table, row, Table::VERSION) {
        Value::Int(version) => Some(version),
        _ => None,
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn contract(&self) -> u32 {
        CONTRACT
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.read(table, |rows| rows.get(key).cloned())
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        known(table)?;
        if !table.uniques.contains(unique) || !table.fits(unique.columns, values) {
            return Err(StoreError::Unsupported("a look-up that is not one of the table's"));
        }
        if values.contains(&Value::Null) {
            return Ok(None); // nothing equals nothing
        }
        self.read(table, |rows| {
            rows.values().find(|row| all_at(table, row, unique.columns) == values).cloned()
        })
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        if let Some(flaw) = page.flaw() {
            return Err(StoreError::Unsupported(flaw));
        }
        self.read(page.table, |rows| {
            let mut found: Vec<_> = rows
                .values()
                .filter(|row| all_at(page.table, row, page.ordering.equal) == page.equal)
                .map(|row| (all_at(page.table, row, page.ordering.by), row))
                .filter(|(by, _)| {
                    let first = by.first();
                    page.from.as_ref().is_none_or(|from| first >= Some(from))
                        && page.until.as_ref().is_none_or(|until| first < Some(until))
                        && page.after.as_ref().is_none_or(|after| match page.direction {
                            Direction::Ascending => by > after,
                            Direction::Descending => by < after,
                        })
                })
                .collect();
            found.sort_by(|(a, _), (b, _)| match page.direction {
                Direction::Ascending => a.cmp(b),
                Direction::Descending => b.cmp(a),
            });
            let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
            found.into_iter().take(limit).map(|(_, row)| row.clone()).collect()
        })
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        if let Some(flaw) = SessionRows::flaw(digests) {
            return Err(StoreError::Unsupported(flaw));
        }
        let tables = self.lock();
        let get = |table: &Table, key: &[u8]| tables.get(table.name)?.get(key).cloned();
        let each = digests.iter().map(Digest::as_bytes).collect::<BTreeSet<_>>().into_iter();
        let found = each.filter_map(|digest| {
            let session = get(&tables::SESSIONS, digest)?;
            let key = |column| match at(&tables::SESSIONS, &session, column) {
                Value::Bytes(key) => key,
                _ => Vec::new(),
            };
            let user = get(&tables::USERS, &key("user"))?;
            let account = get(&tables::ACCOUNTS, &key("account"))?;
            Some(SessionRows { session, user, account })
        });
        Ok(found.collect())
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        if let Some(flaw) = batch.flaw() {
            return Err(StoreError::Unsupported(flaw).into());
        }
        let mut tables = self.lock();
        let applied = tables.entry(tables::BATCHES.name).or_default();
        if applied.contains_key(batch.id().as_bytes().as_slice()) {
            return Ok(());
        }
        // Everything is tried on copies of the rows it touches, and put in place at the end.
        let mut staged = Staged { tables: &tables, rows: BTreeMap::new() };
        for change in batch.changes() {
            staged.apply(change)?;
        }
        let rows = staged.rows;
        for ((table, key), row) in rows {
            let rows = tables.entry(table).or_default();
            match row {
                Some(row) => rows.insert(key, row),
                None => rows.remove(&key),
            };
        }
        let expires = Value::Int(to_micros(batch.kept_until()));
        let id = batch.id().as_bytes().to_vec();
        let row = Row::new(vec![Value::Bytes(id.clone()), expires]);
        tables.entry(tables::BATCHES.name).or_default().insert(id, row);
        Ok(())
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        let mut tables = self.lock();
        let rows = tables.entry(tables::BUDGETS.name).or_default();
        let mut states = Vec::with_capacity(charges.len());
        for charge in charges {
            let row = rows.get(charge.key.as_slice());
            states.push(row.map(BudgetState::from_row).transpose()?);
        }
        let verdicts = Charge::settle(charges, &mut states, now);
        for (charge, state) in charges.iter().zip(states) {
            match state {
                Some(state) => rows.insert(charge.key.to_vec(), state.to_row(&charge.key)),
                None => rows.remove(charge.key.as_slice()),
            };
        }
        Ok(verdicts)
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        let table = &tables::OUTBOX;
        let (Some(due), Some(version_at)) = (table.position("due_at"), table.version()) else {
            return Err(StoreError::Unsupported("an outbox without due times"));
        };
        let mut tables = self.lock();
        let rows = tables.entry(table.name).or_default();
        let now = Value::Int(to_micros(lease.now));
        let mut found: Vec<_> = rows.values_mut().filter(|row| *row.value(due) <= now).collect();
        found.sort_by(|a, b| (a.value(due), a.key()).cmp(&(b.value(due), b.key())));
        let limit = usize::try_from(lease.limit).unwrap_or(usize::MAX);
        let taken = found.into_iter().take(limit).map(|row| {
            let version = version(table, row).unwrap_or(0);
            row.set(due, Value::Int(to_micros(lease.until)));
            row.set(version_at, Value::Int(version.saturating_add(1)));
            row.clone()
        });
        Ok(taken.collect())
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        known(table)?;
        let Some(expires) = table.expires.and_then(|column| table.position(column)) else {
            return Err(StoreError::Unsupported("purging a table whose rows never expire"));
        };
        let before = Value::Int(to_micros(before));
        let mut left = limit;
        self.lock().entry(table.name).or_default().retain(|_, row| {
            let expired = *row.value(expires) != Value::Null && *row.value(expires) < before;
            let goes = left > 0 && expired;
            left -= u32::from(goes);
            !goes
        });
        Ok(limit - left)
    }
}

/// A batch half-way through: the rows it has touched, over those that stand.
struct Staged<'a> {
    tables: &'a HashMap<&'static str, Rows>,
    rows: BTreeMap<(&'static str, Vec<u8>), Option<Row>>,
}

impl Staged<'_> {
    fn standing(&self, table: &'static Table, key: &[u8]) -> Option<&Row> {
        match self.rows.get(&(table.name, key.to_vec())) {
            Some(staged) => staged.as_ref(),
            None => self.tables.get(table.name)?.get(key),
        }
    }

    fn apply(&mut self, change: &Change) -> Result<(), CommitError> {
        let (table, key) = (change.table(), change.key().to_vec());
        let standing = self.standing(table, &key).cloned();
        let row = match (change, standing) {
            (Change::Insert { row, .. }, None) => Some(row.clone()),
            (Change::Replace { row, version: expected, .. }, Some(standing))
                if version(table, &standing) == Some(*expected) =>
            {
                Some(row.clone())
            }
            (Change::Delete { expect: Expect::Present, .. }, Some(_)) => None,
            (Change::Delete { expect: Expect::Version(expected), .. }, Some(standing))
                if version(table, &standing) == Some(*expected) =>
            {
                None
            }
            (Change::Raise { .. }, None) => return Ok(()),
            (Change::Raise { column, to, .. }, Some(mut standing)) => {
                let column = table.position(column).unwrap_or(usize::MAX);
                if *standing.value(column) < Value::Int(*to) {
                    standing.set(column, Value::Int(*to));
                }
                Some(standing)
            }
            _ => return Err(CommitError::Conflict),
        };
        if row.as_ref().is_some_and(|row| self.clashes(table, row)) {
            return Err(CommitError::Conflict);
        }
        self.rows.insert((table.name, key), row);
        Ok(())
    }

    /// Whether another row has the values of one of this row's unique keys.
    fn clashes(&self, table: &'static Table, row: &Row) -> bool {
        let standing = self.tables.get(table.name).into_iter().flat_map(BTreeMap::values);
        let staged = self.rows.iter().filter(|((name, _), _)| *name == table.name);
        let replaced = |row: &&Row| !self.rows.contains_key(&(table.name, row.key().to_vec()));
        let others: Vec<_> =
            standing.filter(replaced).chain(staged.filter_map(|(_, row)| row.as_ref())).collect();
        table.uniques.iter().any(|unique| {
            let values = all_at(table, row, unique.columns);
            !values.contains(&Value::Null)
                && others.iter().any(|other| {
                    other.key() != row.key() && all_at(table, other, unique.columns) == values
                })
        })
    }
}
