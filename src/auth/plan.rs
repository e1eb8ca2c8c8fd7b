//! What a company has bought: its plan, and its seats.

use time::OffsetDateTime;

use super::{
    core::{Core, Task},
    draft::{Deed, Draft, Note, Verdict, acting},
    rank::{Acting, By, witnesses},
};
use crate::{
    error::{Error, Result},
    id::AccountId,
    model::{Account, Actor, Client, EventKind, Plan, Status, User},
    policy::{Permission, Policy},
};

/// Changes what an account has bought.
pub(super) struct SetTerms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) account: AccountId,
    pub(super) terms: Terms<'a>,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

/// What is agreed anew.
#[derive(Clone, Copy)]
pub(super) enum Terms<'a> {
    /// The plan, and until when. Seats that were agreed for this account alone stay.
    Plan(&'a Plan, Option<OffsetDateTime>),
    /// How many seats, whatever the plan includes; `None` for as many as it does. Fewer than are
    /// taken throw nobody out.
    Seats(Option<u32>),
}

impl Task for SetTerms<'_> {
    /// And who is told, where it is the operator.
    type Facts = (Option<Account>, Option<Acting>, Vec<User>);
    type Outcome = Account;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        // The account first: whatever changes the actor's rights after this raises its version.
        let account = core.get(self.account.as_bytes()).await?;
        let actor = Acting::load(core, self.by).await?;
        Ok((account, actor, witnesses(core, self.account, self.by).await?))
    }

    fn decide(&self, facts: Self::Facts, mut draft: Draft) -> Verdict<Account> {
        let (account, actor, witnesses) = facts;
        let actor = match (self.by, actor) {
            (By::Operator(_), _) => Actor::Operator,
            (By::User(..), Some(Acting { user, hold })) if self.may(&user) => {
                draft.hold(Some(hold));
                acting(&user)
            }
            (By::User(..), _) => return draft.refuse(Error::Forbidden),
        };
        let Some(before) = account else { return draft.refuse(Error::NotFound) };
        let (kind, account) = match self.terms {
            Terms::Plan(plan, _) if !self.policy.plans.knows(plan) => {
                let message = "There is no such plan.".to_owned();
                return draft.refuse(Error::invalid("plan", "unknown", message));
            }
            Terms::Plan(plan, until) => {
                let plan_until = until.map(crate::clock::whole_micros);
                let plan = plan.clone();
                (EventKind::PlanChanged, Account { plan, plan_until, ..before.clone() })
            }
            Terms::Seats(seats) => (EventKind::SeatsChanged, Account { seats, ..before.clone() }),
        };
        let what = self.change(&before, &account);
        let reason = format!("{what} {}", self.by.reason());
        draft.record(Note {
            kind,
            actor,
            account: Some(account.id),
            subject: None,
            client: self.client,
            reason: reason.trim_end(),
            typed: None,
        });
        let deed = Deed::operators(self.by.reason(), self.client, &witnesses, self.policy);
        draft.tell_witnesses(kind, &what, &deed);
        let written = Account { version: account.version.saturating_add(1), ..account.clone() };
        draft.replace(account);
        draft.done(written)
    }
}

impl SetTerms<'_> {
    /// Seats are the operator's to agree upon.
    fn may(&self, actor: &User) -> bool {
        matches!(self.terms, Terms::Plan(..))
            && actor.status == Status::Active
            && actor.account == self.account
            && self.policy.roles.allows(&actor.role, Permission::PLAN_CHANGE)
    }

    /// What was so, and what is from now on, as the record and the letter say it.
    fn change(&self, before: &Account, after: &Account) -> String {
        match self.terms {
            Terms::Plan(plan, until) => {
                let until =
                    until.map_or_else(String::new, |until| format!(" until {}", until.date()));
                format!("{} → {plan}{until}", before.plan)
            }
            Terms::Seats(_) => {
                let seats = |account| match self.policy.plans.seats_of(account) {
                    Some(seats) => seats.to_string(),
                    None => "any number".to_owned(),
                };
                format!("{} → {}", seats(before), seats(after))
            }
        }
    }
}
