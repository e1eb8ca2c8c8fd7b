//! "Last seen", written in batches, apart from everything that matters.

use std::{collections::HashMap, mem, sync::PoisonError};

use time::OffsetDateTime;

use super::Auth;
use crate::{
    clock::to_micros,
    error::Result,
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

impl Auth {
    /// When a user last logged in; `None` for somebody who never did.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not answer.
    pub async fn last_login_at(&self, user: &User) -> Result<Option<OffsetDateTime>> {
        self.core.last_login(user.id).await
    }

    /// Writes when sessions were last seen, in as few commits as it takes: one for each 512
    /// sessions. [`Auth::background`] does this by itself. A session that has ended meanwhile
    /// stays ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not answer;
    /// what was not written is then lost, which makes a session look idle for a minute longer
    /// than it was.
    pub async fn flush_activity(&self) -> Result<()> {
        let core = &self.core;
        let seen = mem::take(&mut *core.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let raises: Vec<Change> = seen
            .sessions
            .into_iter()
            .map(|(digest, latest)| Change::Raise {
                table: &tables::SESSIONS,
                key: digest.as_bytes().to_vec(),
                column: "last_seen_at",
                to: to_micros(latest),
            })
            .collect();
        for slice in raises.chunks(Batch::MAX_CHANGES) {
            let now = core.now();
            let id = BatchId::draw(now, core.entropy.as_ref())?;
            match core.commit(&Batch::new(id, now, slice.to_vec())).await {
                // Raising never conflicts; a store that says so loses a "last seen".
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
