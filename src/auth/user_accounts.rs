//! User Accounts: what administrators do for others.

mod access;
mod address;
mod company;
mod diagnosis;
mod history;
mod invite;
mod list;
mod profile;
mod recover;
mod refused;
mod reset;
mod sessions;
mod status;

pub use diagnosis::{Diagnosis, Reason};
pub use history::History;
pub use list::{Listed, Profile, Wanted};
pub use profile::Changes;
pub(super) use profile::Update;

use super::{Auth, Identity, core::Core, rank::By};
use crate::{
    error::{Error, Result},
    model::User,
    policy::Permission,
};

/// What somebody may do with the users of their company. [`Auth::user_accounts`] gives it to
/// those who may; each call reads their rights again, so one demoted a moment ago does nothing.
///
/// With [`Permission::USERS_VIEW`] people are seen. Whatever changes something takes
/// [`Permission::USERS_MANAGE`], and every permission of the person it is done to, and of the
/// role they are given: otherwise it is [`Error::Forbidden`]. Users of other companies, and those
/// who are gone, are [`Error::NotFound`].
///
/// A call that takes a `reason` is [`Error::Invalid`] where that is blank. The audit trail keeps it
/// without the blanks around it and without NULs, and no more than 500 characters of it.
///
/// Where the session of whoever asks has ended meanwhile, what only reads answers
/// [`Error::Unauthenticated`], and what changes something [`Error::Forbidden`]. Whatever writes
/// answers [`Error::Busy`] where others keep changing the same rows.
#[derive(Debug, Clone, Copy)]
pub struct UserAccounts<'a> {
    auth: &'a Auth,
    me: &'a Identity,
}

impl Auth {
    /// What this person may do with the users of their company.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without [`Permission::USERS_VIEW`] or [`Permission::USERS_MANAGE`].
    pub fn user_accounts<'a>(&'a self, me: &'a Identity) -> Result<UserAccounts<'a>> {
        if !me.allows(Permission::USERS_MANAGE) {
            me.require(Permission::USERS_VIEW)?;
        }
        Ok(UserAccounts { auth: self, me })
    }
}

impl UserAccounts<'_> {
    fn core(&self) -> &Core {
        &self.auth.core
    }

    fn by<'b>(&'b self, reason: &'b str) -> By<'b> {
        By::User(self.me, reason)
    }

    /// Goes on where this person managed users when they were recognised, so that nobody else
    /// spends the company's budgets. Whether they still do is decided with the act.
    fn acting(&self) -> Result<&Core> {
        self.me.require(Permission::USERS_MANAGE)?;
        Ok(self.core())
    }

    /// Goes on where this person, as they are now, holds one of these.
    async fn seeing(&self, permissions: &[Permission]) -> Result<&Core> {
        let core = self.core();
        let actor = core.actor(self.me).await?.ok_or(Error::Unauthenticated)?;
        let roles = &core.policy.roles;
        if permissions.iter().any(|permission| roles.allows(&actor.role, *permission)) {
            Ok(core)
        } else {
            Err(Error::Forbidden)
        }
    }

    /// A user of this company.
    async fn colleague(&self, core: &Core, user: crate::id::UserId) -> Result<User> {
        let found: Option<User> = core.get(user.as_bytes()).await?;
        found.filter(|user| user.account == self.me.account().id).ok_or(Error::NotFound)
    }
}

/// What it takes to see people.
const SEES: &[Permission] = &[Permission::USERS_VIEW, Permission::USERS_MANAGE];

/// Goes on where a reason was given.
fn reasoned(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() {
        let message = "Say why: it is kept, and the next administrator will ask.".to_owned();
        return Err(Error::invalid("reason", "required", message));
    }
    Ok(reason)
}
