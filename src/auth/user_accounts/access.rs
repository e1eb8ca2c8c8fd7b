//! Temporary passwords, concerns, and goodbyes.

use super::{UserAccounts, reasoned};
use crate::{
    auth::{invitations::Revoke, remove::Remove, secure::Secure, temporary},
    error::Result,
    id::UserId,
    model::{Client, Status, User},
    secret::Password,
};

impl UserAccounts<'_> {
    /// Sets a temporary password for somebody who cannot reset theirs. It must be replaced at the
    /// next log-in, within a day. Every session, link and ticket of theirs ends, waits for wrong
    /// passwords end, and they are told.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::error::Error::Forbidden) for oneself, for administrators, and
    /// where the policy has no [temporary passwords](crate::policy::Policy::temporary_passwords);
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `status` for somebody who
    /// is invited or locked out; [`Error::Invalid`](crate::error::Error::Invalid) with every
    /// requirement missed; [`Error::Busy`](crate::error::Error::Busy) when the machine hashes all
    /// it can; [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn set_temporary_password(
        &self,
        user: UserId,
        password: &Password,
        client: &Client,
    ) -> Result<()> {
        let act =
            async { temporary::set(self.acting()?, user, password, self.by(""), client).await };
        self.tries("set temporary password", Some(user), client, act).await
    }

    /// Acts on a security concern: sessions, links, tickets, waiting changes and the password die
    /// together, and a link to choose a new password goes out: to a
    /// [proven](User::email_proven) address only. Whoever has none needs
    /// [another](Self::recover), or the same again. The answer is the person as they are now.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `status` for somebody who
    /// is invited or locked out; [`Error::Invalid`](crate::error::Error::Invalid) without a
    /// reason; [`Error::Forbidden`](crate::error::Error::Forbidden),
    /// [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn secure(&self, user: UserId, reason: &str, client: &Client) -> Result<User> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(reasoned(reason)?));
            let policy = &core.policy;
            core.run(&Secure { policy, user, by, client }).await
        };
        self.tries("secure", Some(user), client, act).await
    }

    /// Takes somebody out of the company for good. Nothing in their profile says any more who
    /// they were; what they did stays under their id. They are told. An invitation is taken back.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `administrators` where the
    /// company would be left without an active one;
    /// [`Error::Invalid`](crate::error::Error::Invalid) without a reason;
    /// [`Error::Forbidden`](crate::error::Error::Forbidden),
    /// [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn remove(&self, user: UserId, reason: &str, client: &Client) -> Result<()> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(reasoned(reason)?));
            let policy = &core.policy;
            if self.colleague(core, user).await?.status == Status::Invited {
                return core.run(&Revoke { policy, user, by, client }).await;
            }
            core.run(&Remove { policy, user, by, client }).await
        };
        self.tries("remove", Some(user), client, act).await
    }
}
