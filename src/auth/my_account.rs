//! My Account: what people see and change of themselves.

mod confirmation;
mod email;
mod language;
mod password;
mod sessions;
mod username;

use time::OffsetDateTime;

use super::{
    Auth, Identity,
    core::{Core, page},
    session::stands,
};
use crate::{
    clock::to_micros,
    error::{Error, Result},
    model::{Account, Event, EventKind, Session, User},
    policy::Policy,
    store::{Record as _, Value, tables},
};

/// What somebody may do with their own profile. [`Auth::my_account`] gives it.
#[derive(Debug, Clone, Copy)]
pub struct MyAccount<'a> {
    auth: &'a Auth,
    me: &'a Identity,
}

/// My Account > General Information.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Overview {
    /// The profile.
    pub user: User,
    /// When they last logged in.
    pub last_login_at: Option<OffsetDateTime>,
    /// Their company.
    pub account: Account,
    /// The last ten log-ins, newest first.
    pub last_logins: Vec<Event>,
}

impl Auth {
    /// What this person may do with their own profile.
    #[must_use]
    pub fn my_account<'a>(&'a self, me: &'a Identity) -> MyAccount<'a> {
        MyAccount { auth: self, me }
    }
}

impl MyAccount<'_> {
    fn core(&self) -> &Core {
        &self.auth.core
    }

    /// General Information.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the user is gone; [`Error::Unavailable`] when the store
    /// does not answer.
    pub async fn overview(&self) -> Result<Overview> {
        let core = self.core();
        let id = self.me.user().id;
        let user: User = core.get(id.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let account: Account =
            core.get(user.account.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let kind = Value::Text(EventKind::LoggedIn.as_str().to_owned());
        let equal = vec![Value::Bytes(id.as_bytes().to_vec()), kind];
        let newest = page(&tables::EVENTS, "of_subject_kind", equal, 10)?.descending();
        let rows = core.store.page(&newest).await?;
        let last_logins: Vec<Event> = rows.iter().map(Event::from_row).collect::<Result<_, _>>()?;
        let last_login_at = core.last_login(id).await?;
        Ok(Overview { user, last_login_at, account, last_logins })
    }
}

/// The person's rows as they are now.
struct Mine {
    user: User,
    account: Account,
    session: Session,
}

impl Mine {
    async fn load(core: &Core, me: &Identity) -> Result<Option<Self>> {
        let rows = core.session(&me.session().digest).await?;
        let Some(rows) = rows else { return Ok(None) };
        Ok(Some(Self {
            user: User::from_row(&rows.user)?,
            account: Account::from_row(&rows.account)?,
            session: core.session_in(&rows.session, core.now())?,
        }))
    }

    fn stands(&self, policy: &Policy, now: OffsetDateTime) -> bool {
        stands(&self.session, &self.user, &self.account, policy, now)
    }
}

impl Core {
    /// When a user last logged in.
    pub(crate) async fn last_login(
        &self,
        user: crate::id::UserId,
    ) -> Result<Option<OffsetDateTime>> {
        let row = self.store.get(&tables::ACTIVITY, user.as_bytes()).await?;
        let at = row.map(|row| row.value(1).clone());
        Ok(match at {
            Some(Value::Int(micros)) if micros > to_micros(OffsetDateTime::UNIX_EPOCH) => {
                crate::clock::from_micros(micros)
            }
            _ => None,
        })
    }
}
