//! Changing one's own password.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Identity, SessionToken, SignedIn,
        budgets::{cleared, given_back},
        core::{Core, Task},
        draft::{Deed, Draft, Note, Verdict, acting},
        link::check,
    },
    error::{Error, Result},
    id::SessionId,
    model::{Account, Client, Credential, EventKind, Session, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Token},
};

impl MyAccount<'_> {
    /// Changes the password. Every session, link and ticket ends; this session goes on under a
    /// new token, which is the answer. The person is told by mail.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the current password is wrong: the fifth time, the session
    /// ends. [`Error::Invalid`] with every requirement the new one misses;
    /// [`Error::Unauthenticated`] where the session has ended meanwhile; [`Error::Busy`] when
    /// the machine hashes all it can; [`Error::Unavailable`] when the store does not answer.
    pub async fn change_password(
        &self,
        current: &Password,
        new: &Password,
        client: &Client,
    ) -> Result<SignedIn> {
        let core = self.core();
        // Before the current one is looked at, so that a hash is spent only on what can succeed.
        check(&core.policy, "new_password", new, self.me.user(), self.me.account())?;
        let checked = self.check_current(current, client).await?;
        let hash = core.hash(new).await?;
        let token = Token::draw(core.entropy.as_ref())?;
        let task = ChangePassword {
            me: self.me,
            policy: &core.policy,
            checked,
            hash,
            token: &token,
            client,
        };
        let (user, account, session) = core.run(&task).await?;
        let transport = session.transport;
        Ok(SignedIn {
            token: SessionToken { token, transport },
            identity: Identity::new(core, user, account, session),
        })
    }

    /// Asks for the current password before something that needs it. Wrong ones are counted by
    /// session, and end only that session: whoever holds a stolen one cannot use it to lock the
    /// owner out.
    pub(super) async fn check_current(
        &self,
        current: &Password,
        client: &Client,
    ) -> Result<Credential> {
        let core = self.core();
        let me = self.me;
        let place = core.place()?;
        let credential: Credential =
            core.get(me.user().id.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let budgets = core.budgets().await?;
        let charge = budgets.current_password(me.session().id);
        let [charged] = core.charge(&[charge]).await?;
        let count = charged.count;
        let most = core.policy.limits.current_password_failures;
        let matches = match core.verify(place, current, credential.usable(me.account())).await {
            Ok(verified) => verified.matches,
            Err(error) => {
                core.charge(&[given_back(charge)]).await?;
                return Err(error);
            }
        };
        if matches && count <= most {
            core.charge(&[cleared(charge)]).await?;
            return Ok(credential);
        }
        core.run(&Guessed { me, client, ends: count >= most }).await?;
        Err(Error::Rejected)
    }
}

struct Guessed<'a> {
    me: &'a Identity,
    client: &'a Client,
    ends: bool,
}

impl Task for Guessed<'_> {
    /// The session, while it stands.
    type Facts = (Option<Session>, Option<Credential>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let session = core.get(self.me.session().digest.as_bytes()).await?;
        Ok((session, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (session, credential): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let user = self.me.user();
        let mut kind = EventKind::CurrentPasswordRefused;
        if self.ends
            && let Some(session) = session
        {
            draft.end(&session, credential);
            kind = EventKind::SessionEndedByGuessing;
        }
        draft.record(Note::of(kind, acting(user), user, self.client));
        draft.done(())
    }
}

struct ChangePassword<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    /// The credential the current password was compared with.
    checked: Credential,
    hash: String,
    token: &'a Token,
    client: &'a Client,
}

impl Task for ChangePassword<'_> {
    type Facts = (Option<Mine>, Option<Credential>);
    type Outcome = (User, Account, Session);

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let mine = Mine::load(core, self.me).await?;
        Ok((mine, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (mine, held): Self::Facts, mut draft: Draft) -> Verdict<Self::Outcome> {
        let now = draft.now();
        let Some(Mine { mut user, account, session }) = mine.filter(|m| m.stands(self.policy, now))
        else {
            return draft.refuse(Error::Unauthenticated);
        };
        // Another password since the check: what was typed is not the current one any more.
        let Some(held) = held.filter(|held| held.hash == self.checked.hash) else {
            return draft.refuse(Error::Rejected);
        };
        draft.replace(Credential {
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: None,
            ..held
        });
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::PasswordChanged, &mut user, deed);
        draft.delete(&session);
        let reissued = Session {
            id: SessionId::from_random(now, &draft.random()),
            digest: self.token.digest(session.transport.purpose()),
            user_stamp: user.stamps.sessions,
            confirmed_at: now,
            last_seen_at: now,
            ..session
        };
        draft.insert(&reissued);
        let written = User { version: user.version.saturating_add(1), ..user.clone() };
        draft.replace(user);
        draft.done((written, account, reissued))
    }
}
