//! User Accounts: what administrators do for others.

use super::{
    Auth, Identity, NewUser,
    invitations::{self, By, Invited},
    invite::{Invite, Inviter},
};
use crate::{
    error::{Error, Result},
    id::UserId,
    model::{Client, User},
    policy::Permission,
};

/// What somebody may do with the users of their company. [`Auth::user_accounts`] gives it to
/// those who may; each call reads their rights again, so one demoted a moment ago does nothing.
#[derive(Debug, Clone, Copy)]
pub struct UserAccounts<'a> {
    auth: &'a Auth,
    me: &'a Identity,
}

/// How many invitations a list shows.
const INVITATIONS_SHOWN: u32 = 200;

impl Auth {
    /// What this person may do with the users of their company.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without
    /// [`Permission::USERS_MANAGE`].
    pub fn user_accounts<'a>(&'a self, me: &'a Identity) -> Result<UserAccounts<'a>> {
        me.require(Permission::USERS_MANAGE)?;
        Ok(UserAccounts { auth: self, me })
    }
}

impl UserAccounts<'_> {
    fn by(&self) -> By<'_> {
        By::User(self.me)
    }

    /// Makes a user profile and asks its person in by mail. Nobody but them sees the link.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the role holds a permission
    /// the inviter does not; [`Error::Conflict`] with `field`
    /// `username` where the name, or one that looks like it, is taken, and `seats` where the
    /// company has no seat left; [`Error::Invalid`] for an unknown
    /// role; [`Error::Throttled`] beyond 50 invitations a day, or
    /// six to one mailbox; [`Error::AccountEnded`] where the
    /// plan has ended; [`Error::Unavailable`] when the store
    /// does not answer.
    pub async fn invite(&self, new: &NewUser, client: &Client) -> Result<User> {
        let core = &self.auth.core;
        let (budgets, account) = (core.budgets().await?, self.me.account().id);
        // Whatever comes of it: a refusal tells that a name is taken.
        let mailbox = budgets.invited_mailbox(account, new.email().canonical());
        core.charge(&[budgets.invitations(account), mailbox]).await?;
        let invite = Invite {
            policy: &core.policy,
            budgets,
            account,
            new,
            inviter: Inviter::User(self.me),
            client,
        };
        core.run(&invite).await
    }

    /// The invitations of the company, newest first; those that have ended are among them, so
    /// that they can be sent again or taken back.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn invitations(&self) -> Result<Vec<Invited>> {
        invitations::list(&self.auth.core, self.me.account().id, INVITATIONS_SHOWN).await
    }

    /// Mails the activation letter again. The invitation begins anew, also one that had ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such invitation in
    /// this company; [`Error::Forbidden`] where the right was
    /// lost meanwhile, or the invited role holds a permission the caller does not;
    /// [`Error::Throttled`] beyond 50 letters a day, or six to
    /// one mailbox; [`Error::AccountEnded`] where the plan has
    /// ended; [`Error::Unavailable`] when the store does not
    /// answer.
    pub async fn resend_activation(&self, user: UserId, client: &Client) -> Result<()> {
        let core = &self.auth.core;
        let (budgets, account) = (core.budgets().await?, self.me.account().id);
        let invited: User = core.get(user.as_bytes()).await?.ok_or(Error::NotFound)?;
        if invited.account != account {
            return Err(Error::NotFound);
        }
        let mailbox = budgets.invited_mailbox(account, invited.email.canonical());
        core.charge(&[budgets.invitations(account), mailbox]).await?;
        let policy = &core.policy;
        core.run(&invitations::Resend { policy, budgets, user, by: self.by(), client }).await
    }

    /// Takes an invitation back. Its link is dead, its seat and username are free.
    ///
    /// # Errors
    /// As [`resend_activation`](Self::resend_activation).
    pub async fn revoke_invitation(&self, user: UserId, client: &Client) -> Result<()> {
        let core = &self.auth.core;
        let task = invitations::Revoke { policy: &core.policy, user, by: self.by(), client };
        core.run(&task).await
    }
}
