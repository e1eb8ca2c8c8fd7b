//! What a company has bought.

use time::OffsetDateTime;

use super::{
    core::{Core, Task},
    draft::{Draft, Note, Verdict, acting},
    rank::{Acting, By},
};
use crate::{
    error::{Error, Result},
    id::AccountId,
    model::{Account, Actor, Client, EventKind, Plan, Status, User},
    policy::{Permission, Policy},
};

/// Puts an account on a plan.
pub(super) struct SetPlan<'a> {
    pub(super) policy: &'a Policy,
    pub(super) account: AccountId,
    pub(super) plan: &'a Plan,
    pub(super) until: Option<OffsetDateTime>,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for SetPlan<'_> {
    type Facts = (Option<Account>, Option<Acting>);
    type Outcome = Account;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        // The account first: whatever changes the actor's rights after this raises its version.
        let account = core.get(self.account.as_bytes()).await?;
        Ok((account, Acting::load(core, self.by).await?))
    }

    fn decide(&self, (account, actor): Self::Facts, mut draft: Draft) -> Verdict<Account> {
        let actor = match (self.by, actor) {
            (By::Operator(_), _) => Actor::Operator,
            (By::User(..), Some(Acting { user, hold })) if self.may(&user) => {
                draft.hold(Some(hold));
                acting(&user)
            }
            (By::User(..), _) => return draft.refuse(Error::Forbidden),
        };
        let Some(account) = account else { return draft.refuse(Error::NotFound) };
        if !self.policy.plans.knows(self.plan) {
            let message = "There is no such plan.".to_owned();
            return draft.refuse(Error::invalid("plan", "unknown", message));
        }
        let reason = format!("{} → {} {}", account.plan, self.plan, self.by.reason());
        draft.record(Note {
            kind: EventKind::PlanChanged,
            actor,
            account: Some(account.id),
            subject: None,
            client: self.client,
            reason: reason.trim_end(),
            typed: None,
        });
        let until = self.until.map(crate::clock::whole_micros);
        let account = Account { plan: self.plan.clone(), plan_until: until, ..account };
        let written = Account { version: account.version.saturating_add(1), ..account.clone() };
        draft.replace(account);
        draft.done(written)
    }
}

impl SetPlan<'_> {
    fn may(&self, actor: &User) -> bool {
        actor.status == Status::Active
            && actor.account == self.account
            && self.policy.roles.allows(&actor.role, Permission::PLAN_CHANGE)
    }
}
