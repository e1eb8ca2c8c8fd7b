//! "Last seen", written in batches, apart from everything that matters.
//!
//! A session that is in use must not end as idle because nobody has written so yet. So whoever asks
//! whether one stands goes by when this process saw it last, where that is later than its row says.
//! What somebody would gain if this were wrong is a session that outlives its idle time: only a
//! check that found it standing leaves a sight, and everything else about it is asked of the rows.

use time::OffsetDateTime;

use super::{Auth, core::Core};
use crate::{
    clock::{after, to_micros},
    error::{Error, Result},
    id::BatchId,
    model::{Session, User},
    store::{Batch, Change, CommitError, Record as _, Row, tables},
};

impl Core {
    /// A session as its row says, but for when it was seen last: this process may know better.
    pub(super) fn session_in(&self, row: &Row, now: OffsetDateTime) -> Result<Session> {
        let mut session = Session::from_row(row)?;
        if after(session.last_seen_at, self.policy.lifetimes.last_seen) <= now
            && let Some(at) = self.seen.last(&session.digest)
        {
            session.last_seen_at = session.last_seen_at.max(at);
        }
        Ok(session)
    }
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
    /// [`Error::Busy`] where one of the rows is locked for too long; [`Error::Unavailable`] when
    /// the store does not answer. What was not written waits for the next flush, also where this
    /// is dropped. While 20,000 sessions wait, further ones are not kept, and look idle since the
    /// flush before.
    pub async fn flush_activity(&self) -> Result<()> {
        let core = &self.core;
        let (waiting, _under_way) = core.seen.begin(core.now());
        let mut met = Ok(());
        for slice in waiting.chunks(Batch::MAX_CHANGES) {
            let slice = core.seen.unwritten(slice);
            if slice.is_empty() {
                continue;
            }
            let raises = slice.iter().map(|(digest, latest)| Change::Raise {
                table: &tables::SESSIONS,
                key: digest.as_bytes().to_vec(),
                column: "last_seen_at",
                to: to_micros(*latest),
            });
            let now = core.now();
            let id = BatchId::draw(now, core.entropy.as_ref())?;
            match core.commit(&Batch::new(id, now, raises.collect())).await {
                Ok(()) => core.seen.settle(&slice, core.now()),
                // A row of them was locked for too long; those of the other slices are not.
                Err(CommitError::Conflict) => met = Err(Error::Busy),
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        met
    }

    /// Remembers that a session was used, for the next flush.
    pub(super) async fn note_seen(&self, session: &Session, now: OffsetDateTime) {
        let (core, round) = (&self.core, self.core.policy.lifetimes.last_seen);
        if after(session.last_seen_at, round) > now {
            return;
        }
        if core.seen.note(session.digest, now, round)
            && let Err(error) = self.flush_activity().await
        {
            tracing::warn!(kind = error.kind(), "last-seen times were not written");
        }
    }
}
