//! The company itself.

use time::OffsetDateTime;

use super::{SEES, UserAccounts, reasoned};
use crate::{
    auth::{
        plan::{SetTerms, Terms},
        secure::SecureAccount,
    },
    error::{Error, Result},
    model::{Account, Client, Plan},
};

impl UserAccounts<'_> {
    /// The company: its plan, and its seats, of which
    /// [`Plans::seats_of`](crate::policy::Plans::seats_of) says how many there are.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the right to see people was lost meanwhile;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn account(&self) -> Result<Account> {
        let core = self.seeing(SEES).await?;
        core.get(self.me.account().id.as_bytes()).await?.ok_or(Error::NotFound)
    }

    /// Puts the company on another plan, until a moment or without an end. A moment that has passed
    /// ends it at once. Seats agreed for this account alone stay.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without
    /// [`Permission::PLAN_CHANGE`](crate::policy::Permission::PLAN_CHANGE); [`Error::Invalid`]
    /// for an unknown plan; [`Error::Unavailable`] when the store does not answer.
    pub async fn set_plan(
        &self,
        plan: &Plan,
        until: Option<OffsetDateTime>,
        client: &Client,
    ) -> Result<Account> {
        let act = async {
            let (core, account, by) = (self.core(), self.me.account().id, self.by(""));
            let (policy, terms) = (&core.policy, Terms::Plan(plan, until));
            core.run(&SetTerms { policy, account, terms, by, client }).await
        };
        self.tries("change plan", None, client, act).await
    }

    /// Acts on a security concern of the whole company: every session, link, ticket and password is
    /// void at once, one's own too. Whoever is active and has proven their address is mailed a link
    /// to choose a new password; who has proven none needs [`recover`](Self::recover).
    ///
    /// # Errors
    /// [`Error::Forbidden`] for anybody but an administrator; [`Error::Invalid`] without a
    /// reason; [`Error::Unavailable`] when the store does not answer.
    pub async fn secure_account(&self, reason: &str, client: &Client) -> Result<()> {
        let act = async {
            let (core, account) = (self.acting()?, self.me.account().id);
            let (policy, by) = (&core.policy, self.by(reasoned(reason)?));
            core.run(&SecureAccount { policy, account, by, client }).await
        };
        self.tries("secure account", None, client, act).await
    }
}
