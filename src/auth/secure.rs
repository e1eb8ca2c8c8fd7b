//! Acting on a security concern at once: sessions, links and password die together.

use super::{
    core::{Core, Task},
    draft::{Draft, Note, Verdict, acting},
    rank::{By, Concerned, manages},
};
use crate::{
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Account, Actor, Client, Credential, Errand, EventKind, Status, User},
    policy::{Policy, effects::Cause},
};

/// Secures one user.
pub(super) struct Secure<'a> {
    pub(super) policy: &'a Policy,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for Secure<'_> {
    type Facts = (Concerned, Option<Credential>);
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let concerned = Concerned::load(core, self.user, self.by).await?;
        Ok((concerned, core.get(self.user.as_bytes()).await?))
    }

    fn decide(&self, (concerned, credential): Self::Facts, mut draft: Draft) -> Verdict<User> {
        let mut ranked = match concerned.reached(self.policy, self.by) {
            Ok(ranked) => ranked,
            Err(error) => return draft.refuse(error),
        };
        let (Status::Active, Some(credential)) = (ranked.user.status, credential) else {
            return draft.refuse(Error::Conflict { field: "status" });
        };
        let before = ranked.user.clone();
        draft.replace(credential.void(draft.now()));
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        draft.take_effect(Cause::Secured, &mut ranked.user, deed);
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}

/// Secures a whole account, by one write of its row; the letters follow.
pub(super) struct SecureAccount<'a> {
    pub(super) policy: &'a Policy,
    pub(super) account: AccountId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for SecureAccount<'_> {
    type Facts = (Option<Account>, Option<User>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        // The account first: whatever changes the actor's rights after this raises its version.
        let account = core.get(self.account.as_bytes()).await?;
        let actor = match self.by {
            By::Operator(_) => None,
            By::User(me, _) => core.actor(me).await?,
        };
        Ok((account, actor))
    }

    fn decide(&self, (account, actor): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let (actor, inviter) = match (self.by, actor) {
            (By::Operator(_), _) => (Actor::Operator, String::new()),
            (By::User(..), Some(actor)) if self.may(&actor) => {
                (acting(&actor), actor.name.as_str().to_owned())
            }
            (By::User(..), _) => return draft.refuse(Error::Forbidden),
        };
        let Some(mut account) = account else { return draft.refuse(Error::NotFound) };
        account.stamp = account.stamp.saturating_add(1);
        account.secured_at = account.secured_at.max(Some(now));
        draft.record(Note {
            kind: EventKind::AccountSecured,
            actor,
            account: Some(account.id),
            subject: None,
            client: self.client,
            reason: self.by.reason(),
            typed: None,
        });
        let errand = Errand::TellSecured { account: account.id, after: String::new(), inviter };
        draft.ask(errand, None, self.client, self.policy.lifetimes.letter);
        draft.replace(account);
        draft.done(())
    }
}

impl SecureAccount<'_> {
    /// An administrator: it locks out every one of them, and nobody stands above them.
    fn may(&self, actor: &User) -> bool {
        actor.account == self.account
            && manages(self.policy, actor)
            && self.policy.roles.is_administrator(&actor.role)
    }
}
