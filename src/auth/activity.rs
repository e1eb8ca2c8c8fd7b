//! "Last seen", written in batches, apart from everything that matters.
//!
//! A session that is in use must not end as idle because nobody has written so yet. So whoever asks
//! whether one stands goes by when this process saw it last, where that is later than its row says.
//! What somebody would gain if this were wrong is a session that outlives its idle time: only a
//! check that found it standing leaves a sight, and everything else about it is asked of the rows.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::{Duration, OffsetDateTime};

use super::{Auth, core::Core};
use crate::{
    clock::{after, to_micros},
    error::{Error, Result},
    id::BatchId,
    model::{Session, User},
    secret::Digest,
    store::{Batch, Change, CommitError, Record as _, Row, tables},
};

/// When this process saw sessions last, as far as that is not written yet.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Sights>);

#[derive(Default)]
struct Sights {
    sessions: HashMap<Digest, OffsetDateTime>,
    /// When the last flush began; before there was one, when the first session was seen.
    flushed: Option<OffsetDateTime>,
}

/// With as many that wait, a check writes them.
const MANY: usize = 10_000;

/// How many wait at the most.
const MOST: usize = 20_000;

/// How long a store that writes nothing is left alone by checks that find many waiting.
const PAUSE: Duration = Duration::SECOND;

impl Seen {
    fn sights(&self) -> MutexGuard<'_, Sights> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a session was seen; whether it is time for the one who saw it to flush.
    fn note(&self, digest: Digest, now: OffsetDateTime, round: Duration) -> bool {
        let mut sights = self.sights();
        if sights.sessions.len() < MOST || sights.sessions.contains_key(&digest) {
            sights.sessions.insert(digest, now);
        }
        let flushed = *sights.flushed.get_or_insert(now);
        // After two rounds there is no background task, so somebody has to do it here.
        let rest = if sights.sessions.len() < MANY { round.saturating_mul(2) } else { PAUSE };
        let due = after(flushed, rest) <= now;
        if due {
            sights.flushed = Some(now);
        }
        due
    }

    /// What waits, for a flush that begins now.
    fn waiting(&self, now: OffsetDateTime) -> Vec<(Digest, OffsetDateTime)> {
        let mut sights = self.sights();
        sights.flushed = Some(now);
        sights.sessions.iter().map(|(digest, at)| (*digest, *at)).collect()
    }

    /// Forgets what is written, unless the session was seen again meanwhile.
    fn forget(&self, written: &[(Digest, OffsetDateTime)]) {
        let mut sights = self.sights();
        for (digest, at) in written {
            if sights.sessions.get(digest) == Some(at) {
                sights.sessions.remove(digest);
            }
        }
    }
}

impl Core {
    /// A session as its row says, but for when it was seen last: this process may know better.
    pub(super) fn session_in(&self, row: &Row) -> Result<Session> {
        let mut session = Session::from_row(row)?;
        if after(session.last_seen_at, self.policy.lifetimes.last_seen) <= self.now()
            && let Some(at) = self.seen.sights().sessions.get(&session.digest)
        {
            session.last_seen_at = session.last_seen_at.max(*at);
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
    /// [`Error::Busy`] where one of the rows is locked for too long; [`Error::Unavailable`] when the
    /// store does not answer. What was not written waits for the next flush, also where this is
    /// dropped; of more than 20,000 sessions that wait, the others look idle since the flush before.
    pub async fn flush_activity(&self) -> Result<()> {
        let core = &self.core;
        for slice in core.seen.waiting(core.now()).chunks(Batch::MAX_CHANGES) {
            let raises = slice.iter().map(|(digest, latest)| Change::Raise {
                table: &tables::SESSIONS,
                key: digest.as_bytes().to_vec(),
                column: "last_seen_at",
                to: to_micros(*latest),
            });
            let now = core.now();
            let id = BatchId::draw(now, core.entropy.as_ref())?;
            match core.commit(&Batch::new(id, now, raises.collect())).await {
                Ok(()) => core.seen.forget(slice),
                // A row of them was locked for too long.
                Err(CommitError::Conflict) => return Err(Error::Busy),
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Many sights are flushed soon, but a store that writes nothing is asked once a second and not
    /// by every check; and what waits has an end.
    #[test]
    fn a_store_that_writes_nothing_is_neither_pressed_nor_waited_for_without_end() {
        let (seen, round) = (Seen::default(), Duration::MINUTE);
        let start = OffsetDateTime::UNIX_EPOCH;
        let digests: Vec<Digest> = (0..MOST + 5)
            .map(|n| {
                let mut bytes = [0; 32];
                bytes[..8].copy_from_slice(&n.to_be_bytes());
                Digest::from_bytes(bytes)
            })
            .collect();
        assert!(!digests.iter().any(|digest| seen.note(*digest, start, round)), "within a second");
        assert_eq!(seen.waiting(start).len(), MOST);
        let later = start + PAUSE;
        let due = digests.iter().filter(|digest| seen.note(**digest, later, round));
        assert_eq!(due.count(), 1, "one check of them all");
        // Written, but for one that was seen again meanwhile.
        let waiting = seen.waiting(later);
        let again = waiting[7].0;
        seen.note(again, later + PAUSE, round);
        seen.forget(&waiting);
        let left = seen.waiting(later);
        assert_eq!(left, [(again, later + PAUSE)]);
        // Few: after two rounds in which nobody flushed.
        assert!(!seen.note(again, later + round * 2 - Duration::MICROSECOND, round));
        assert!(seen.note(again, later + round * 2, round));
        assert!(!seen.note(again, later + round * 2, round));
    }
}
