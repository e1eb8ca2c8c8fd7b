//! The two mailed links of a change of address: one proves the new address, one takes the change
//! back from the former.

mod objection;
mod undo;

pub(super) use undo::changes_of;

use super::{
    Auth,
    claim::{Released, along, is_taken},
    core::{Core, Task, text},
    draft::{Deed, Draft, Verdict},
    link::{Led, Standing},
    words::words_changed,
};
use crate::{
    clock::after,
    error::{Error, Result},
    id::EmailChangeId,
    model::{Client, EmailAddress, EmailChange, Errand, User, Username},
    policy::{Policy, effects::Cause},
    secret::{Purpose, Token},
    store::tables,
};

impl Auth {
    /// Makes an address the person's by the link that was mailed there. It proves exactly the
    /// address it was mailed to, whatever was asked for since. The former address, if it had been
    /// proven, is told, and can take the change back for 72 hours. Where the username is the
    /// address, it changes along.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the link is unknown, used, expired or dead, or somebody else has
    /// proven the address first; [`Error::Invalid`] where it is to become the username and cannot
    /// be one, or is somebody else's: with another username, the link works;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn confirm_email(&self, token: &Token, client: &Client) -> Result<()> {
        let core = &self.core;
        core.run(&Confirm { policy: &core.policy, token, client }).await
    }
}

struct Confirm<'a> {
    policy: &'a Policy,
    token: &'a Token,
    client: &'a Client,
}

struct Facts {
    led: Led,
    /// Who has proven the link's address already.
    holder: Option<User>,
    /// Whether a username that changes along is somebody else's.
    taken: bool,
    /// What giving the present one up needs to know.
    released: Option<Released>,
}

impl Task for Confirm<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let led = Led::load(core, Purpose::EmailConfirm, self.token).await?;
        let holder = core.find(&tables::BY_PROVEN_EMAIL, text(led.email())).await?;
        let mut facts = Facts { holder, taken: false, released: None, led };
        if let Some(user) = facts.led.user() {
            facts.released = Some(Released::load(core, &user.username).await?);
            if let Ok(name) = Username::parse(facts.led.email()) {
                facts.taken = is_taken(core, &name, Some(user.id)).await?;
            }
        }
        Ok(facts)
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let Some(Standing { link, mut user, credential, .. }) = facts.led.standing(now) else {
            return draft.refuse(Error::Rejected);
        };
        let (Ok(email), Some(credential)) = (EmailAddress::parse(&link.email), credential) else {
            return draft.refuse(Error::Rejected);
        };
        // The first proof wins, and nobody is told whose it is.
        if facts.holder.is_some_and(|holder| holder.id != user.id) {
            return draft.refuse(Error::Rejected);
        }
        // As they are called now: they may have been called otherwise when they asked for it.
        let along = match along(&user, &email) {
            Ok(Some(_)) if facts.taken => {
                let message = "The username is the address as well, and somebody else is called \
                               by this one: choose another username first, one without an @.";
                return draft.refuse(Error::invalid("email", "username", message.to_owned()));
            }
            Ok(along) => along,
            Err(error) => return draft.refuse(error),
        };
        let before = user.clone();
        let deed = Deed::own(&before, self.client, self.policy);
        let moves = email.canonical() != user.email.canonical();
        let former = (user.email_proven && moves).then(|| EmailChange {
            id: EmailChangeId::from_random(now, &draft.random()),
            user: user.id,
            account: user.account,
            old_email: user.email.clone(),
            old_username: Some(user.username.clone()),
            hash: credential.hash,
            temporary_until: credential.temporary_until,
            at: now,
            expires_at: after(now, self.policy.lifetimes.undo),
        });
        if let (Some(name), Some(released)) = (along, facts.released) {
            released.keep(user.id, self.policy, &mut draft);
            user.username = name;
        }
        if moves {
            user.email = email;
        }
        user.email_proven = true;
        words_changed(&mut draft, Some(&before), Some(&user));
        draft.delete(&link);
        if let Some(former) = &former {
            draft.insert(former);
        }
        // Only an address that was theirs is told: an unproven one may be a stranger's.
        draft.take_effect_telling(Cause::EmailChanged, &mut user, deed, |user| {
            former.map(|former| Errand::undoing(user, &former))
        });
        draft.replace(user);
        draft.done(())
    }
}
