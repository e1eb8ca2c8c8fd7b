//! Asking for another e-mail address.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Identity,
        core::{Core, Task},
        draft::{Deed, Draft, Verdict},
    },
    error::{Error, Result},
    model::{Client, Credential, EmailAddress, Errand, Username},
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
    /// username and cannot be one; [`Error::Throttled`] beyond six letters a day to one mailbox;
    /// [`Error::Unauthenticated`] where the session has ended meanwhile; [`Error::Busy`] when
    /// the machine hashes all it can; [`Error::Unavailable`] when the store does not answer.
    pub async fn change_email(
        &self,
        current: &Password,
        new: &EmailAddress,
        client: &Client,
    ) -> Result<()> {
        let core = self.core();
        let checked = self.check_current(current, client).await?;
        let mailbox = core.budgets().await?.invited_mailbox(self.me.account().id, new.canonical());
        core.charge(&[mailbox]).await?;
        let task = ChangeEmail { me: self.me, policy: &core.policy, checked, new, client };
        core.run(&task).await
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
        let is_username = user.username.canonical() == user.email.canonical();
        if is_username && Username::parse(self.new.as_str()).is_err() {
            let message = "Your address is your username as well, and this one cannot be: choose \
                           another username first.";
            return draft.refuse(Error::invalid("email", "username", message.to_owned()));
        }
        let deed = Deed::own(&user, self.client, self.policy);
        draft.take_effect(Cause::EmailChangeAsked, &mut user, deed);
        let errand = Errand::confirmation(&user, self.new);
        draft.ask(errand, None, self.client, self.policy.lifetimes.email_change);
        draft.replace(user);
        draft.done(())
    }
}
