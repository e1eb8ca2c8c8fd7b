//! What the stores on database servers share: connections, reads that are tried again on a fresh
//! one, writes that outlive their caller, migrations by one process at a time. A database adds a
//! [`Peer`], which opens connections and says how its transactions begin.

mod again;
mod fault;
mod links;
pub(in crate::store) mod migrate;
mod store;
mod text;

pub use fault::DriverError;

pub(in crate::store) use fault::{Fate, fate};
pub(in crate::store) use links::Links;
pub(in crate::store) use migrate::{bring_up_to_date, check};
pub(in crate::store) use store::impl_store;

use std::{future::Future, sync::Arc, time::Duration};

use self::{again::note_again, links::Held};
use super::{Call, Done, Link, Statements, Work};
use crate::store::{CommitError, Row, StoreError, Table};

/// The way to a database server.
pub(in crate::store) trait Peer: Send + Sync + 'static {
    /// Its connections.
    type Link: PeerLink;

    /// Its name in errors.
    const NAME: &'static str;

    /// Whether the statements of one [`PeerLink::say`] happen together or not at all, those that
    /// make tables included.
    const MIGRATES_AT_ONCE: bool;

    /// Opens a connection, or borrows one from the host's pool.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none.
    fn open(&self) -> impl Future<Output = Result<Self::Link, StoreError>> + Send;

    /// How many connections lie idle in the host's pool, where they come from one and go back to it
    /// after each use.
    fn borrows(&self) -> Option<u32>;

    /// What begins a transaction in which nobody sees what is not committed; its end is written
    /// through to the disk where it is to be durable.
    fn begin(&self, durable: bool) -> &str;
}

/// A connection to a server.
pub(in crate::store) trait PeerLink: Link + 'static {
    /// Sends statements without parameters and says how many rows the last of them wrote.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when one of them failed.
    fn say(&mut self, sql: &str) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The number that a query without parameters answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it failed.
    fn number(&mut self, sql: &str)
    -> impl Future<Output = Result<Option<i64>, StoreError>> + Send;

    /// Closes the connection at once, whatever state it is in; the host's pool gets none back.
    fn discard(self);
}

/// A database on a server.
pub(in crate::store) struct Server<P: Peer> {
    shared: Arc<Shared<P>>,
}

struct Shared<P: Peer> {
    peer: P,
    links: Links<P>,
    statements: Statements,
    /// How long one call may take.
    patience: Duration,
}

impl<P: Peer> Clone for Server<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P: Peer> Server<P> {
    /// A server with at most so many connections. A call is given up after `patience`.
    pub(in crate::store) fn new(
        peer: P,
        statements: Statements,
        most: usize,
        patience: Duration,
    ) -> Self {
        let links = Links::new(most);
        Self { shared: Arc::new(Shared { peer, links, statements, patience }) }
    }

    pub(in crate::store) fn statements(&self) -> &Statements {
        &self.shared.statements
    }

    /// Lends out no more connections and closes those that are idle.
    pub(in crate::store) fn close(&self) {
        self.shared.links.close();
    }

    /// The rows a reading call answers. A caller that goes away in the middle takes the
    /// connection with it, since nobody knows what is still on its way there.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a row is not what it should be.
    pub(in crate::store) async fn read(
        &self,
        call: Call<'_>,
        tables: &[&'static Table],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.shared.within(self.shared.read(&call, tables)).await
    }

    /// Does a work in a transaction, in a task of its own: a caller that goes away leaves it
    /// wholly done or not begun.
    ///
    /// # Errors
    /// [`CommitError`] as the work met it.
    pub(in crate::store) async fn perform(&self, work: Work) -> Result<Done, CommitError> {
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move { shared.within(shared.perform(&work)).await });
        match task.await {
            Ok(answer) => answer,
            Err(_) => Err(self.shared.unavailable("its task was stopped").into()),
        }
    }
}

impl<P: Peer> Shared<P> {
    fn unavailable(&self, said: &str) -> StoreError {
        DriverError::new(P::NAME, said, Fate::Lost).into()
    }

    async fn within<T, E: From<StoreError>>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        match tokio::time::timeout(self.patience, call).await {
            Ok(answer) => answer,
            Err(_) => {
                // Where the network drops packets without a word, the idle ones are dead too. A
                // server that is only slow has few of them.
                self.links.close_idle();
                Err(late::<P>().into())
            }
        }
    }

    async fn read(
        &self,
        call: &Call<'_>,
        tables: &[&'static Table],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut held = self.links.take(&self.peer).await?;
        let call = std::slice::from_ref(call);
        let mut answer = held.link(&self.peer).await?.rows(call, tables).await;
        while held.is_stale(&answer) {
            answer = held.renew(&self.peer).await?.rows(call, tables).await;
        }
        // Some databases undo reads as well. Of one that stood alone nothing is left.
        while answer.as_ref().is_err_and(|error| fate(error) == Some(Fate::Undone)) {
            answer = held.link(&self.peer).await?.rows(call, tables).await;
        }
        if answer.is_ok() {
            held.keep();
        }
        answer
    }

    async fn perform(&self, work: &Work) -> Result<Done, CommitError> {
        loop {
            match self.transaction(work).await {
                // A round is only ever lost to somebody else's success, so this ends, and the
                // store's patience ends it in any case. What a batch expects is part of it; and
                // where the other transaction was this very batch, sent twice, it recognises
                // itself.
                Err(error) if is(Fate::Undone, &error) => {}
                // Only whoever sent a batch can do anything about a conflict.
                Err(CommitError::Conflict) if !matches!(work, Work::Commit(_)) => {}
                answer => return answer,
            }
        }
    }

    async fn transaction(&self, work: &Work) -> Result<Done, CommitError> {
        let mut held = self.begun(work.is_durable()).await?;
        let link = held.link(&self.peer).await?;
        let performed = match (work.perform(link, &self.statements).await, work) {
            (Ok(Done::Recognised), Work::Commit(batch)) => {
                note_again(batch, link, &self.statements).await
            }
            (performed, _) => performed,
        };
        let answer = match performed {
            Ok(done) => match link.say("COMMIT").await {
                Ok(_) => {
                    held.keep();
                    return Ok(done);
                }
                Err(error) => Err(error.into()),
            },
            Err(error) if is(Fate::Conflict, &error) => Err(CommitError::Conflict),
            Err(error) => Err(error),
        };
        // After any other error the connection is closed, and the server undoes what was begun on
        // it. In answer to `COMMIT` it says nothing of what was written.
        let undone = match &answer {
            Err(error @ CommitError::Failed(_)) => is(Fate::Undone, error),
            _ => true,
        };
        if matches!(&answer, Err(error) if is(Fate::Lost, error)) {
            held.forget_all();
        } else if undone && link.say("ROLLBACK").await.is_ok() {
            held.keep();
        }
        answer
    }

    /// A connection in a transaction. Nothing has happened on it, so it may be the second one.
    async fn begun(&self, durable: bool) -> Result<Held<'_, P>, StoreError> {
        let begin = self.peer.begin(durable);
        let mut held = self.links.take(&self.peer).await?;
        let mut answer = held.link(&self.peer).await?.say(begin).await;
        while held.is_stale(&answer) {
            answer = held.renew(&self.peer).await?.say(begin).await;
        }
        answer.map(|_| held)
    }
}

/// The bounds of how long a call may take: PostgreSQL counts whole milliseconds, of which none
/// means no limit, and refuses more than 24 days have.
pub(in crate::store) const SHORTEST: Duration = Duration::from_millis(1);
pub(in crate::store) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The URL, if its scheme is one of the database's: the drivers take any.
pub(in crate::store) fn database_url<'a>(url: &'a str, schemes: &[&str]) -> Option<&'a str> {
    let (scheme, _) = url.split_once("://")?;
    schemes.iter().any(|own| scheme.eq_ignore_ascii_case(own)).then_some(url)
}

/// What a call comes to, or that there was no answer in time.
///
/// # Errors
/// The call's, or [`StoreError::Unavailable`] when it was given up.
pub(in crate::store) async fn within<P: Peer, T, E: From<StoreError>>(
    patience: Duration,
    call: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer,
        Err(_) => Err(late::<P>().into()),
    }
}

fn late<P: Peer>() -> StoreError {
    DriverError::new(P::NAME, "no answer in time", Fate::Lost).into()
}

/// Whether this is what the database said.
fn is(meant: Fate, error: &CommitError) -> bool {
    matches!(error, CommitError::Failed(failure) if fate(failure) == Some(meant))
}
