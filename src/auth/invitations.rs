//! Invitations that stand: listed, sent again, taken back.

use super::{
    Identity,
    budgets::Budgets,
    core::{Core, Task, page},
    draft::{Draft, Note, Sender, Verdict, acting},
};
use crate::{
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Account, Actor, Client, EventKind, Intent, Invitation, Status, User},
    policy::{Permission, Policy, effects::Cause},
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

/// Who acts on somebody's invitation.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    Operator(&'a str),
    User(&'a Identity),
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
    user: Option<User>,
    account: Option<Account>,
    invitation: Option<Invitation>,
    actor: Option<User>,
}

struct Held {
    user: User,
    account: Account,
    invitation: Invitation,
    actor: Actor,
    /// The name letters give for whoever sent them.
    inviter: String,
}

async fn load(core: &Core, user: UserId, by: By<'_>) -> Result<Facts> {
    let found: Option<User> = core.get(user.as_bytes()).await?;
    let account = found.as_ref().map_or(AccountId::NOBODY, |user| user.account);
    Ok(Facts {
        user: found,
        account: core.get(account.as_bytes()).await?,
        invitation: core.get(user.as_bytes()).await?,
        actor: match by {
            By::Operator(_) => None,
            By::User(me) => core.actor(me).await?,
        },
    })
}

impl Facts {
    /// The invitation, if whoever acts may act on it.
    fn held(self, policy: &Policy, by: By<'_>) -> Result<Held> {
        let (actor, inviter) = match (by, self.actor) {
            (By::Operator(_), _) => (Actor::Operator, String::new()),
            (By::User(_), Some(actor)) if may_manage(policy, &actor, self.user.as_ref()) => {
                (acting(&actor), actor.name.as_str().to_owned())
            }
            _ => return Err(Error::Forbidden),
        };
        let (Some(user), Some(account), Some(invitation)) =
            (self.user, self.account, self.invitation)
        else {
            return Err(Error::NotFound);
        };
        // Another account's users do not exist.
        let theirs = match by {
            By::Operator(_) => true,
            By::User(me) => me.account().id == account.id,
        };
        if theirs && user.status == Status::Invited {
            Ok(Held { user, account, invitation, actor, inviter })
        } else {
            Err(Error::NotFound)
        }
    }
}

/// Whether somebody may act on this invitation: as with inviting, only where they hold every
/// permission it will give.
fn may_manage(policy: &Policy, actor: &User, invited: Option<&User>) -> bool {
    let roles = &policy.roles;
    let holds_all =
        |user: &User| roles.permissions(&user.role).all(|given| roles.allows(&actor.role, given));
    actor.status == Status::Active
        && roles.allows(&actor.role, Permission::USERS_MANAGE)
        // Another account's users are none of theirs: that is answered as not found.
        && invited.is_none_or(|user| user.account != actor.account || holds_all(user))
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
        Ok((load(core, self.user, self.by).await?, core.find(&tables::ONCE, once).await?))
    }

    fn decide(&self, (facts, waiting): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let held = match facts.held(self.policy, self.by) {
            Ok(held) => held,
            Err(error) => return draft.refuse(error),
        };
        let Held { user, account, invitation, actor, inviter } = held;
        if account.plan_ended(draft.now()) && matches!(self.by, By::User(_)) {
            return draft.refuse(Error::AccountEnded);
        }
        let lifetimes = &self.policy.lifetimes;
        let reason = reason(self.by);
        if waiting.is_none() {
            let (budgets, client) = (self.budgets, self.client);
            let (inviter, lifetime) = (inviter.as_str(), lifetimes.letter);
            draft.send_activation(&user, Sender { budgets, client, inviter, lifetime });
        }
        let note = Note::of(EventKind::ActivationResent, actor, &user, self.client);
        draft.record(note.because(reason));
        let expires_at = crate::clock::after(draft.now(), lifetimes.invitation);
        draft.replace(Invitation { expires_at, ..invitation });
        // Through the account's version, so that somebody who lost the right a moment ago does
        // not use it.
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
        load(core, self.user, self.by).await
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let held = match facts.held(self.policy, self.by) {
            Ok(held) => held,
            Err(error) => return draft.refuse(error),
        };
        let Held { user, mut account, invitation, actor, .. } = held;
        // Nobody is left to hold stamps or to be told, so of the effects only the record and
        // the invitation's end remain; links die with the row they lead to.
        let note = Note::of(Cause::InvitationRevoked.effects().event, actor, &user, self.client);
        draft.record(note.because(reason(self.by)));
        account.count(Some(&user), None);
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

fn reason(by: By<'_>) -> &str {
    match by {
        By::Operator(reason) => reason,
        By::User(..) => "",
    }
}
