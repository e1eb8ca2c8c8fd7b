//! Locking people out, letting them in again, and ending their sessions.

use super::{UserAccounts, reasoned};
use crate::{
    auth::act::{Act, disable, enable, sign_out},
    error::Result,
    id::UserId,
    model::{Client, User},
    policy::effects::Cause,
};

impl UserAccounts<'_> {
    /// Locks somebody out, at once and everywhere: sessions, links, tickets and waiting changes
    /// end with it. Only an administrator, or the operator, lets them in again. They are told.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `administrators` where the
    /// company would be left without an active one, and `status` for somebody who is only
    /// invited; [`Error::Invalid`](crate::error::Error::Invalid) without a reason;
    /// [`Error::Forbidden`](crate::error::Error::Forbidden),
    /// [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn disable(&self, user: UserId, reason: &str, client: &Client) -> Result<User> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(reasoned(reason)?));
            let (policy, cause, step) = (&core.policy, Cause::Disabled, disable);
            core.run(&Act { policy, user, by, client, cause, step }).await
        };
        self.tries("disable", Some(user), client, act).await
    }

    /// Lets somebody in again who was locked out, with the password they had. Waits for wrong
    /// passwords end. They are told.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `seats` where the company
    /// has none left, and `status` for somebody who is only invited;
    /// [`Error::AccountEnded`](crate::error::Error::AccountEnded) where the plan has ended;
    /// [`Error::Forbidden`](crate::error::Error::Forbidden),
    /// [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn enable(&self, user: UserId, client: &Client) -> Result<User> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(""));
            let (policy, cause, step) = (&core.policy, Cause::Enabled, enable);
            let enabled = core.run(&Act { policy, user, by, client, cause, step }).await?;
            core.lift_limits(&enabled).await;
            Ok(enabled)
        };
        self.tries("enable", Some(user), client, act).await
    }

    /// Ends every session of somebody. What they know still lets them in.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::error::Error::Conflict) with `field` `status` for somebody who
    /// is only invited; [`Error::Forbidden`](crate::error::Error::Forbidden),
    /// [`Error::NotFound`](crate::error::Error::NotFound) and
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) as [`UserAccounts`] says.
    pub async fn sign_out(&self, user: UserId, client: &Client) -> Result<()> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(""));
            let (policy, cause, step) = (&core.policy, Cause::SignedOut, sign_out);
            core.run(&Act { policy, user, by, client, cause, step }).await.map(drop)
        };
        self.tries("sign out", Some(user), client, act).await
    }
}
