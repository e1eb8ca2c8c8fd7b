//! What the operator of the site does: never from a request, always with a reason.

mod break_glass;

use std::sync::Arc;

use time::OffsetDateTime;

use super::{
    NewUser,
    budgets::Budgets,
    core::{Core, Task, text},
    draft::{Draft, Note, Verdict},
    invitations::{Resend, Revoke},
    invite::{Invite, Profile, invited_as},
    rank::By,
    temporary,
};
use crate::{
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Account, Actor, Client, EventKind, PersonName, Plan, User, Username},
    policy::Policy,
    secret::Password,
    store::tables,
};

/// The operator of the site. [`Builder::build`](super::Builder::build) makes one beside
/// [`Auth`](super::Auth), and nothing else does, so no request handler can reach it by accident.
///
/// A server drops it once the first account is open. To act later, let a second program build its
/// own on the same store, as the `crm` example's `src/operator.rs` does. That program needs no
/// `background`: the letters it causes lie in the outbox, and the server sends them.
#[derive(Clone)]
pub struct Operator {
    pub(super) core: Arc<Core>,
}

/// The operator with a reason, which the audit trail keeps.
#[derive(Clone)]
pub struct Acting<'a> {
    core: &'a Core,
    reason: &'a str,
}

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    name: PersonName,
    plan: Plan,
    plan_until: Option<OffsetDateTime>,
    seats: Option<u32>,
}

/// What was opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opened {
    /// The account.
    pub account: Account,
    /// Its first administrator, invited.
    pub administrator: User,
}

impl NewAccount {
    /// A company of this name on this plan, with as many users as the plan includes and no end.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the name is empty, too long, or holds control characters.
    pub fn new(name: &str, plan: Plan) -> Result<Self> {
        let name = PersonName::parse(name)
            .map_err(|error| Error::invalid("name", "format", error.to_string()))?;
        Ok(Self { name, plan, plan_until: None, seats: None })
    }

    /// When the plan ends. A moment that has passed ends it at once.
    #[must_use]
    pub fn until(mut self, until: OffsetDateTime) -> Self {
        self.plan_until = Some(crate::clock::whole_micros(until));
        self
    }

    /// How many users it may have, whatever its plan includes.
    #[must_use]
    pub fn seats(mut self, seats: u32) -> Self {
        self.seats = Some(seats);
        self
    }
}

impl Operator {
    /// Acts, for this reason; a blank one becomes "(no reason given)". The letter to the account's
    /// administrators and the audit trail say it, in places together with what was changed: 500
    /// characters in all, without NULs.
    #[must_use]
    pub fn because<'a>(&'a self, reason: &'a str) -> Acting<'a> {
        let reason = if reason.trim().is_empty() { "(no reason given)" } else { reason };
        Acting { core: &self.core, reason }
    }

    /// The user of this username, in whichever account.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn find_user(&self, username: &Username) -> Result<Option<User>> {
        self.core.find(&tables::BY_USERNAME, text(username.canonical())).await
    }
}

impl Acting<'_> {
    /// Opens an account and invites its first administrator, who is mailed the activation link.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the plan is unknown, the role makes no administrator, or letters
    /// have no wording in the language asked for; [`Error::Conflict`] with `field` `username` where
    /// the name is taken, or `seats` where there are none; [`Error::Busy`] where others keep
    /// changing the same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn open_account(&self, new: &NewAccount, administrator: &NewUser) -> Result<Opened> {
        self.core.can_write(administrator.language())?;
        let (policy, budgets) = (&self.core.policy, self.core.budgets().await?);
        let task = OpenAccount { policy, budgets, new, administrator, reason: self.reason };
        self.core.run(&task).await
    }

    /// Invites somebody into an account.
    ///
    /// # Errors
    /// [`Error::Invalid`] and [`Error::Conflict`] as
    /// [`UserAccounts::invite`](super::UserAccounts::invite) says; [`Error::NotFound`] for an
    /// unknown account; [`Error::Busy`] where others keep changing the same rows;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn invite(&self, account: AccountId, new: &NewUser) -> Result<User> {
        self.core.can_write(new.language())?;
        let inviter = By::Operator(self.reason);
        let (policy, budgets) = (&self.core.policy, self.core.budgets().await?);
        self.core.run(&Invite { policy, budgets, account, new, inviter, client: &here() }).await
    }

    /// Mails somebody's activation letter again.
    ///
    /// # Errors
    /// [`Error::NotFound`] where they are not invited; [`Error::Busy`] where others keep changing
    /// the same rows; [`Error::Unavailable`] when the store does not answer.
    pub async fn resend_activation(&self, user: UserId) -> Result<()> {
        let by = By::Operator(self.reason);
        let (policy, budgets) = (&self.core.policy, self.core.budgets().await?);
        self.core.run(&Resend { policy, budgets, user, by, client: &here() }).await
    }

    /// Takes somebody's invitation back.
    ///
    /// # Errors
    /// As [`resend_activation`](Self::resend_activation).
    pub async fn revoke_invitation(&self, user: UserId) -> Result<()> {
        let by = By::Operator(self.reason);
        let policy = &self.core.policy;
        self.core.run(&Revoke { policy, user, by, client: &here() }).await
    }

    /// Sets a temporary password for somebody who cannot reset theirs. It must be replaced at
    /// the next log-in, within a day. Every session, link and ticket of theirs ends, waits for
    /// wrong passwords end, and they are told.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody; [`Error::Conflict`] with `field` `status` where
    /// they are invited or locked out; [`Error::Invalid`] with every requirement missed;
    /// [`Error::Busy`] when the machine hashes all it can;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn set_temporary_password(&self, user: UserId, password: &Password) -> Result<()> {
        let by = By::Operator(self.reason);
        temporary::set(self.core, user, password, by, &here()).await
    }

    /// The activation link of somebody invited, on the operator's screen instead of in their
    /// mailbox. Whoever sees it can become them, and the operator vouches for the address: it
    /// counts as proven, and "forgot password" mails there. It is for setting up the first account
    /// on a machine of one's own. Links mailed before stay good.
    ///
    /// It is the whole URL; [`Site::token_in`](crate::site::Site::token_in) finds the token in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where they are not invited or the invitation has ended;
    /// [`Error::Busy`] where others keep changing the same rows; [`Error::Unavailable`] when
    /// the store does not answer.
    pub async fn danger_activation_link(&self, user: UserId) -> Result<String> {
        crate::outbox::set_up_link(self.core, user, self.reason).await
    }
}

/// The operator's client: this machine.
fn here() -> Client {
    Client::new(None, "operator")
}

struct OpenAccount<'a> {
    policy: &'a Policy,
    budgets: Budgets<'a>,
    new: &'a NewAccount,
    administrator: &'a NewUser,
    reason: &'a str,
}

impl Task for OpenAccount<'_> {
    /// Whether the administrator's username is taken.
    type Facts = bool;
    type Outcome = Opened;

    async fn load(&self, core: &Core) -> Result<bool> {
        super::claim::is_taken(core, self.administrator.username(), None).await
    }

    fn decide(&self, taken: bool, mut draft: Draft) -> Verdict<Opened> {
        let now = draft.now();
        let invalid = |field, message: &str| Error::invalid(field, "unknown", message.to_owned());
        if !self.policy.plans.knows(&self.new.plan) {
            return draft.refuse(invalid("plan", "There is no such plan."));
        }
        if !self.policy.roles.is_administrator(self.administrator.role()) {
            let message = "The first user of an account must be an administrator.";
            return draft.refuse(invalid("role", message));
        }
        if taken {
            return draft.refuse(Error::Conflict { field: "username" });
        }
        let mut account = Account {
            id: AccountId::from_random(now, &draft.random()),
            name: self.new.name.as_str().to_owned(),
            plan: self.new.plan.clone(),
            plan_until: self.new.plan_until,
            seats: self.new.seats,
            seats_taken: 0,
            administrators: 0,
            stamp: 0,
            secured_at: None,
            created_at: now,
            version: 1,
        };
        if !self.policy.plans.has_free_seat(&account) {
            return draft.refuse(Error::Conflict { field: "seats" });
        }
        let client = here();
        let profile = Profile {
            policy: self.policy,
            budgets: self.budgets,
            new: self.administrator,
            account: &account,
            inviter: "",
            client: &client,
        };
        let administrator = profile.draft(&mut draft);
        account.count(None, Some(&administrator));
        draft.insert(&account);
        let what = invited_as(&administrator, self.reason);
        for (kind, reason) in
            [(EventKind::AccountOpened, self.reason), (EventKind::Invited, what.as_str())]
        {
            let note = Note::of(kind, Actor::Operator, &administrator, &client);
            draft.record(note.because(reason));
        }
        draft.done(Opened { account, administrator })
    }
}
