//! Who may act on whom: one rule.
//!
//! Somebody acts on a colleague only while they are active, in the same company, hold
//! [`Permission::USERS_MANAGE`] and every permission of the colleague's role, and of the role they
//! give. So nobody gains by an act what its giver lacked, and nobody touches who stands above
//! them. The operator stands above all.
//!
//! Every act writes two rows in the versions they were read in, before the actor was: the
//! account's, which whatever changes somebody's rights raises, and the actor's own credential,
//! which whatever ends a session of theirs raises. Who was demoted, disabled, logged out or had
//! their password reset in between has lost one of them, and nothing happens: also where the act
//! waited for a while on its way to the store.

use super::{
    Identity,
    core::{Core, page},
    draft::{Deed, Draft, acting},
    words::words_changed,
};
use crate::{
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{Account, Actor, Client, Credential, Role, Status, User, Username},
    policy::{Permission, Policy},
    store::{Record as _, Value, tables},
};

/// Who acts, and why.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// The operator.
    Operator(&'a str),
    /// Somebody whose session and rights are read again when it matters.
    User(&'a Identity, &'a str),
}

impl<'a> By<'a> {
    /// The reason given; may be empty.
    pub(super) fn reason(self) -> &'a str {
        match self {
            Self::Operator(reason) | Self::User(_, reason) => reason,
        }
    }

    /// Whether this is a user, to whom a plan that has ended says no.
    pub(super) fn is_user(self) -> bool {
        matches!(self, Self::User(..))
    }
}

/// Somebody who acts, as they are now.
pub(super) struct Acting {
    pub(super) user: User,
    /// What their act [holds on to](Draft::hold).
    pub(super) hold: Credential,
}

impl Acting {
    /// Whoever acts, while the session they came with stands; nobody for the operator. The account
    /// must have been read before.
    pub(super) async fn load(core: &Core, by: By<'_>) -> Result<Option<Self>> {
        let By::User(me, _) = by else { return Ok(None) };
        // The credential first: whatever ends the session after this raises its version.
        let hold = core.get(me.user().id.as_bytes()).await?;
        let user = core.actor(me).await?;
        Ok(user.zip(hold).map(|(user, hold)| Self { user, hold }))
    }
}

/// The rows an act on somebody is decided on.
pub(super) struct Concerned {
    account: Option<Account>,
    user: Option<User>,
    actor: Option<Acting>,
    administrators: Vec<User>,
}

/// Somebody who may be acted upon, by whoever asked.
pub(super) struct Ranked {
    pub(super) user: User,
    pub(super) account: Account,
    pub(super) who: Who,
}

/// Whoever acts.
pub(super) struct Who {
    /// As the audit trail names them.
    pub(super) actor: Actor,
    /// As letters name them; empty for the operator.
    pub(super) name: String,
    /// What the act [holds on to](Draft::hold); nothing where it is the operator's.
    pub(super) hold: Option<Credential>,
    /// The administrators who are told of it: none where it was one of them.
    administrators: Vec<User>,
}

impl Concerned {
    pub(super) async fn load(core: &Core, user: UserId, by: By<'_>) -> Result<Self> {
        let account_id = match by {
            By::User(me, _) => me.account().id,
            By::Operator(_) => {
                let found: Option<User> = core.get(user.as_bytes()).await?;
                found.map_or(AccountId::NOBODY, |user| user.account)
            }
        };
        // The account first: whatever changes somebody's rights after this raises its version.
        let account = core.get(account_id.as_bytes()).await?;
        let user = core.get(user.as_bytes()).await?;
        let actor = Acting::load(core, by).await?;
        let administrators = witnesses(core, account_id, by).await?;
        Ok(Self { account, user, actor, administrators })
    }

    /// The person, whoever asks: for reading what else a decision needs.
    pub(super) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// What the person is called, whoever asks.
    pub(super) fn username(&self) -> Option<&Username> {
        self.user().map(|user| &user.username)
    }

    /// The person, where whoever asked may act on them and give them this role.
    pub(super) fn ranked(self, policy: &Policy, by: By<'_>, given: &Role) -> Result<Ranked> {
        self.judged(policy, by, Some(given))
    }

    /// The person, where whoever asked may act on them.
    pub(super) fn reached(self, policy: &Policy, by: By<'_>) -> Result<Ranked> {
        self.judged(policy, by, None)
    }

    fn judged(self, policy: &Policy, by: By<'_>, given: Option<&Role>) -> Result<Ranked> {
        let (actor, name, role, hold) = match (by, self.actor) {
            (By::Operator(_), _) => (Actor::Operator, String::new(), None, None),
            (By::User(..), Some(Acting { user, hold })) if manages(policy, &user) => {
                (acting(&user), user.name.as_str().to_owned(), Some(user.role), Some(hold))
            }
            (By::User(..), _) => return Err(Error::Forbidden),
        };
        let (Some(account), Some(user)) = (self.account, self.user) else {
            return Err(Error::NotFound);
        };
        // Another company's users do not exist, and neither do those who are gone.
        if user.account != account.id || user.status == Status::Removed {
            return Err(Error::NotFound);
        }
        let outranks = |other: &Role| role.as_ref().is_none_or(|own| covers(policy, own, other));
        if !outranks(&user.role) || !given.is_none_or(outranks) {
            return Err(Error::Forbidden);
        }
        let who = Who { actor, name, hold, administrators: self.administrators };
        Ok(Ranked { user, account, who })
    }
}

/// How many administrators are told of things.
const TOLD: usize = 20;

/// How many rows are read at a time to find them, and how often: 10,000 people. Whoever invites
/// "administrators" with early names to keep a warning from those who are active needs more than
/// that, at fifty invitations a day.
const SLICE: u32 = 50;
const SLICES: usize = 200;

/// The active administrators of an account, by username: as many as are told of things. Those who
/// are invited or locked out stand between them, and take nobody's place.
pub(crate) async fn administrators(core: &Core, account: AccountId) -> Result<Vec<User>> {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec()), Value::Int(1)];
    let mut slice = page(&tables::USERS, "administrators", equal, SLICE)?;
    let mut found = Vec::new();
    for _ in 0..SLICES {
        let rows = core.store.page(&slice).await?;
        for row in &rows {
            found.push(User::from_row(row)?);
        }
        found.retain(User::is_active_administrator);
        let last = rows.last().filter(|_| rows.len() >= usize::try_from(SLICE).unwrap_or(0));
        let Some(last) = last.filter(|_| found.len() < TOLD) else { break };
        let name = User::from_row(last)?.username.canonical().to_owned();
        slice.after = Some(vec![Value::Text(name)]);
    }
    found.truncate(TOLD);
    Ok(found)
}

/// Who is told of what the operator does to an account; nobody, where it is one of its own people
/// who acts.
pub(super) async fn witnesses(core: &Core, account: AccountId, by: By<'_>) -> Result<Vec<User>> {
    match by {
        By::Operator(_) => administrators(core, account).await,
        By::User(..) => Ok(Vec::new()),
    }
}

/// Whether somebody, as they are now, may act on users at all.
pub(super) fn manages(policy: &Policy, actor: &User) -> bool {
    actor.status == Status::Active && policy.roles.allows(&actor.role, Permission::USERS_MANAGE)
}

/// Whether one role holds every permission of another.
pub(super) fn covers(policy: &Policy, own: &Role, other: &Role) -> bool {
    policy.roles.permissions(other).all(|held| policy.roles.allows(own, held))
}

impl Ranked {
    /// Whether whoever acts is the person themselves. What My Account asks the current password
    /// for is not to be had here without it.
    pub(super) fn is_own(&self) -> bool {
        matches!(&self.who.actor, Actor::User(id, _) if *id == self.user.id)
    }

    /// Carries the account's counts over what became of the person, `before` being what they
    /// were. Before anything is drafted: a refusal keeps what was recorded.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the account would be left without an active administrator, or
    /// has no seat for them.
    pub(super) fn count(&mut self, before: &User, policy: &Policy) -> Result<()> {
        let Self { user, account, .. } = self;
        let (administrators, seats) = (account.administrators, account.seats_taken);
        let was_full = !policy.plans.has_free_seat(account);
        account.count(Some(before), Some(user));
        if account.administrators == 0 && administrators > 0 {
            return Err(Error::Conflict { field: "administrators" });
        }
        if account.seats_taken > seats && was_full {
            return Err(Error::Conflict { field: "seats" });
        }
        Ok(())
    }

    /// Writes the person, their words, and the account.
    pub(super) fn write(self, before: &User, draft: &mut Draft) -> User {
        let Self { user, account, who } = self;
        draft.hold(who.hold);
        words_changed(draft, Some(before), Some(&user));
        let written = User { version: user.version.saturating_add(1), ..user.clone() };
        draft.replace(user);
        draft.replace(account);
        written
    }
}

impl Who {
    /// What they do, for the table of effects.
    pub(super) fn deed<'a>(&'a self, by: By<'a>, client: &'a Client, policy: &Policy) -> Deed<'a> {
        Deed {
            actor: self.actor.clone(),
            client,
            reason: by.reason(),
            name: &self.name,
            detail: "",
            witnesses: &self.administrators,
            letter_lifetime: policy.lifetimes.letter,
        }
    }
}
