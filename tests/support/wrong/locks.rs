use portcullis::store::{Batch, Change, Charge, CommitError, StoreError, Value};
use tokio::{sync::MutexGuard, task::yield_now};

use super::{Fault, WrongStore, all_at};

/// How often somebody looks whether a lock is free before they give up: who waits for a name
/// outlasts a crowd that wants it, and only a ring is for ever.
const LOOKS: usize = 50;
const LOOKS_AT_NAMES: usize = 10_000;

impl WrongStore {
    /// Waits until nobody else is at work, who has this handle.
    pub async fn lock_handle(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is(Fault::LocksInItsHandle) { Some(self.turn.lock().await) } else { None }
    }

    /// Locks what a batch writes. Rows: from the first handle in one order, from the next in the
    /// other. Unique keys: as the changes come to them.
    pub async fn lock_rows(&self, batch: &Batch) -> Result<(), CommitError> {
        let mut keys = self.rows(batch);
        if self.number % 2 == 1 && self.is(Fault::LocksInAnyOrder) {
            keys.reverse();
        }
        match self.lock_all(&keys).await {
            true => Ok(()),
            false if self.is(Fault::LocksInAnyOrder) => Err(CommitError::Conflict),
            false => Err(StoreError::unavailable("a deadlock").into()),
        }
    }

    pub fn unlock_rows(&self, batch: &Batch) {
        self.unlock_all(&self.rows(batch));
    }

    /// Locks budgets in the order in which they are charged.
    pub async fn lock_budgets(&self, charges: &[Charge]) -> Result<(), StoreError> {
        let locked = self.lock_all(&self.budgets(charges)).await;
        if locked { Ok(()) } else { Err(StoreError::unavailable("a deadlock")) }
    }

    pub fn unlock_budgets(&self, charges: &[Charge]) {
        self.unlock_all(&self.budgets(charges));
    }

    fn rows(&self, batch: &Batch) -> Vec<Vec<u8>> {
        let changes = batch.changes().iter();
        match self.fault {
            Fault::LocksInAnyOrder => changes
                .map(|change| [change.table().name.as_bytes(), change.key()].concat())
                .collect(),
            Fault::DeadlocksOnUniqueKeys => changes.flat_map(taken).collect(),
            _ => Vec::new(),
        }
    }

    fn budgets(&self, charges: &[Charge]) -> Vec<Vec<u8>> {
        let charges = charges.iter().filter(|_| self.is(Fault::DeadlocksOnBudgets));
        charges.map(|charge| charge.key.to_vec()).collect()
    }

    /// Locks these, one after the other. Whoever waits too long lets go of all.
    async fn lock_all(&self, keys: &[Vec<u8>]) -> bool {
        let patience = if self.is(Fault::DeadlocksOnUniqueKeys) { LOOKS_AT_NAMES } else { LOOKS };
        for (position, key) in keys.iter().enumerate() {
            let mut looks = 0;
            while !self.shared.locked.lock().unwrap().insert(key.clone()) {
                looks += 1;
                if looks == patience {
                    self.unlock_all(&keys[..position]);
                    return false;
                }
                yield_now().await;
            }
            yield_now().await;
        }
        true
    }

    fn unlock_all(&self, keys: &[Vec<u8>]) {
        let mut locked = self.shared.locked.lock().unwrap();
        for key in keys {
            locked.remove(key);
        }
    }
}

/// The texts a change takes of unique keys.
fn taken(change: &Change) -> Vec<Vec<u8>> {
    let (Change::Insert { table, row } | Change::Replace { table, row, .. }) = change else {
        return Vec::new();
    };
    let each = table.uniques.iter().flat_map(|unique| {
        all_at(table, row, unique.columns).into_iter().map(|value| (unique.name, value))
    });
    let text = |(name, value)| match value {
        Value::Text(text) => Some([table.name, name, &text].concat().into_bytes()),
        _ => None,
    };
    each.filter_map(text).collect()
}
