//! Session checks that happen at the same moment share one read of the store.
//!
//! A check that finds a lane free asks at once and waits for nobody. While every lane asks, those
//! that arrive wait in a row; when a lane's query ends, the first of the row takes the lane and
//! asks for everybody who waits then. So no query is held back for others to join, and the busier
//! the store, the more checks each query answers.
//!
//! What somebody would gain if this were wrong is another person's session, or one that has ended.
//! Hence two rules. A check is answered only by a query that **began after it arrived**: a query
//! is asked with those who wait when it begins, and nobody joins it later. And answers are handed
//! out **by digest**, never by place; the caller compares once more ([`super::session`],
//! `standing`).
//!
//! There is no task, no timer and no runtime here. Any of these futures may be dropped at any
//! point: the lane of one that led goes to the next in the row, and those it had asked for are
//! the first to be asked for again. One that is neither polled nor dropped keeps its lane. Where
//! every lane is kept like that, or the store is as slow, the next check that comes opens another,
//! and asks for everybody in the row.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_channel::oneshot;

use crate::{
    secret::Digest,
    store::{SessionRows, Store, StoreError},
};

/// What a check is answered. Checks of one session share its rows.
type Answer = Result<Option<Arc<SessionRows>>, StoreError>;

/// How many queries are under way at once, at the most. While one hangs, the other answers
/// everybody who is not part of it. From one to four were tried in `benches/session_check.rs`,
/// and what differed was less than the noise: the fewer, the more checks share a query.
const LANES: usize = 2;

/// How long no lane may be taken, given back or passed on before whoever comes opens another. No
/// query of a store that is well takes as long, and nobody who waits for it should.
const STUCK: Duration = Duration::from_secs(2);

/// The checks of one process.
pub(crate) struct Gather(Arc<Mutex<State>>);

struct State {
    lanes: usize,
    free: usize,
    /// When a lane was last taken, given back or passed on.
    moved: Instant,
    /// How long that may be ago.
    stuck: Duration,
    /// Empty while a lane is free, unless one was opened beside those there are.
    row: VecDeque<Waiting>,
    /// How long the row grows before it is looked through for those who have gone.
    sweep_at: usize,
}

/// Somebody in the row. Where the sender is dropped, they ask for themselves.
struct Waiting {
    digest: Digest,
    reply: oneshot::Sender<Reply>,
}

enum Reply {
    Answer(Answer),
    /// It is their turn to ask.
    Lead(Lane),
}

impl Default for Gather {
    fn default() -> Self {
        Self::new(LANES, STUCK)
    }
}

impl Gather {
    fn new(lanes: usize, stuck: Duration) -> Self {
        let (moved, row) = (Instant::now(), VecDeque::new());
        let state = State { lanes, free: lanes, moved, stuck, row, sweep_at: SWEEP };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The session with this digest, as it stands after this was called.
    ///
    /// # Errors
    /// [`StoreError`] as the store answered it to the query this check was part of.
    pub(crate) async fn session(&self, store: &dyn Store, digest: Digest) -> Answer {
        let turn = match self.enter(digest) {
            Ok(lane) => Ok(Reply::Lead(lane)),
            Err(turn) => turn.await,
        };
        match turn {
            Ok(Reply::Lead(lane)) => lane.lead(store, digest).await,
            Ok(Reply::Answer(answer)) => answer,
            Err(oneshot::Canceled) => alone(store, digest).await,
        }
    }

    /// A free lane, or a place in the row.
    fn enter(&self, digest: Digest) -> Result<Lane, oneshot::Receiver<Reply>> {
        let mut state = lock(&self.0);
        if state.free > 0 || state.moved.elapsed() >= state.stuck {
            state.free = state.free.saturating_sub(1);
            state.moved = Instant::now();
            return Ok(Lane { state: Some(Arc::clone(&self.0)), asked_for: Vec::new() });
        }
        if state.row.len() >= state.sweep_at {
            state.row.retain(Waiting::is_there);
            state.sweep_at = SWEEP.max(2 * state.row.len());
        }
        let (reply, turn) = oneshot::channel();
        state.row.push_back(Waiting { digest, reply });
        Err(turn)
    }
}

/// A row shorter than this is not looked through.
const SWEEP: usize = 1024;

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn alone(store: &dyn Store, digest: Digest) -> Answer {
    let found = store.sessions(&[digest]).await?;
    Ok(by_digest(found).remove(digest.as_bytes().as_slice()))
}

/// By the digest that stands in the row, whatever the order they came in.
fn by_digest(found: Vec<SessionRows>) -> HashMap<Vec<u8>, Arc<SessionRows>> {
    found.into_iter().map(|rows| (rows.session.key().to_vec(), Arc::new(rows))).collect()
}

impl Waiting {
    fn is_there(&self) -> bool {
        !self.reply.is_canceled()
    }
}

/// The right to have a query under way. Dropped, it goes to the next in the row.
struct Lane {
    /// None once it has been given away.
    state: Option<Arc<Mutex<State>>>,
    /// Whom the query under way asks for, beside its leader.
    asked_for: Vec<Waiting>,
}

impl Lane {
    /// Asks for this digest and for those who wait now.
    async fn lead(mut self, store: &dyn Store, digest: Digest) -> Answer {
        self.ask_for_the_row();
        let mut digests = vec![digest];
        if !self.asked_for.is_empty() {
            let mut seen = HashSet::from([digest]);
            let others = self.asked_for.iter().map(|waiting| waiting.digest);
            digests.extend(others.filter(|digest| seen.insert(*digest)));
        }
        let found = store.sessions(&digests).await;
        let asked_for = mem::take(&mut self.asked_for);
        // The next query begins while these answers are handed out.
        drop(self);
        match found {
            Ok(found) => {
                let found = by_digest(found);
                let of = |digest: Digest| found.get(digest.as_bytes().as_slice()).cloned();
                for Waiting { digest, reply } in asked_for {
                    // Whoever has gone needs no answer.
                    let _ = reply.send(Reply::Answer(Ok(of(digest))));
                }
                Ok(of(digest))
            }
            Err(error @ StoreError::Unavailable(_)) => {
                for Waiting { reply, .. } in asked_for {
                    let _ = reply.send(Reply::Answer(Err(error.clone())));
                }
                Err(error)
            }
            // One row that cannot be read must not end everybody's sessions: each asks alone.
            Err(_) if !asked_for.is_empty() => {
                drop(asked_for);
                alone(store, digest).await
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the first of the row, as many as a query may ask for.
    fn ask_for_the_row(&mut self) {
        let Some(state) = &self.state else { return };
        let row = &mut lock(state).row;
        while self.asked_for.len() + 1 < SessionRows::MOST {
            let Some(waiting) = row.pop_front() else { break };
            if waiting.is_there() {
                self.asked_for.push(waiting);
            }
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Some(gather) = self.state.take() else { return };
        let mut state = lock(&gather);
        state.moved = Instant::now();
        // A query that was broken off has answered nobody.
        for waiting in self.asked_for.drain(..).rev() {
            state.row.push_front(waiting);
        }
        loop {
            let Some(next) = state.row.pop_front() else {
                // More may have been under way than there are.
                state.free = state.lanes.min(state.free + 1);
                return;
            };
            drop(state);
            let lane = Self { state: Some(Arc::clone(&gather)), asked_for: Vec::new() };
            match next.reply.send(Reply::Lead(lane)) {
                Ok(()) => return,
                // They have gone. The lane they were sent must not look for a next one itself.
                Err(Reply::Lead(mut lane)) => lane.state = None,
                Err(Reply::Answer(_)) => {}
            }
            state = lock(&gather);
        }
    }
}

#[cfg(test)]
mod tests;
