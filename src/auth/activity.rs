//! "Last seen", written in batches, apart from everything that matters.

use std::{
    collections::HashMap,
    mem,
    sync::{MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use super::{Auth, core::Core};
use crate::{
    clock::to_micros,
    error::{Error, Result},
    id::BatchId,
    model::User,
    secret::Digest,
    store::{Batch, Change, CommitError, tables},
};

/// Sessions seen since the last flush.
#[derive(Default)]
pub(crate) struct Seen {
    /// When each was seen last.
    pub(crate) sessions: HashMap<Digest, OffsetDateTime>,
    /// When the first of them was seen.
    pub(crate) since: Option<OffsetDateTime>,
}

impl Seen {
    /// How many may wait. With as many, the check that brings the last of them writes them.
    pub(crate) const MOST: usize = 10_000;
    /// How many wait at the most with those of a failed flush among them.
    const KEPT: usize = 5_000;
}

impl Auth {
    /// When a user last logged in; `None` for somebody who never did.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn last_login_at(&self, user: &User) -> Result<Option<OffsetDateTime>> {
        self.core.last_login(user.id).await
    }

    /// Writes when sessions were last seen, in as few commits as it takes: one for each 512
    /// sessions. [`Auth::background`] does this by itself. A session that has ended meanwhile
    /// stays ended.
    ///
    /// # Errors
    /// [`Error::Busy`] where one of the rows is locked for too long; [`Error::Unavailable`] when the
    /// store does not answer. What was not written is kept for the next flush, also where this is
    /// dropped, as long as no more than 5,000 sessions wait then. The others look idle since the
    /// flush before.
    pub async fn flush_activity(&self) -> Result<()> {
        let core = &self.core;
        let mut unwritten = Unwritten::of(core);
        while !unwritten.sessions.is_empty() {
            let slice = unwritten.sessions.iter().take(Batch::MAX_CHANGES);
            let slice: Vec<_> = slice.map(|(digest, latest)| (*digest, *latest)).collect();
            let raises = slice.iter().map(|(digest, latest)| Change::Raise {
                table: &tables::SESSIONS,
                key: digest.as_bytes().to_vec(),
                column: "last_seen_at",
                to: to_micros(*latest),
            });
            let now = core.now();
            let id = BatchId::draw(now, core.entropy.as_ref())?;
            match core.commit(&Batch::new(id, now, raises.collect())).await {
                Ok(()) => {}
                // A row of them was locked for too long.
                Err(CommitError::Conflict) => return Err(Error::Busy),
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
            for (digest, _) in slice {
                unwritten.sessions.remove(&digest);
            }
        }
        Ok(())
    }
}

/// What a flush took and has not written yet. When it ends, that goes back among what was seen
/// meanwhile: without it a session would look idle since the flush before.
struct Unwritten<'a> {
    core: &'a Core,
    sessions: HashMap<Digest, OffsetDateTime>,
}

impl<'a> Unwritten<'a> {
    fn of(core: &'a Core) -> Self {
        Self { core, sessions: mem::take(&mut *seen(core)).sessions }
    }
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let mut seen = seen(self.core);
        for (digest, at) in self.sessions.drain() {
            if let Some(latest) = seen.sessions.get_mut(&digest) {
                *latest = at.max(*latest);
            } else if seen.sessions.len() < Seen::KEPT {
                seen.sessions.insert(digest, at);
            }
        }
        // From now, not from when they were seen: a store that writes nothing is not to be asked to
        // by every check.
        seen.since.get_or_insert_with(|| self.core.now());
    }
}

pub(super) fn seen(core: &Core) -> MutexGuard<'_, Seen> {
    core.seen.lock().unwrap_or_else(PoisonError::into_inner)
}
