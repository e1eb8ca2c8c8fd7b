//! Help for an account whose administrators cannot help themselves. Never from a user's session,
//! always recorded, and the account's active administrators are told.

use time::OffsetDateTime;

use super::{Acting, here};
use crate::{
    auth::{
        act::{Act, disable, enable},
        plan::{SetTerms, Terms},
        rank::By,
        remove::Remove,
        secure::{Secure, SecureAccount},
        user_accounts::{Changes, Update},
    },
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Account, Plan, User},
    policy::effects::Cause,
};

impl Acting<'_> {
    fn by(&self) -> By<'_> {
        By::Operator(self.reason)
    }

    /// Makes somebody an administrator of their account.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody; [`Error::Busy`] where others keep changing the
    /// same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn grant_administrator(&self, user: UserId) -> Result<User> {
        // A policy without such a role is not built.
        let role = self.core.policy.roles.administrator().ok_or(Error::NotFound)?;
        self.update(user, &Changes::new().role(role.as_str())).await
    }

    /// Changes somebody's profile, as an administrator could.
    ///
    /// # Errors
    /// As [`UserAccounts::update`](crate::auth::UserAccounts::update), but for what is about the
    /// one who asks.
    pub async fn update(&self, user: UserId, changes: &Changes) -> Result<User> {
        changes.check()?;
        let (policy, by) = (&self.core.policy, self.by());
        let budgets = self.core.budgets().await?;
        self.core.run(&Update { policy, budgets, user, changes, by, client: &here() }).await
    }

    /// Locks somebody out.
    ///
    /// # Errors
    /// As [`UserAccounts::disable`](crate::auth::UserAccounts::disable).
    pub async fn disable(&self, user: UserId) -> Result<User> {
        let (policy, by, cause, step) =
            (&self.core.policy, self.by(), Cause::Disabled, disable as _);
        self.core.run(&Act { policy, user, by, client: &here(), cause, step }).await
    }

    /// Lets somebody in again, also where the plan has ended.
    ///
    /// # Errors
    /// As [`UserAccounts::enable`](crate::auth::UserAccounts::enable).
    pub async fn enable(&self, user: UserId) -> Result<User> {
        let (policy, by, cause, step) = (&self.core.policy, self.by(), Cause::Enabled, enable as _);
        let enabled =
            self.core.run(&Act { policy, user, by, client: &here(), cause, step }).await?;
        self.core.lift_limits(&enabled).await;
        Ok(enabled)
    }

    /// Takes somebody out of their company for good.
    ///
    /// # Errors
    /// As [`UserAccounts::remove`](crate::auth::UserAccounts::remove); an invitation is
    /// [revoked](Acting::revoke_invitation) instead.
    pub async fn remove(&self, user: UserId) -> Result<()> {
        let (policy, by) = (&self.core.policy, self.by());
        self.core.run(&Remove { policy, user, by, client: &here() }).await
    }

    /// Acts on a security concern about somebody.
    ///
    /// # Errors
    /// As [`UserAccounts::secure`](crate::auth::UserAccounts::secure).
    pub async fn secure(&self, user: UserId) -> Result<User> {
        let (policy, by) = (&self.core.policy, self.by());
        self.core.run(&Secure { policy, user, by, client: &here() }).await
    }

    /// Acts on a security concern of a whole account.
    ///
    /// # Errors
    /// As [`UserAccounts::secure_account`](crate::auth::UserAccounts::secure_account), and
    /// [`Error::NotFound`] for an unknown account.
    pub async fn secure_account(&self, account: AccountId) -> Result<()> {
        let (policy, by) = (&self.core.policy, self.by());
        self.core.run(&SecureAccount { policy, account, by, client: &here() }).await
    }

    /// Puts an account on another plan, until a moment or without an end. A moment that has passed
    /// ends it at once. Seats that were agreed for this account alone stay as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown plan; [`Error::NotFound`] for an unknown account;
    /// [`Error::Busy`] where others keep changing the same rows; [`Error::Unavailable`] when the
    /// store does not answer.
    pub async fn set_plan(
        &self,
        account: AccountId,
        plan: &Plan,
        until: Option<OffsetDateTime>,
    ) -> Result<Account> {
        self.set_terms(account, Terms::Plan(plan, until)).await
    }

    /// Agrees on so many seats with an account, whatever its plan includes; `None` for as many as
    /// that does. Fewer than are taken throw nobody out: nobody new comes in until enough are
    /// free.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account; [`Error::Busy`] where others keep changing the
    /// same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn set_seats(&self, account: AccountId, seats: Option<u32>) -> Result<Account> {
        self.set_terms(account, Terms::Seats(seats)).await
    }

    async fn set_terms(&self, account: AccountId, terms: Terms<'_>) -> Result<Account> {
        let (policy, by) = (&self.core.policy, self.by());
        self.core.run(&SetTerms { policy, account, terms, by, client: &here() }).await
    }
}
