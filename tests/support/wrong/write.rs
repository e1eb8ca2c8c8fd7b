use std::sync::MutexGuard;

use portcullis::{
    clock::to_micros,
    store::{Batch, Change, CommitError, Expect, Row, StoreError, Table, Value, tables},
};
use time::Duration;
use tokio::task::yield_now;

use super::{Fault, Rows, Tables, WrongStore, all_at, version};

impl WrongStore {
    pub async fn write(&self, batch: &Batch) -> Result<(), CommitError> {
        let unknown = batch.changes().iter().any(|change| !change.table().is_known());
        if self.is(Fault::RefusesLongBatches) && batch.changes().len() > 500 {
            return Err(StoreError::Unsupported("that many changes").into());
        }
        if self.is(Fault::HoldsTooLittle) && batch.changes().iter().any(is_long) {
            return Err(StoreError::Unsupported("a value that long").into());
        }
        let words = |change: &Change| std::ptr::eq(change.table(), &tables::USER_WORDS);
        let any = self.is(Fault::KeepsAnyWord) && batch.changes().iter().all(words);
        if let Some(flaw) = batch.flaw().filter(|_| !any && !self.is(Fault::CutsAtNul)) {
            let takes = (unknown && self.is(Fault::MakesTables)) || self.is(Fault::TakesAnyBatch);
            return if takes { Ok(()) } else { Err(StoreError::Unsupported(flaw).into()) };
        }
        self.connect().await;
        self.disconnect();
        if self.is(Fault::CachesForEachHandle) {
            self.cache.lock().unwrap().clear();
        }
        match self.fault {
            Fault::RecognisesTooEarly => {
                if self.is_noted(&self.lock(), batch) {
                    return Ok(());
                }
                yield_now().await;
                self.at_once(&mut self.lock(), batch)
            }
            Fault::ReplacesInTwoSteps => {
                let _turn = self.shared.turn.lock().await;
                let mut taken = Vec::new();
                for change in batch.changes() {
                    if let Change::Replace { table, row, .. } = change {
                        let standing = self.lock().entry(table.name).or_default().remove(row.key());
                        taken.extend(standing.map(|row| (table.name, row)));
                    }
                }
                yield_now().await;
                let mut tables = self.lock();
                for (name, row) in taken {
                    tables.entry(name).or_default().insert(row.key().to_vec(), row);
                }
                if self.is_noted(&tables, batch) {
                    Ok(())
                } else {
                    self.at_once(&mut tables, batch)
                }
            }
            Fault::SplitsLongBatches => {
                let mut tables = self.lock();
                if self.is_noted(&tables, batch) {
                    return Ok(());
                }
                for part in batch.changes().chunks(256) {
                    let part = Batch::new(batch.id(), batch.at(), part.to_vec());
                    self.at_once(&mut tables, &part)?;
                }
                Ok(())
            }
            Fault::ChecksUniqueKeysFirst => {
                if self.is_noted(&self.lock(), batch) {
                    return Ok(());
                }
                let mut tried = self.lock().clone();
                for change in batch.changes() {
                    if self.takes_anothers(&mut tried, change) {
                        return Err(CommitError::Conflict);
                    }
                    self.apply(&mut tried, change)?;
                }
                yield_now().await;
                self.at_once(&mut self.lock(), batch)
            }
            Fault::WritesChangeByChange
            | Fault::WritesAsItGoes
            | Fault::LocksInItsHandle
            | Fault::ReadsThenWrites
            | Fault::RaisesByReplacing => {
                if !self.is_noted(&self.lock(), batch) {
                    self.in_steps(batch).await?;
                    self.note(&mut self.lock(), batch);
                }
                Ok(())
            }
            _ => {
                let mut tables = self.lock();
                if self.is_noted(&tables, batch) {
                    return Ok(());
                }
                if self.is(Fault::ReadsAReplica) {
                    *self.shared.replica.lock().unwrap() = tables.clone();
                }
                let written = self.at_once(&mut tables, batch);
                if written.is_err() && self.is(Fault::UnchargesOnConflict) {
                    tables.remove(tables::BUDGETS.name);
                }
                written
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.shared.tables.lock().unwrap()
    }

    fn at_once(&self, tables: &mut Tables, batch: &Batch) -> Result<(), CommitError> {
        if self.is(Fault::RemembersConflicts) {
            self.note(tables, batch);
        }
        if self.is(Fault::KeepsTheFirstHalf) {
            batch.changes().iter().try_for_each(|change| self.apply(tables, change))?;
        } else {
            let mut tried = tables.clone();
            let changes = batch.changes().iter().filter(|change| !self.is_older(change, batch));
            changes.into_iter().try_for_each(|change| self.apply(&mut tried, change))?;
            let last = self.is(Fault::ChecksUniqueKeysLast);
            if last && batch.changes().iter().any(|change| self.takes_anothers(&mut tried, change))
            {
                return Err(CommitError::Conflict);
            }
            *tables = tried;
        }
        self.note(tables, batch);
        Ok(())
    }

    /// Whether the row was written before by somebody who said it was later.
    fn is_older(&self, change: &Change, batch: &Batch) -> bool {
        let mut written = self.shared.written.lock().unwrap();
        let row = (change.table().name, change.key().to_vec());
        let last = written.entry(row).or_insert(i64::MIN);
        let older = to_micros(batch.at()) < *last && self.is(Fault::TrustsTimesOfWriters);
        *last = to_micros(batch.at()).max(*last);
        older
    }

    async fn in_steps(&self, batch: &Batch) -> Result<(), CommitError> {
        let raises = |change: &Change| matches!(change, Change::Raise { .. });
        if self.is(Fault::RaisesByReplacing) && !batch.changes().iter().any(raises) {
            return self.at_once(&mut self.lock(), batch);
        }
        let mut tried = self.lock().clone();
        if self.is(Fault::WritesChangeByChange) {
            for change in batch.changes() {
                self.apply(&mut self.lock(), change)?;
                yield_now().await;
            }
            return Ok(());
        }
        yield_now().await;
        batch.changes().iter().try_for_each(|change| self.apply(&mut tried, change))?;
        yield_now().await;
        for change in batch.changes() {
            let (name, key) = (change.table().name, change.key());
            let row = tried.entry(name).or_default().remove(key);
            self.put(name, key, row);
            if self.is(Fault::WritesAsItGoes) || self.is(Fault::LocksInItsHandle) {
                yield_now().await;
            }
        }
        Ok(())
    }

    fn put(&self, table: &'static str, key: &[u8], row: Option<Row>) {
        let mut tables = self.lock();
        let rows = tables.entry(table).or_default();
        match row {
            Some(row) => rows.insert(key.to_vec(), row),
            None => rows.remove(key),
        };
    }

    fn clashes(&self, rows: &Rows, table: &'static Table, row: &Row) -> bool {
        let elsewhere =
            [Fault::HasNoUniqueKeys, Fault::ChecksUniqueKeysFirst, Fault::ChecksUniqueKeysLast];
        !elsewhere.contains(&self.fault) && self.has_another(rows, table, row)
    }

    fn takes_anothers(&self, tables: &mut Tables, change: &Change) -> bool {
        match change {
            Change::Insert { table, row } | Change::Replace { table, row, .. } => {
                self.has_another(tables.entry(table.name).or_default(), table, row)
            }
            _ => false,
        }
    }

    fn has_another(&self, rows: &Rows, table: &'static Table, row: &Row) -> bool {
        table.uniques.iter().any(|unique| {
            let of = |row: &Row| self.compared(all_at(table, row, unique.columns));
            let values = of(row);
            if values.contains(&Value::Null) && !self.is(Fault::TakesNullForAValue) {
                return false;
            }
            let mut taken = self.shared.taken.lock().unwrap();
            let mine = |other: &[u8]| other == row.key();
            let before = self.is(Fault::NeverFreesUniqueKeys)
                && taken.iter().any(|(name, key, value, owner)| {
                    (*name, *key) == (table.name, unique.name) && *value == values && !mine(owner)
                });
            taken.push((table.name, unique.name, values.clone(), row.key().to_vec()));
            let ghosts = self.shared.ghosts.lock().unwrap();
            let left = ghosts.iter().any(|(name, row)| *name == table.name && of(row) == values);
            before || left || rows.values().any(|other| !mine(other.key()) && of(other) == values)
        })
    }

    fn is_this(&self, stands: Value, expected: i64) -> bool {
        let Value::Int(stands) = stands else { return false };
        match self.fault {
            Fault::ComparesVersionsIn32Bits => stands as i32 == expected as i32,
            Fault::AddsOneToVersions => {
                stands.checked_add(1).expect("no version behind the last") == expected + 1
            }
            _ => stands == expected,
        }
    }

    fn apply(&self, tables: &mut Tables, change: &Change) -> Result<(), CommitError> {
        let (table, key) = (change.table(), self.cut(change.key()).to_vec());
        let rows = tables.entry(table.name).or_default();
        let standing = rows.get(&key).cloned();
        let is_version = |expected| {
            let stands = standing.as_ref().is_some_and(|row| {
                table.version().is_some() && self.is_this(version(table, row), expected)
            });
            stands || (standing.is_some() && self.is(Fault::IgnoresVersions))
        };
        match change {
            Change::Insert { row, .. } => {
                let free = standing.is_none() || self.is(Fault::OverwritesOnInsert);
                if !free || self.clashes(rows, table, row) {
                    return Err(CommitError::Conflict);
                }
                rows.insert(key, self.kept(row));
            }
            Change::Replace { row, version, .. } => {
                let makes = self.is(Fault::MakesRowsByReplacing) && standing.is_none();
                let clashes =
                    !self.is(Fault::ReplacesIntoUniqueKeys) && self.clashes(rows, table, row);
                if !(is_version(*version) || makes) || clashes {
                    return Err(CommitError::Conflict);
                }
                rows.insert(key, self.kept(row));
            }
            Change::Delete { expect, .. } => {
                let holds = match expect {
                    Expect::Present => standing.is_some(),
                    Expect::Version(_) if self.is(Fault::DeletesAnyVersion) => standing.is_some(),
                    Expect::Version(version) => is_version(*version),
                };
                if !holds && !self.is(Fault::DeletesWhatIsNotThere) {
                    return Err(CommitError::Conflict);
                }
                rows.remove(&key);
            }
            Change::Raise { column, to, .. } => self.raise(rows, table, key, column, *to)?,
        }
        Ok(())
    }

    fn raise(
        &self,
        rows: &mut Rows,
        table: &'static Table,
        key: Vec<u8>,
        column: &str,
        to: i64,
    ) -> Result<(), CommitError> {
        let position = table.position(column).unwrap_or(usize::MAX);
        let Some(row) = rows.get_mut(&key) else {
            if self.is(Fault::MakesRowsByRaising) {
                let mut values = vec![Value::Bytes(key.clone())];
                values.resize(table.columns.len(), Value::Int(to));
                rows.insert(key, Row::new(values));
            }
            let conflicts = self.is(Fault::ConflictsOnRaising);
            return if conflicts { Err(CommitError::Conflict) } else { Ok(()) };
        };
        let lifts = *row.value(position) < Value::Int(to);
        let null = *row.value(position) == Value::Null && self.is(Fault::CannotLiftNull);
        if (lifts && !null) || self.is(Fault::Lowers) {
            row.set(position, Value::Int(to));
        }
        if let (Fault::RaisesVersions, Some(at), Value::Int(version)) =
            (self.fault, table.version(), row.value(table.version().unwrap_or(0)).clone())
        {
            row.set(at, Value::Int(version + 1));
        }
        Ok(())
    }

    fn note(&self, tables: &mut Tables, batch: &Batch) {
        let id = batch.id().as_bytes().to_vec();
        let kept = match self.fault {
            Fault::ForgetsInAnHour => batch.at() + Duration::HOUR,
            Fault::NeverForgets => batch.at() + Duration::days(100_000),
            _ => batch.kept_until(),
        };
        let row = Row::new(vec![Value::Bytes(id.clone()), Value::Int(to_micros(kept))]);
        tables.entry(tables::BATCHES.name).or_default().insert(id, row);
    }

    fn is_noted(&self, tables: &Tables, batch: &Batch) -> bool {
        let batches = tables.get(tables::BATCHES.name);
        let noted = batches.is_some_and(|rows| rows.contains_key(batch.id().as_bytes().as_slice()));
        noted && !self.is(Fault::ForgetsBatches)
    }
}

/// Whether a value that is looked up is longer than some databases can have it in an index.
fn is_long(change: &Change) -> bool {
    let table = change.table();
    let row = match change {
        Change::Insert { row, .. } | Change::Replace { row, .. } => row,
        _ => return false,
    };
    table.columns.iter().zip(row.values()).any(|(column, value)| match value {
        Value::Text(text) => text.len() > 767 && table.is_indexed(column.name),
        Value::Bytes(bytes) => bytes.len() > 767 && table.is_indexed(column.name),
        _ => false,
    })
}
