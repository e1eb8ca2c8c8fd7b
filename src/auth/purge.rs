//! Deleting what has expired.

use super::Auth;
use crate::{error::Result, store::Table};

impl Auth {
    /// Deletes rows that have expired, at most `limit` of each table, and says how many in all:
    /// sessions, links, limits, ids of batches, and what the audit trail keeps of strangers for
    /// thirty days. None of them was good for anything any more. [`Auth::background`] does this by
    /// itself; a host with a loop of its own calls it about once a minute until it says 0, and
    /// rests in between: on stores that write one thing after the other, a log-in that comes at
    /// that moment waits until the slice is gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not answer.
    /// What was deleted until then stays deleted.
    pub async fn purge(&self, limit: u32) -> Result<usize> {
        let core = &self.core;
        let mut deleted = 0_usize;
        for table in Table::ALL.iter().filter(|table| table.expires.is_some()) {
            let some = core.store.purge(table, core.now(), limit).await?;
            deleted = deleted.saturating_add(usize::try_from(some).unwrap_or(usize::MAX));
        }
        Ok(deleted)
    }
}
