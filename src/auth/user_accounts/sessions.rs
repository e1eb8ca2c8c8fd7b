//! Where somebody is logged in.

use super::{UserAccounts, history::READS};
use crate::{
    auth::devices::SHOWN,
    error::{Error, Result},
    id::UserId,
    model::{Account, Session},
};

impl UserAccounts<'_> {
    /// Somebody's sessions that stand, newest first: on which devices, and from where.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without [`Permission::USERS_MANAGE`](crate::policy::Permission) or
    /// [`Permission::AUDIT_READ`](crate::policy::Permission); [`Error::NotFound`] for users of
    /// other companies; [`Error::Unavailable`] when the store does not answer.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>> {
        let core = self.seeing(READS).await?;
        let user = self.colleague(core, user).await?;
        let account: Account =
            core.get(user.account.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        core.sessions_of(&user, &account, SHOWN).await
    }
}
