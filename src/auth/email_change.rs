//! The two mailed links of a change of address: one proves the new address, one takes the change
//! back from the former.

mod objection;
mod undo;

pub(super) use undo::changes_of;

use super::{
    Auth,
    claim::{Released, is_taken},
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
    /// proven the address first; [`Error::Unavailable`] when the store does not answer.
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
    /// What a username that changes along needs to know.
    along: Option<Along>,
}

/// A username that is the address, and becomes the new one.
struct Along {
    new: Username,
    taken: bool,
    released: Released,
}

impl Along {
    async fn load(core: &Core, user: &User, email: &str) -> Result<Option<Self>> {
        if user.username.canonical() != user.email.canonical() {
            return Ok(None);
        }
        // Asking for it made sure that it can be one.
        let Ok(new) = Username::parse(email) else { return Ok(None) };
        let taken = is_taken(core, &new, Some(user.id)).await?;
        let released = Released::load(core, &user.username).await?;
        Ok(Some(Self { new, taken, released }))
    }
}

impl Task for Confirm<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let led = Led::load(core, Purpose::EmailConfirm, self.token).await?;
        let holder = core.find(&tables::BY_PROVEN_EMAIL, text(led.email())).await?;
        let along = match led.user() {
            Some(user) => Along::load(core, user, led.email()).await?,
            None => None,
        };
        Ok(Facts { led, holder, along })
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
        let foreign = facts.holder.is_some_and(|holder| holder.id != user.id);
        if foreign || facts.along.as_ref().is_some_and(|along| along.taken) {
            return draft.refuse(Error::Rejected);
        }
        let before = user.clone();
        let deed = Deed::own(&before, self.client, self.policy);
        let moves = email.canonical() != user.email.canonical();
        let former = (user.email_proven && moves).then(|| EmailChange {
            id: EmailChangeId::from_random(now, &draft.random()),
            user: user.id,
            account: user.account,
            old_email: user.email.clone(),
            old_username: facts.along.as_ref().map(|_| user.username.clone()),
            hash: credential.hash,
            at: now,
            expires_at: after(now, self.policy.lifetimes.undo),
        });
        if let Some(Along { new, released, .. }) = facts.along {
            if new.canonical() != user.username.canonical() {
                released.keep(user.id, self.policy, &mut draft);
            }
            user.username = new;
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
