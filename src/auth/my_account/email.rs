//! Asking for another e-mail address.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Identity,
        budgets::given_back,
        claim::along,
        core::{Core, Task},
        draft::{Deed, Draft, Verdict},
    },
    error::{Error, Result},
    model::{Client, Credential, EmailAddress, Errand},
    policy::{Policy, effects::Cause},
    secret::Password,
};

impl MyAccount<'_> {
    /// Asks for another e-mail address. A link goes to the new one, and the address changes when
    /// it is followed, with [`Auth::confirm_email`](crate::auth::Auth::confirm_email); a change
    /// asked for earlier is dead. For the present address, while nobody has proven it, it sends
    /// the link that does.
    ///
    /// The answer is the same whether or not the address is somebody else's: only its mailbox
    /// gets to know that it was asked for.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the current password is wrong: the fifth time, the session
    /// ends. [`Error::Invalid`] where the address is the person's already, or is to become their
    /// username and cannot be one; [`Error::Throttled`] beyond six addresses a day, and beyond six
    /// letters a day to one mailbox; [`Error::Unauthenticated`] where the session has ended
    /// meanwhile; [`Error::Busy`] when the machine hashes all it can; [`Error::Unavailable`] when
    /// the store does not answer.
    pub async fn change_email(
        &self,
        current: &Password,
        new: &EmailAddress,
        client: &Client,
    ) -> Result<()> {
        let core = self.core();
        let checked = self.check_current(current, client).await?;
        let (budgets, me) = (core.budgets().await?, self.me);
        let mailbox = budgets.asked_mailbox(me.account().id, new.canonical());
        let charges = [budgets.email_changes(me.user().id), mailbox];
        core.charge(&charges).await?;
        let answer =
            core.run(&ChangeEmail { me, policy: &core.policy, checked, new, client }).await;
        if matches!(answer, Err(Error::Invalid(_))) {
            // No letter went out, so none counts.
            core.charge(&charges.map(given_back)).await?;
        }
        answer
    }
}

struct ChangeEmail<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    /// The credential the current password was compared with.
    checked: Credential,
    new: &'a EmailAddress,
    client: &'a Client,
}

impl Task for ChangeEmail<'_> {
    type Facts = (Option<Mine>, Option<Credential>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let mine = Mine::load(core, self.me).await?;
        Ok((mine, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (mine, held): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let Some(Mine { mut user, .. }) = mine.filter(|mine| mine.stands(self.policy, now)) else {
            return draft.refuse(Error::Unauthenticated);
        };
        if held.is_none_or(|held| held.hash != self.checked.hash) {
            return draft.refuse(Error::Rejected);
        }
        let same = user.email.canonical() == self.new.canonical();
        if same && user.email_proven {
            let message = "This is your address already.".to_owned();
            return draft.refuse(Error::invalid("email", "unchanged", message));
        }
        if let Err(error) = along(&user, self.new) {
            return draft.refuse(error);
        }
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::EmailChangeAsked, &mut user, deed);
        let errand = Errand::confirmation(&user, self.new);
        draft.ask(errand, None, self.client, self.policy.lifetimes.email_change);
        draft.replace(user);
        draft.done(())
    }
}
