//! Choosing a new password where a temporary one was typed.

use super::{
    Auth, Identity, SessionToken, SignedIn,
    core::{Core, Task},
    draft::{Deed, Draft, Note, Verdict, acting},
    link::Led,
    session::Opening,
};
use crate::{
    error::{Error, Result},
    model::{Account, Client, Credential, EventKind, Session, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Purpose, Token},
    store::tables,
};

impl Auth {
    /// Replaces a temporary password by the ticket its log-in handed out, and logs the person
    /// in, as that log-in asked for.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the ticket is unknown, used, expired or dead;
    /// [`Error::Invalid`] with every requirement missed, the temporary password among what is
    /// refused; [`Error::Busy`] when the machine hashes all it can; [`Error::Unavailable`] when
    /// the store does not answer.
    pub async fn replace_password(
        &self,
        ticket: &Token,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn> {
        let core = &self.core;
        let led = Led::load(core, Purpose::Replacement, ticket).await?;
        let led = led.standing(core.now()).ok_or(Error::Rejected)?;
        led.check(&core.policy, "password", password)?;
        let held = led.credential.as_ref().and_then(|held| held.usable(&led.account));
        if core.verify(core.place()?, password, held).await?.matches {
            let message = "Choose another password than the temporary one.".to_owned();
            return Err(Error::invalid("password", "not_temporary", message));
        }
        let hash = core.hash(password).await?;
        let token = Token::draw(core.entropy.as_ref())?;
        let task = Replace { policy: &core.policy, ticket, hash, token: &token, client };
        let (user, account, session) = core.run(&task).await?;
        let transport = session.transport;
        Ok(SignedIn {
            token: SessionToken { token, transport },
            identity: Identity::new(core, user, account, session),
        })
    }
}

struct Replace<'a> {
    policy: &'a Policy,
    ticket: &'a Token,
    hash: String,
    token: &'a Token,
    client: &'a Client,
}

impl Task for Replace<'_> {
    type Facts = Led;
    type Outcome = (User, Account, Session);

    async fn load(&self, core: &Core) -> Result<Led> {
        Led::load(core, Purpose::Replacement, self.ticket).await
    }

    fn decide(&self, led: Led, mut draft: Draft) -> Verdict<Self::Outcome> {
        let now = draft.now();
        let Some(led) = led.standing(now) else { return draft.refuse(Error::Rejected) };
        let (Some(credential), Some(wish)) = (led.credential, led.link.wish) else {
            return draft.refuse(Error::Rejected);
        };
        let (mut user, account) = (led.user, led.account);
        draft.delete(&led.link);
        draft.replace(Credential {
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: None,
            ..credential
        });
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::PasswordReplaced, &mut user, deed);
        let opening = Opening { user: &user, account: &account, wish, client: self.client };
        let session = opening.session(self.policy, self.token, &mut draft);
        let actor = acting(&user);
        draft.record(Note::of(EventKind::LoggedIn, actor, &user, self.client));
        draft.raise(&tables::ACTIVITY, user.id.as_bytes(), "last_login_at", now);
        let written = User { version: user.version.saturating_add(1), ..user.clone() };
        draft.replace(user);
        draft.done((written, account, session))
    }
}
