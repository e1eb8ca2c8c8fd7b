use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{SqliteLink, driver::DriverError, options::Opener};
use crate::store::StoreError;

/// The connections that read.
///
/// The driver's own pool asks each connection for a sign of life when it comes back, one more
/// round trip for every read; here a connection that failed is thrown away instead.
pub(super) struct Readers {
    opener: Opener,
    permits: Semaphore,
    idle: Mutex<Vec<SqliteLink>>,
}

impl Readers {
    /// At most so many connections, opened when they are needed.
    pub(super) fn new(opener: Opener, most: usize) -> Self {
        Self { opener, permits: Semaphore::new(most), idle: Mutex::new(Vec::new()) }
    }

    /// Waits for a connection to be free.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store was closed.
    pub(super) async fn take(&self) -> Result<Reader<'_>, StoreError> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|_| StoreError::unavailable(DriverError::closed()))?;
        // The last one given back is the first to be taken, while its pages are still at hand.
        let link = self.idle().pop();
        Ok(Reader { readers: self, link, _permit: permit })
    }

    /// Hands out no more, and closes those that are not in use; the others are closed by being
    /// dropped.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for link in idle {
            link.close().await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteLink>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to read, with a connection.
pub(super) struct Reader<'a> {
    readers: &'a Readers,
    link: Option<SqliteLink>,
    _permit: SemaphorePermit<'a>,
}

impl Reader<'_> {
    /// The connection, opened if there was none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn link(&mut self) -> Result<&mut SqliteLink, StoreError> {
        let link = match self.link.take() {
            Some(link) => link,
            None => self.readers.opener.reader().await?,
        };
        Ok(self.link.insert(link))
    }

    /// Keeps the connection for the next one, unless it failed.
    pub(super) fn give_back<T>(mut self, answer: &Result<T, StoreError>) {
        if answer.is_err() {
            self.link = None;
        }
    }
}

impl Drop for Reader<'_> {
    /// Also when the caller's future was dropped in the middle: the driver finishes or breaks off
    /// what was asked before it looks at what is asked next.
    fn drop(&mut self) {
        if let Some(link) = self.link.take()
            && !self.readers.permits.is_closed()
        {
            self.readers.idle().push(link);
        }
    }
}
