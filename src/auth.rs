//! What can be done, one file a task, named as people name it.

mod act;
mod activation;
mod activity;
mod bell;
pub(crate) mod budgets;
mod builder;
mod claim;
mod colleagues;
pub(crate) mod core;
mod cursor;
mod devices;
pub(crate) mod draft;
mod email_change;
pub(crate) mod gather;
mod identity;
mod invitations;
mod invite;
mod lift;
mod link;
mod login;
mod my_account;
mod operator;
mod plan;
mod purge;
mod rank;
mod recovery;
mod remove;
mod replacement;
mod secure;
mod seen;
mod session;
mod temporary;
mod user_accounts;
mod words;

pub use builder::{BuildError, Builder};
pub use identity::{Identity, SessionToken};
pub use invitations::Invited;
pub use invite::NewUser;
pub use link::LinkView;
pub use login::{Credentials, LogIn, SignedIn, Ticket};
pub use my_account::{MyAccount, Overview};
pub use operator::{Acting, NewAccount, Opened, Operator};
pub(crate) use rank::administrators;
pub use user_accounts::{
    Changes, Diagnosis, History, Listed, Profile, Reason, UserAccounts, Wanted,
};

use std::{fmt, sync::Arc};

use crate::{policy::Policy, policy::Requirements, site::Site, store::Store};
use core::Core;

/// The library, put together: what request handlers hold. A clone is cheap.
///
/// Everything the operator may do is in [`Operator`] instead, so nothing a request can reach is
/// able to grant what only the operator grants.
#[derive(Clone)]
pub struct Auth {
    pub(crate) core: Arc<Core>,
}

impl Auth {
    /// Begins with the store.
    pub fn builder(store: impl Store) -> Builder {
        Builder::new(Arc::new(store))
    }

    /// The site this was built for.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.core.site
    }

    /// What is allowed.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.core.policy
    }

    /// What a password must be, for showing before somebody chooses one.
    #[must_use]
    pub fn password_requirements(&self) -> Requirements {
        self.core.policy.passwords.requirements()
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("site", &self.core.site).finish_non_exhaustive()
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("site", &self.core.site).finish_non_exhaustive()
    }
}

impl fmt::Debug for Acting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acting")
    }
}
