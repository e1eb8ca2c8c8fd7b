use portcullis::store::{Batch, Charge, CommitError, StoreError};
use tokio::task::yield_now;

use super::{Fault, WrongStore};

/// How often somebody looks whether a lock is free before they give up.
const LOOKS: usize = 50;

impl WrongStore {
    /// Locks the rows of a batch: from the first handle in one order, from the next in the other.
    pub async fn lock_rows(&self, batch: &Batch) -> Result<(), CommitError> {
        let mut keys = self.rows(batch);
        if self.number % 2 == 1 {
            keys.reverse();
        }
        if self.lock_all(&keys).await { Ok(()) } else { Err(CommitError::Conflict) }
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
        let changes = batch.changes().iter().filter(|_| self.is(Fault::LocksInAnyOrder));
        changes.map(|change| [change.table().name.as_bytes(), change.key()].concat()).collect()
    }

    fn budgets(&self, charges: &[Charge]) -> Vec<Vec<u8>> {
        let charges = charges.iter().filter(|_| self.is(Fault::DeadlocksOnBudgets));
        charges.map(|charge| charge.key.to_vec()).collect()
    }

    /// Locks these, one after the other. Whoever waits too long lets go of all.
    async fn lock_all(&self, keys: &[Vec<u8>]) -> bool {
        for (position, key) in keys.iter().enumerate() {
            let mut looks = 0;
            while !self.shared.locked.lock().unwrap().insert(key.clone()) {
                looks += 1;
                if looks == LOOKS {
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
