//! Invitations: listed, sent again, taken back.

use super::{
    budgets::Budgets,
    core::{Core, Task, page},
    draft::{Draft, Note, Sender, Verdict},
    rank::{By, Concerned, Ranked},
    words::words_changed,
};
use crate::{
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Client, EventKind, Intent, Invitation, Status, User},
    policy::{Policy, effects::Cause},
    store::{Change, Expect, Record as _, Value, tables},
};

/// An invitation, and whom it asks in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Invited {
    /// The person.
    pub user: User,
    /// The invitation.
    pub invitation: Invitation,
}

/// The newest invitations of an account, up to `limit`.
pub(super) async fn list(core: &Core, account: AccountId, limit: u32) -> Result<Vec<Invited>> {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
    let newest = page(&tables::INVITATIONS, "of_account", equal, limit)?.descending();
    let mut found = Vec::new();
    for row in core.store.page(&newest).await? {
        let invitation = Invitation::from_row(&row)?;
        if let Some(user) = core.get(invitation.user.as_bytes()).await? {
            found.push(Invited { user, invitation });
        }
    }
    Ok(found)
}

/// The rows both tasks need.
pub(super) struct Facts {
    concerned: Concerned,
    invitation: Option<Invitation>,
}

impl Facts {
    async fn load(core: &Core, user: UserId, by: By<'_>) -> Result<Self> {
        let concerned = Concerned::load(core, user, by).await?;
        Ok(Self { concerned, invitation: core.get(user.as_bytes()).await? })
    }

    /// The invitation, if whoever acts may act on it: as with inviting, only where they hold
    /// every permission it will give.
    fn held(self, policy: &Policy, by: By<'_>) -> Result<(Ranked, Invitation)> {
        let ranked = self.concerned.reached(policy, by)?;
        match self.invitation {
            Some(invitation) if ranked.user.status == Status::Invited => Ok((ranked, invitation)),
            _ => Err(Error::NotFound),
        }
    }
}

/// Mails the activation letter again; the invitation begins anew.
pub(super) struct Resend<'a> {
    pub(super) policy: &'a Policy,
    pub(super) budgets: Budgets<'a>,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for Resend<'_> {
    /// And the letter that still waits for them.
    type Facts = (Facts, Option<Intent>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let once = Value::Bytes(self.budgets.once_letter(self.user).to_vec());
        Ok((Facts::load(core, self.user, self.by).await?, core.find(&tables::ONCE, once).await?))
    }

    fn decide(&self, (facts, waiting): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let (held, invitation) = match facts.held(self.policy, self.by) {
            Ok(held) => held,
            Err(error) => return draft.refuse(error),
        };
        let Ranked { user, account, who } = held;
        draft.hold(who.hold.clone());
        let deed = who.deed(self.by, self.client, self.policy);
        if account.plan_ended(draft.now()) && self.by.is_user() {
            return draft.refuse(Error::AccountEnded);
        }
        let lifetimes = &self.policy.lifetimes;
        if waiting.is_none() {
            let (budgets, client) = (self.budgets, self.client);
            let (inviter, lifetime) = (who.name.as_str(), lifetimes.letter);
            draft.send_activation(&user, Sender { budgets, client, inviter, lifetime });
        }
        let kind = EventKind::ActivationResent;
        draft.tell_witnesses(kind, user.username.as_str(), &deed);
        let note = Note::of(kind, who.actor.clone(), &user, self.client);
        draft.record(note.because(self.by.reason()));
        let expires_at = crate::clock::after(draft.now(), lifetimes.invitation);
        draft.replace(Invitation { expires_at, ..invitation });
        draft.replace(account);
        draft.done(())
    }
}

/// Takes an invitation back: the person's profile goes, and its username is free again.
pub(super) struct Revoke<'a> {
    pub(super) policy: &'a Policy,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for Revoke<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        Facts::load(core, self.user, self.by).await
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let (held, invitation) = match facts.held(self.policy, self.by) {
            Ok(held) => held,
            Err(error) => return draft.refuse(error),
        };
        let Ranked { user, mut account, who } = held;
        draft.hold(who.hold.clone());
        // Nobody is left to hold stamps or to be told, so of the effects only the record and
        // the invitation's end remain; links die with the row they lead to.
        if let Some(event) = Cause::InvitationRevoked.effects().event {
            let deed = who.deed(self.by, self.client, self.policy);
            draft.tell_witnesses(event, user.username.as_str(), &deed);
            let note = Note::of(event, who.actor.clone(), &user, self.client);
            draft.record(note.because(self.by.reason()));
        }
        account.count(Some(&user), None);
        words_changed(&mut draft, Some(&user), None);
        draft.delete(&invitation);
        draft.change(Change::Delete {
            table: &tables::USERS,
            key: user.id.as_bytes().to_vec(),
            expect: Expect::Version(user.version),
        });
        draft.change(Change::Delete {
            table: &tables::ACTIVITY,
            key: user.id.as_bytes().to_vec(),
            expect: Expect::Present,
        });
        draft.replace(account);
        draft.done(())
    }
}
