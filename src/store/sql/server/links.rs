use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
};

use super::{DriverError, Fate, Peer, PeerLink, fate};
use crate::store::StoreError;

/// The connections to a server.
///
/// The driver's own pool asks each connection for a sign of life when it comes back, one more
/// round trip for every call. Here a connection that failed, or whose caller went away in the
/// middle, is closed; the others are as they should be.
pub(in crate::store) struct Links<P: Peer> {
    permits: Semaphore,
    idle: Mutex<Idle<P>>,
    /// Where the host's connections go back to their pool, whoever drops them.
    runtime: Handle,
}

struct Idle<P: Peer> {
    links: Vec<P::Link>,
    /// How often all connections were given up. One that was in use then is not kept.
    generation: u64,
}

impl<P: Peer> Links<P> {
    /// At most so many connections, opened when they are needed, in this runtime.
    pub(super) fn new(most: usize) -> Self {
        let idle = Mutex::new(Idle { links: Vec::new(), generation: 0 });
        Self { permits: Semaphore::new(most), idle, runtime: Handle::current() }
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
        let mut idle = self.idle();
        let (link, generation) = (idle.links.pop(), idle.generation);
        drop(idle);
        let lent = peer.borrows();
        // Each that lay in a pool may have been lost; of the store's own the others are forgotten.
        let renewals = lent.map_or_else(|| u32::from(link.is_some()), |idle| idle.max(1));
        let lent = lent.is_some();
        Ok(Held { links: self, link, generation, renewals, lent, _permit: permit })
    }

    /// Gives up every connection of this generation: those not in use at once, the others after
    /// their use.
    fn forget(&self, generation: u64) {
        let mut idle = self.idle();
        // Only the first of those who notice: what was opened since leads where it should.
        if idle.generation == generation {
            idle.generation += 1;
            let links = std::mem::take(&mut idle.links);
            drop(idle);
            links.into_iter().for_each(PeerLink::discard);
        }
    }

    /// Closes the connections that are not in use.
    pub(super) fn close_idle(&self) {
        let links = std::mem::take(&mut self.idle().links);
        links.into_iter().for_each(PeerLink::discard);
    }

    /// Hands out no more, and closes those that are not in use.
    pub(super) fn close(&self) {
        self.permits.close();
        self.close_idle();
    }

    fn idle(&self) -> MutexGuard<'_, Idle<P>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to a connection, and the connection. It is closed when this is dropped, unless it is
/// [kept](Self::keep).
pub(super) struct Held<'a, P: Peer> {
    links: &'a Links<P>,
    link: Option<P::Link>,
    generation: u64,
    /// How many in a row may turn out to have been lost since somebody last used them.
    renewals: u32,
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
        self.renewals > 0 && answer.as_ref().err().is_some_and(lost)
    }

    /// Replaces this connection by a fresh one, and gives up all others of its generation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened.
    pub(super) async fn renew(&mut self, peer: &P) -> Result<&mut P::Link, StoreError> {
        if let Some(lost) = self.link.take() {
            lost.discard();
        }
        self.forget_all();
        self.renewals = self.renewals.saturating_sub(1);
        self.generation = self.links.idle().generation;
        self.link(peer).await
    }

    /// Has nobody use a connection again that is as old as this one: the server was restarted,
    /// or became one that only reads.
    pub(super) fn forget_all(&self) {
        self.links.forget(self.generation);
    }

    /// Gives the connection back for others to use.
    pub(super) fn keep(mut self) {
        if self.lent {
            // It goes back to its pool.
            drop(self.link.take());
            return;
        }
        let mut idle = self.links.idle();
        if idle.generation == self.generation && !self.links.permits.is_closed() {
            idle.links.extend(self.link.take());
        }
    }
}

impl<P: Peer> Drop for Held<'_, P> {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            // A pool spawns a task to close it; whoever drops a future may be no part of a runtime.
            let outside = Handle::try_current().is_err();
            let _inside = outside.then(|| self.links.runtime.enter());
            link.discard();
        }
    }
}
