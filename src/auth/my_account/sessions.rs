//! The devices somebody is logged in on.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Identity,
        core::{Core, Task},
        devices::SHOWN,
        draft::{Deed, Draft, Note, Verdict, acting},
    },
    error::{Error, Result},
    id::SessionId,
    model::{Client, Credential, EventKind, Session},
    policy::{Policy, effects::Cause},
    store::{Change, Value, tables},
};

impl MyAccount<'_> {
    /// The person's sessions that stand, newest first; the present one is among them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        let (core, me) = (self.core(), self.me);
        core.sessions_of(me.user(), me.account(), SHOWN).await
    }

    /// How many sessions the person may have at a time; `None` for any number.
    #[must_use]
    pub fn sessions_allowed(&self) -> Option<u32> {
        self.core().policy.limits.sessions_per_user
    }

    /// Ends one of the person's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is not theirs or has ended; [`Error::Busy`] where others keep
    /// changing the same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn end_session(&self, id: SessionId, client: &Client) -> Result<()> {
        self.core().run(&EndSession { me: self.me, id, client }).await
    }

    /// Ends all of the person's sessions but the present one.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the present one has ended meanwhile; [`Error::Throttled`]
    /// beyond thirty such changes of one session in ten minutes; [`Error::Busy`] where others keep
    /// changing the same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn end_other_sessions(&self, client: &Client) -> Result<()> {
        let core = self.core();
        core.charge(&[core.budgets().await?.easy_changes(self.me.session().id)]).await?;
        core.run(&EndOthers { me: self.me, policy: &core.policy, client }).await
    }
}

struct EndSession<'a> {
    me: &'a Identity,
    id: SessionId,
    client: &'a Client,
}

impl Task for EndSession<'_> {
    type Facts = (Option<Session>, Option<Credential>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let id = Value::Bytes(self.id.as_bytes().to_vec());
        let session = core.find(&tables::SESSION_BY_ID, id).await?;
        Ok((session, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (session, credential): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let user = self.me.user();
        let Some(session) = session.filter(|session| session.user == user.id) else {
            return draft.refuse(Error::NotFound);
        };
        draft.end(&session, credential);
        let actor = acting(user);
        draft.record(Note::of(EventKind::SessionEnded, actor, user, self.client));
        draft.done(())
    }
}

struct EndOthers<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    client: &'a Client,
}

impl Task for EndOthers<'_> {
    type Facts = (Option<Mine>, Option<Credential>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let mine = Mine::load(core, self.me).await?;
        Ok((mine, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (mine, credential): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let Some(Mine { mut user, session, .. }) = mine.filter(|m| m.stands(self.policy, now))
        else {
            return draft.refuse(Error::Unauthenticated);
        };
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::OthersLoggedOut, &mut user, deed);
        // This session alone moves on to the new stamp. If it is logged out at this instant,
        // there is no row to lift, and it stays ended.
        draft.change(Change::Raise {
            table: &tables::SESSIONS,
            key: session.digest.as_bytes().to_vec(),
            column: "user_stamp",
            to: user.stamps.sessions,
        });
        // Only its version changes: acts of the others that are on their way come to nothing.
        if let Some(credential) = credential {
            draft.replace(credential);
        }
        draft.replace(user);
        draft.done(())
    }
}
