use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{DriverError, Fate, Peer, PeerLink, fate};
use crate::store::StoreError;

/// The connections to a server.
///
/// The driver's own pool asks each connection for a sign of life when it comes back, one more
/// round trip for every call. Here a connection that failed, or whose caller went away in the
/// middle, is closed; the others are as they should be.
pub(in crate::store) struct Links<P: Peer> {
    permits: Semaphore,
    idle: Mutex<Vec<P::Link>>,
}

impl<P: Peer> Links<P> {
    /// At most so many connections, opened when they are needed.
    pub(super) fn new(most: usize) -> Self {
        Self { permits: Semaphore::new(most), idle: Mutex::new(Vec::new()) }
    }

    /// Waits for the right to a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store was closed.
    pub(super) async fn take(&self, peer: &P) -> Result<Held<'_, P>, StoreError> {
        let permit = self.permits.acquire().await;
        let closed = || DriverError::new(P::NAME, "the store is closed", Fate::Lost);
        let permit = permit.map_err(|_| closed())?;
        // The last one given back is the first to be taken, so that as few as possible are used.
        let link = self.idle().pop();
        let reused = link.is_some() || peer.borrows();
        Ok(Held { links: self, link, reused, lent: peer.borrows(), _permit: permit })
    }

    /// Closes the connections that are not in use.
    pub(super) fn forget(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for link in idle {
            link.discard();
        }
    }

    /// Hands out no more, and closes those that are not in use.
    pub(super) fn close(&self) {
        self.permits.close();
        self.forget();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<P::Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to a connection, and the connection. It is closed when this is dropped, unless it is
/// [kept](Self::keep).
pub(super) struct Held<'a, P: Peer> {
    links: &'a Links<P>,
    link: Option<P::Link>,
    /// Whether somebody used it before, so that it may have been lost meanwhile.
    reused: bool,
    lent: bool,
    _permit: SemaphorePermit<'a>,
}

impl<P: Peer> Held<'_, P> {
    /// The connection, opened if there was none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn link(&mut self, peer: &P) -> Result<&mut P::Link, StoreError> {
        let link = match self.link.take() {
            Some(link) => link,
            None => peer.open().await?,
        };
        Ok(self.link.insert(link))
    }

    /// Whether the answer only says that the connection was lost since it was last used.
    pub(super) fn is_stale<T>(&self, answer: &Result<T, StoreError>) -> bool {
        let lost = |error| fate(error) == Some(Fate::Lost);
        self.reused && answer.as_ref().err().is_some_and(lost)
    }

    /// A fresh connection in the place of this one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn renew(&mut self, peer: &P) -> Result<&mut P::Link, StoreError> {
        if let Some(lost) = self.link.take() {
            lost.discard();
        }
        self.reused = false;
        self.link(peer).await
    }

    /// Gives the connection back for others to use.
    pub(super) fn keep(mut self) {
        let link = self.link.take();
        if let Some(link) = link.filter(|_| !self.lent && !self.links.permits.is_closed()) {
            self.links.idle().push(link);
        }
    }
}

impl<P: Peer> Drop for Held<'_, P> {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.discard();
        }
    }
}
