//! A forgotten password.

use super::{
    Auth,
    core::{Core, Task, text},
    draft::{Deed, Draft, Note, Verdict},
    link::Led,
};
use crate::{
    clock::after,
    error::{Error, Result},
    model::{Actor, Client, Credential, EmailAddress, Errand, EventKind, Intent, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Purpose, Token},
    store::{Value, tables},
};

impl Auth {
    /// Sends a reset link to whoever this address belongs to, if to anybody.
    ///
    /// It never looks the address up. It leaves the same work behind for every address, and the
    /// outbox finds out later: neither the answer nor the time it takes says who exists. One
    /// letter leaves for a mailbox in five minutes and six in a day; what is asked beyond that is
    /// swallowed without a word.
    ///
    /// # Errors
    /// [`Error::Throttled`] when the network asked too often; [`Error::Busy`] where others keep
    /// changing the same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn forgot_password(&self, email: &str, client: &Client) -> Result<()> {
        let core = &self.core;
        let budgets = core.budgets().await?;
        // What is no address is nobody's, and is not kept: it may be a password.
        let email = EmailAddress::parse(email);
        let canonical = email.as_ref().map_or("", EmailAddress::canonical);
        core.charge(&[budgets.forgot_network(client)]).await?;
        if let Err(error) = core.charge(&budgets.mailbox(canonical)).await {
            // Swallowed without a word: not even the audit trail grows by it.
            return if matches!(error, Error::Throttled { .. }) { Ok(()) } else { Err(error) };
        }
        let task = Forgot {
            policy: &core.policy,
            client,
            canonical,
            once: budgets.once(canonical),
            typed: budgets.typed(canonical),
        };
        core.run(&task).await
    }

    /// Sets a new password by a mailed link. Nobody is logged in by it. Every session, link and
    /// ticket of the person ends, as do the waits for wrong passwords under their names, and they
    /// are told. A password that misses its requirements does not use the link up.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the link is unknown, used, expired or dead;
    /// [`Error::Invalid`] with every requirement missed; [`Error::Busy`] when the machine hashes
    /// all it can; [`Error::Unavailable`] when the store does not answer.
    pub async fn reset_password(
        &self,
        token: &Token,
        password: &Password,
        client: &Client,
    ) -> Result<()> {
        let core = &self.core;
        let led = Led::load(core, Purpose::Reset, token).await?;
        let led = led.standing(core.now()).ok_or(Error::Rejected)?;
        led.check(&core.policy, "password", password)?;
        let hash = core.hash(password).await?;
        let user = core.run(&Reset { policy: &core.policy, token, hash, client }).await?;
        // The link was used: whoever failed before was not the one who has the mailbox, or is
        // done failing. Asking for a link lifts nothing, or asking would buy guesses.
        core.lift_limits(&user).await;
        Ok(())
    }
}

struct Forgot<'a> {
    policy: &'a Policy,
    client: &'a Client,
    canonical: &'a str,
    once: [u8; 32],
    typed: [u8; 4],
}

impl Task for Forgot<'_> {
    /// What is open for this mailbox.
    type Facts = Option<Intent>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        core.find(&tables::ONCE, Value::Bytes(self.once.to_vec())).await
    }

    fn decide(&self, open: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        draft.record(Note {
            kind: EventKind::ResetAsked,
            actor: Actor::Stranger,
            account: None,
            subject: None,
            client: self.client,
            reason: "",
            typed: Some(self.typed),
        });
        let errand = Errand::FindReset { email: self.canonical.to_owned() };
        let lifetime = self.policy.lifetimes.reset_errand;
        match open {
            None => draft.ask(errand, Some(self.once), self.client, lifetime),
            Some(open) if now < open.dead_at => {}
            // The one before was never delivered: its place is taken over.
            Some(dead) => draft.replace(Intent {
                errand,
                created_at: now,
                due_at: now,
                dead_at: after(now, lifetime),
                attempts: 0,
                client: self.client.clone(),
                ..dead
            }),
        }
        draft.done(())
    }
}

struct Reset<'a> {
    policy: &'a Policy,
    token: &'a Token,
    hash: String,
    client: &'a Client,
}

impl Task for Reset<'_> {
    /// And who has proven the link's address already.
    type Facts = (Led, Option<User>);
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let led = Led::load(core, Purpose::Reset, self.token).await?;
        let holder = core.find(&tables::BY_PROVEN_EMAIL, text(led.email())).await?;
        Ok((led, holder))
    }

    fn decide(&self, (led, holder): Self::Facts, mut draft: Draft) -> Verdict<User> {
        let now = draft.now();
        let Some(led) = led.standing(now) else { return draft.refuse(Error::Rejected) };
        let (mut user, Some(credential)) = (led.user, led.credential) else {
            return draft.refuse(Error::Rejected);
        };
        // The link was mailed there: whoever uses it has the mailbox. The first proof wins.
        user.email_proven |= holder.is_none();
        draft.delete(&led.link);
        draft.replace(Credential {
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: None,
            ..credential
        });
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::PasswordReset, &mut user, deed);
        draft.replace(user.clone());
        draft.done(user)
    }
}
