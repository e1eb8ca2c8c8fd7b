//! Where one person is logged in, and on how many devices at a time.
//!
//! Under a limit, a log-in writes the credential's row in the version it was read in before the
//! sessions were. So the log-ins of one person come one after another, each having seen the
//! sessions of those before it, and however many race, no more stand than may. Only whoever knows
//! the password can make them wait for each other.

use super::{
    core::{Core, page},
    draft::{Draft, Note, acting},
    session::{is_over, stands},
};
use crate::{
    clock::to_micros,
    error::Result,
    model::{Account, Client, Credential, EventKind, Session, User},
    store::{Value, tables},
};

/// How many sessions a list shows. Nobody has more that are worth telling apart.
pub(super) const SHOWN: usize = 200;

/// How many sessions one log-in ends, where a limit was lowered: more are left to the next.
const ENDED: usize = 200;

/// How many rows are read at a time in search of sessions, and how often: 100,000 rows. Under a
/// person's two names, log-ins make at most 86,400 in twelve hours, 600 in ten minutes for each;
/// after that those that are not remembered expire.
const SLICE: u32 = 200;
const SLICES: u32 = 500;

/// How many rows of sessions that are over one look clears away.
const SWEPT: usize = 200;

impl Core {
    /// The sessions of somebody that stand, newest first, up to `most` of them.
    pub(super) async fn sessions_of(
        &self,
        user: &User,
        account: &Account,
        most: usize,
    ) -> Result<Vec<Session>> {
        let now = self.now();
        let equal = vec![Value::Bytes(user.id.as_bytes().to_vec())];
        let mut newest = page(&tables::SESSIONS, "of_user", equal, SLICE)?.descending();
        let (mut sessions, mut over) = (Vec::new(), Vec::new());
        // Rows of sessions that have ended stay until they expire. Whoever logged in often enough
        // must not hide a session behind them: so they are passed over, however many, and those
        // that were seen go. Under a limit each log-in looks, and none pile up.
        for _ in 0..SLICES {
            let rows = self.store.page(&newest).await?;
            let mut last = None;
            for row in &rows {
                let session = self.session_in(row, now)?;
                last = Some((session.created_at, session.id));
                if stands(&session, user, account, &self.policy, now) {
                    sessions.push(session);
                } else if over.len() < SWEPT && is_over(&session, user, account, &self.policy, now)
                {
                    over.push(session);
                }
            }
            let is_last = rows.len() < SLICE as usize || sessions.len() >= most;
            let Some((at, id)) = last.filter(|_| !is_last) else { break };
            newest.after =
                Some(vec![Value::Int(to_micros(at)), Value::Bytes(id.as_bytes().to_vec())]);
        }
        self.sweep(&over).await;
        sessions.truncate(most);
        Ok(sessions)
    }

    /// Clears rows away that say nothing any more. Where somebody else was first, or the store does
    /// not answer, the next look does it.
    async fn sweep(&self, over: &[Session]) {
        if over.is_empty() {
            return;
        }
        let swept = async {
            let mut draft = self.draft()?;
            over.iter().for_each(|session| draft.delete(session));
            self.settle(draft.done(())).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(kind = error.kind(), "sessions that are over were not cleared away");
        }
    }

    /// What another log-in of somebody has to end; `None` where nothing limits them. Their
    /// credential must have been read before this.
    pub(super) async fn room_for(&self, user: &User, account: &Account) -> Result<Option<Room>> {
        let Some(most) = self.policy.limits.sessions_per_user else { return Ok(None) };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let standing = self.sessions_of(user, account, most.saturating_add(ENDED)).await?;
        let stay = most.saturating_sub(1);
        Ok(Some(Room { ends: standing.into_iter().skip(stay).take(ENDED).collect() }))
    }
}

/// What makes room for one more session.
pub(super) struct Room {
    /// The sessions beyond those that stay, newest first.
    ends: Vec<Session>,
}

impl Room {
    /// Ends them, for a log-in from this client.
    pub(super) fn make(
        &self,
        user: &User,
        credential: &Credential,
        client: &Client,
        draft: &mut Draft,
    ) {
        for session in &self.ends {
            draft.delete(session);
            let actor = acting(user);
            draft.record(Note::of(EventKind::SessionReplaced, actor, user, client));
        }
        // Nothing of it changes but its version: whoever logs in at the same instant has lost it.
        draft.replace(credential.clone());
    }
}
