//! Asking people in.

use super::UserAccounts;
use crate::{
    auth::{
        NewUser,
        invitations::{self, Invited},
        invite::Invite,
    },
    error::Result,
    id::UserId,
    model::{Client, User},
    policy::Permission,
};

/// How many invitations a list shows.
const INVITATIONS_SHOWN: u32 = 200;

impl UserAccounts<'_> {
    /// Makes a user profile and asks its person in by mail. Nobody but them sees the link.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::error::Error::Forbidden) where the role holds a permission the
    /// inviter does not; [`Error::Conflict`](crate::error::Error::Conflict) with `field` `username`
    /// where the name, or one that looks like it, is taken, and `seats` where the company has no
    /// seat left; [`Error::Invalid`](crate::error::Error::Invalid) for an unknown role and for a
    /// language letters have no wording in; [`Error::Throttled`](crate::error::Error::Throttled)
    /// beyond 50 invitations a day, or six to one mailbox;
    /// [`Error::AccountEnded`](crate::error::Error::AccountEnded) where the plan has ended;
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not answer.
    pub async fn invite(&self, new: &NewUser, client: &Client) -> Result<User> {
        let act = async {
            let core = self.acting()?;
            core.can_write(new.language())?;
            let (budgets, account) = (core.budgets().await?, self.me.account().id);
            // Whatever comes of it: a refusal tells that a name is taken.
            let mailbox = budgets.invited_mailbox(account, new.email().canonical());
            core.charge(&[budgets.invitations(account), mailbox]).await?;
            let (policy, inviter) = (&core.policy, self.by(""));
            core.run(&Invite { policy, budgets, account, new, inviter, client }).await
        };
        self.tries(&format!("invite {}", new.role()), None, client, act).await
    }

    /// The invitations of the company, newest first; those that have ended are among them, so
    /// that they can be sent again or taken back.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::error::Error::Forbidden) without
    /// [`Permission::USERS_MANAGE`]; [`Error::Unavailable`](crate::error::Error::Unavailable)
    /// when the store does not answer.
    pub async fn invitations(&self) -> Result<Vec<Invited>> {
        let core = self.seeing(&[Permission::USERS_MANAGE]).await?;
        invitations::list(core, self.me.account().id, INVITATIONS_SHOWN).await
    }

    /// Mails the activation letter again. The invitation begins anew, also one that had ended.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) where there is no such invitation in
    /// this company; [`Error::Forbidden`](crate::error::Error::Forbidden) where the right was
    /// lost meanwhile, or the invited role holds a permission the caller does not;
    /// [`Error::Throttled`](crate::error::Error::Throttled) beyond 50 letters a day, or six to
    /// one mailbox; [`Error::AccountEnded`](crate::error::Error::AccountEnded) where the plan has
    /// ended; [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not
    /// answer.
    pub async fn resend_activation(&self, user: UserId, client: &Client) -> Result<()> {
        self.tries("send activation", Some(user), client, self.resend(user, client)).await
    }

    pub(super) async fn resend(&self, user: UserId, client: &Client) -> Result<()> {
        let core = self.acting()?;
        let (budgets, account) = (core.budgets().await?, self.me.account().id);
        let invited = self.colleague(core, user).await?;
        let mailbox = budgets.invited_mailbox(account, invited.email.canonical());
        core.charge(&[budgets.invitations(account), mailbox]).await?;
        let (policy, by) = (&core.policy, self.by(""));
        core.run(&invitations::Resend { policy, budgets, user, by, client }).await
    }

    /// Takes an invitation back. Its link is dead, its seat and username are free.
    ///
    /// # Errors
    /// As [`resend_activation`](Self::resend_activation).
    pub async fn revoke_invitation(&self, user: UserId, client: &Client) -> Result<()> {
        let act = async {
            let core = self.acting()?;
            let (policy, by) = (&core.policy, self.by(""));
            core.run(&invitations::Revoke { policy, user, by, client }).await
        };
        self.tries("revoke invitation", Some(user), client, act).await
    }
}
