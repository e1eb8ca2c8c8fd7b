//! Recognising somebody, and logging out.

use time::{Duration, OffsetDateTime};

use super::{
    Auth, Identity, SessionToken,
    core::{Core, Task},
    draft::{Draft, Note, Verdict, acting},
};
use crate::{
    clock::after,
    error::{Error, Result},
    id::SessionId,
    model::{Account, Client, Credential, EventKind, Session, Status, User, Wish},
    policy::Policy,
    secret::{Digest, Token},
    store::{Record as _, SessionRows},
};

impl Auth {
    /// Recognises somebody by their session, as it stands after this was called: one read, which
    /// checks that happen at the same moment share.
    ///
    /// A future that was begun and is neither awaited further nor dropped holds up those it asks
    /// for, until it is, as with any pool. Whoever waits behind it is asked for by the next check
    /// that comes two seconds later.
    ///
    /// Where nobody has called [`flush_activity`](Self::flush_activity) for twice the policy's
    /// [`last_seen`](crate::policy::Lifetimes::last_seen), or 10,000 sessions wait for it, this
    /// does before it answers; a failure of that is logged.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the session is unknown, has ended, or belongs to
    /// somebody who may no longer log in; [`Error::Unavailable`] when the store does not answer.
    pub async fn identify(&self, token: &SessionToken) -> Result<Identity> {
        let core = &self.core;
        let digest = token.digest();
        let rows = core.gather.session(&*core.store, digest).await?;
        let rows = rows.ok_or(Error::Unauthenticated)?;
        let now = core.now();
        let (session, user, account) = core.standing(&rows, &digest, now)?;
        self.note_seen(&session, now).await;
        Ok(Identity::new(core, user, account, session))
    }

    /// Ends the session of this token. One that has ended already is fine: the person is logged
    /// out either way.
    ///
    /// # Errors
    /// [`Error::Busy`] where others keep changing the same rows; [`Error::Unavailable`] when
    /// the store does not answer.
    pub async fn logout(&self, token: &SessionToken, client: &Client) -> Result<()> {
        self.core.run(&LogOut { token, client }).await
    }
}

impl Core {
    /// Whether the session of these rows stands: the one place that says so.
    pub(super) fn standing(
        &self,
        rows: &SessionRows,
        digest: &Digest,
        now: OffsetDateTime,
    ) -> Result<(Session, User, Account)> {
        let session = self.session_in(&rows.session, now)?;
        let user = User::from_row(&rows.user)?;
        let account = Account::from_row(&rows.account)?;
        // The store's own word is not enough: one that folds or cuts keys would hand out somebody
        // else's session.
        if session.digest == *digest && stands(&session, &user, &account, &self.policy, now) {
            Ok((session, user, account))
        } else {
            Err(Error::Unauthenticated)
        }
    }
}

/// Whether a session stands at `now`.
pub(super) fn stands(
    session: &Session,
    user: &User,
    account: &Account,
    policy: &Policy,
    now: OffsetDateTime,
) -> bool {
    let may_stay = !account.plan_ended(now) || policy.roles.is_administrator(&user.role);
    user.status == Status::Active
        && session.user == user.id
        && session.account == account.id
        && user.account == account.id
        && session.user_stamp == user.stamps.sessions
        && session.account_stamp == account.stamp
        && now < session.expires_at
        && !is_idle(session, policy.lifetimes.session_idle, now)
        && may_stay
}

/// Whether a session that does not stand never will again, so that its row can go. Not yet where
/// a plan has ended, which may be renewed, nor when it was idle just too long: a process that could
/// not write when it saw it last may do so now.
pub(super) fn is_over(
    session: &Session,
    user: &User,
    account: &Account,
    policy: &Policy,
    now: OffsetDateTime,
) -> bool {
    // Stamps never go back; those of the session may be newer than these rows.
    session.user_stamp < user.stamps.sessions
        || session.account_stamp < account.stamp
        || session.expires_at <= now
        || is_idle(session, policy.lifetimes.session_idle.saturating_mul(2), now)
}

/// Whether a session was not seen for so long. A device that is remembered may rest.
fn is_idle(session: &Session, bound: Duration, now: OffsetDateTime) -> bool {
    !session.remembered && after(session.last_seen_at, bound) <= now
}

/// What a new session is opened with.
pub(super) struct Opening<'a> {
    pub(super) user: &'a User,
    pub(super) account: &'a Account,
    pub(super) wish: Wish,
    pub(super) client: &'a Client,
}

impl Opening<'_> {
    /// The session, drafted.
    pub(super) fn session(&self, policy: &Policy, token: &Token, draft: &mut Draft) -> Session {
        let now = draft.now();
        let lifetimes = &policy.lifetimes;
        let lifetime =
            if self.wish.remember { lifetimes.remembered_session } else { lifetimes.session };
        let session = Session {
            id: SessionId::from_random(now, &draft.random()),
            digest: token.digest(self.wish.transport.purpose()),
            user: self.user.id,
            account: self.account.id,
            transport: self.wish.transport,
            user_stamp: self.user.stamps.sessions,
            account_stamp: self.account.stamp,
            created_at: now,
            expires_at: after(now, lifetime),
            confirmed_at: now,
            last_seen_at: now,
            remembered: self.wish.remember,
            client: self.client.clone(),
        };
        draft.insert(&session);
        session
    }
}

struct LogOut<'a> {
    token: &'a SessionToken,
    client: &'a Client,
}

impl Task for LogOut<'_> {
    type Facts = Option<(Session, User, Option<Credential>, bool)>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let digest = self.token.digest();
        let Some(rows) = core.session(&digest).await? else { return Ok(None) };
        let stood = core.standing(&rows, &digest, core.now()).is_ok();
        let (session, user) = (Session::from_row(&rows.session)?, User::from_row(&rows.user)?);
        let credential = core.get(user.id.as_bytes()).await?;
        Ok(Some((session, user, credential, stood)))
    }

    fn decide(&self, facts: Self::Facts, mut draft: Draft) -> Verdict<()> {
        if let Some((session, user, credential, stood)) = facts {
            draft.end(&session, credential);
            // A session that had ended already is cleared away and is nobody's log-out.
            if stood {
                let actor = acting(&user);
                draft.record(Note::of(EventKind::LoggedOut, actor, &user, self.client));
            }
        }
        draft.done(())
    }
}
