//! An invited person's first password.

use super::{
    Auth,
    core::{Core, Task, text},
    draft::{Deed, Draft, Verdict},
    link::Led,
};
use crate::{
    error::{Error, Result},
    model::{Client, Credential, Status, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Purpose, Token},
    store::tables,
};

impl Auth {
    /// Lets an invited person choose the first password by the mailed link. It proves the
    /// address the link was mailed to, wipes whatever was planted before it, and logs nobody in.
    /// What is sent here cannot change username, e-mail or role: those are the invitation's.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the link is unknown, used, expired or dead, or the invitation
    /// does not stand any more; [`Error::Invalid`] with every requirement missed;
    /// [`Error::Busy`] when the machine hashes all it can; [`Error::Unavailable`] when the store
    /// does not answer.
    pub async fn activate(
        &self,
        token: &Token,
        password: &Password,
        client: &Client,
    ) -> Result<()> {
        let core = &self.core;
        let led = Led::load(core, Purpose::Activation, token).await?;
        let led = led.standing(core.now()).ok_or(Error::Rejected)?;
        led.check(&core.policy, "password", password)?;
        let hash = core.hash(password).await?;
        let user = core.run(&Activate { policy: &core.policy, token, hash, client }).await?;
        // What strangers tried under the name before it could log in keeps nobody waiting.
        core.lift_limits(&user).await;
        Ok(())
    }
}

struct Activate<'a> {
    policy: &'a Policy,
    token: &'a Token,
    hash: String,
    client: &'a Client,
}

struct Facts {
    led: Led,
    /// Who has proven the link's address already.
    holder: Option<User>,
}

impl Task for Activate<'_> {
    type Facts = Facts;
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Facts> {
        let led = Led::load(core, Purpose::Activation, self.token).await?;
        let holder = core.find(&tables::BY_PROVEN_EMAIL, text(led.email())).await?;
        Ok(Facts { led, holder })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<User> {
        let now = draft.now();
        let Some(led) = facts.led.standing(now) else { return draft.refuse(Error::Rejected) };
        let (mut user, mut account) = (led.user, led.account);
        let before = user.clone();
        user.status = Status::Active;
        // The first proof wins. Whoever comes second gets in by username, and nothing tells them
        // that the address is somebody's.
        user.email_proven = facts.holder.is_none();
        let credential = Credential {
            user: user.id,
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: None,
            secured_at: None,
            version: 1,
        };
        draft.insert(&credential);
        draft.delete(&led.link);
        if let Some(invitation) = &led.invitation {
            draft.delete(invitation);
        }
        account.count(Some(&before), Some(&user));
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::Activated, &mut user, deed);
        draft.replace(user.clone());
        draft.replace(account);
        draft.done(user)
    }
}
