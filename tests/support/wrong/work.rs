use portcullis::{
    clock::{Clock as _, SystemClock, to_micros},
    store::{BudgetState, Charge, Lease, Movement, Row, StoreError, Table, Value, Verdict, tables},
};
use time::{Duration, OffsetDateTime};
use tokio::task::yield_now;

use super::{Fault, Rows, WrongStore, version};

impl WrongStore {
    pub async fn do_charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        let now = match self.fault {
            Fault::BudgetsByItsClock => SystemClock.now(),
            Fault::KeepsTheLatestNow => self.now(now),
            _ => now,
        };
        let load = |rows: &Rows| -> Vec<_> {
            let get = |charge: &Charge| rows.get(charge.key.as_slice());
            let states = charges.iter().map(|charge| get(charge).map(BudgetState::from_row));
            states.map(|state| state.transpose().unwrap()).collect()
        };
        let keep = |rows: &mut Rows, states: Vec<Option<BudgetState>>| {
            for (charge, state) in charges.iter().zip(states) {
                let narrow = |mut state: BudgetState| {
                    state.count &=
                        if self.is(Fault::CountsBudgetsIn16Bits) { 0xffff } else { u32::MAX };
                    state
                };
                match state.map(narrow) {
                    Some(state) => rows.insert(charge.key.to_vec(), state.to_row(&charge.key)),
                    None => rows.remove(charge.key.as_slice()),
                };
            }
        };
        let name = tables::BUDGETS.name;
        let lock = || self.shared.tables.lock().unwrap();
        if self.is(Fault::ChargesInSteps) {
            let mut states = load(lock().entry(name).or_default());
            yield_now().await;
            let verdicts = Charge::settle(charges, &mut states, now);
            keep(lock().entry(name).or_default(), states);
            return Ok(verdicts);
        }
        if self.is(Fault::KeepsItsLock) {
            self.connections.acquire().await.unwrap().forget();
            yield_now().await;
            self.connections.add_permits(1);
        }
        if self.is(Fault::ChargesAsItGoes) {
            let _turn = self.shared.turn.lock().await;
            let mut states = load(lock().entry(name).or_default());
            let verdicts = Charge::settle(charges, &mut states, now);
            for (charge, state) in charges.iter().zip(states) {
                if let Some(state) = state {
                    let row = state.to_row(&charge.key);
                    lock().entry(name).or_default().insert(charge.key.to_vec(), row);
                }
                yield_now().await;
            }
            return Ok(verdicts);
        }
        self.connect().await;
        self.disconnect();
        let mut tables = lock();
        let rows = tables.entry(name).or_default();
        let mut states = load(rows);
        let before = states.clone();
        let mut verdicts = match self.fault {
            Fault::ChargesEachAlone => {
                let each = charges.iter().zip(&mut states).flat_map(|(charge, state)| {
                    Charge::settle(&[*charge], std::slice::from_mut(state), now)
                });
                each.collect()
            }
            _ => Charge::settle(charges, &mut states, now),
        };
        if self.is(Fault::NeverGivesBack) {
            for (n, charge) in charges.iter().enumerate() {
                if charge.movement == Movement::GiveBack {
                    states[n] = before[n];
                    verdicts[n].count = before[n].map_or(0, |state| state.count);
                }
            }
        }
        keep(rows, states);
        Ok(verdicts)
    }

    pub async fn do_lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        let table = &tables::OUTBOX;
        let due = table.position("due_at").unwrap();
        let slow = self.is(Fault::LeasesAsItGoes);
        let _turn = if slow { Some(self.shared.turn.lock().await) } else { None };
        let now = Value::Int(to_micros(self.now(lease.now)));
        self.connect().await;
        self.disconnect();
        let mut found: Vec<_> = self.read(table, |rows| {
            rows.values().filter(|row| *row.value(due) <= now).cloned().collect()
        });
        found.sort_by_key(|row| match self.fault {
            Fault::LeasesAnyOrder => (Value::Null, row.key().to_vec()),
            _ => (row.value(due).clone(), row.key().to_vec()),
        });
        found.truncate(self.limit(lease.limit));
        if self.is(Fault::LeasesInSteps) {
            yield_now().await;
        }
        let mut taken = Vec::new();
        for row in found {
            if slow {
                yield_now().await;
            }
            let mut tables = self.shared.tables.lock().unwrap();
            let standing = tables.entry(table.name).or_default().get_mut(row.key());
            let Some(standing) =
                standing.filter(|standing| **standing == row || self.is(Fault::LeasesInSteps))
            else {
                continue;
            };
            let until = match self.fault {
                Fault::LeasesForEver => lease.until + Duration::days(9),
                _ => lease.until,
            };
            standing.set(due, Value::Int(to_micros(until)));
            let Value::Int(version) = version(table, standing) else { continue };
            if !self.is(Fault::KeepsVersionOnLease) {
                standing.set(table.version().unwrap(), Value::Int(version.saturating_add(1)));
            }
            taken.push(standing.clone());
        }
        Ok(taken)
    }

    pub async fn do_purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.known(table)?;
        let Some(expires) = table.expires.and_then(|column| table.position(column)) else {
            return if self.is(Fault::AnswersAnything) {
                Ok(0)
            } else {
                Err(StoreError::Unsupported("purging a table whose rows never expire"))
            };
        };
        let before = Value::Int(to_micros(self.now(before)));
        let limit = match self.fault {
            Fault::PurgesWithoutLimit => usize::MAX,
            _ => self.limit(limit),
        };
        let expired = |row: &&Row| match (self.fault, row.value(expires)) {
            (Fault::PurgesTooMuch, expires) => *expires <= before,
            (Fault::PurgesWhatNeverExpires, expires) => *expires < before,
            (_, expires) => *expires != Value::Null && *expires < before,
        };
        let truly = self.is(Fault::PurgesWhatItChose);
        let steps = self.is(Fault::CountsBeforePurging) || truly;
        self.connect().await;
        self.disconnect();
        let keys = |rows: &Rows| -> Vec<_> {
            rows.values().filter(expired).take(limit).map(|row| row.key().to_vec()).collect()
        };
        let seen = self.read(table, keys);
        if steps {
            yield_now().await;
        }
        if self.is(Fault::PurgesAsItGoes) {
            let _turn = self.shared.turn.lock().await;
            for key in &seen {
                self.shared.tables.lock().unwrap().entry(table.name).or_default().remove(key);
                yield_now().await;
            }
            return Ok(seen.len() as u32);
        }
        let mut tables = self.shared.tables.lock().unwrap();
        let rows = tables.entry(table.name).or_default();
        let mut seen = if steps { seen } else { keys(rows) };
        if truly {
            seen.retain(|key| rows.contains_key(key));
        }
        for key in &seen {
            let row = rows.remove(key).filter(|_| self.is(Fault::PurgesRowsOnly));
            self.shared.ghosts.lock().unwrap().extend(row.map(|row| (table.name, row)));
        }
        Ok(seen.len() as u32)
    }

    /// How many rows a limit lets through.
    pub fn limit(&self, limit: u32) -> usize {
        match self.fault {
            Fault::CountsLimitsSigned => (limit as i32).max(0) as usize,
            _ => limit as usize,
        }
    }
}
