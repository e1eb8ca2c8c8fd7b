use time::OffsetDateTime;

use super::{Client, EmailAddress, EmailChange, User};
use crate::{
    id::{AccountId, EmailChangeId, IntentId, UserId},
    secret::Digest,
};

/// A letter the library writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Template {
    /// A link to choose a new password.
    Reset,
    /// A link to choose the first password.
    Activation,
    /// Told after the password was changed in My Account.
    PasswordChanged,
    /// Told after the password was set by a mailed link.
    PasswordReset,
    /// Told after the first password was chosen.
    Activated,
    /// Told after somebody else set a temporary password.
    TemporaryPassword,
    /// Told after the username was changed.
    UsernameChanged,
    /// Told after an administrator changed the name.
    ProfileChanged,
    /// Told after the role was changed.
    RoleChanged,
    /// Told after the log-in was disabled.
    Disabled,
    /// Told after the log-in was enabled again.
    Enabled,
    /// Told after the profile was removed, at the address that was theirs.
    Removed,
    /// Told after everything was made void at once, with a link to choose a new password.
    Secured,
    /// Told to the administrators after the operator did something in their account.
    OperatorActed,
    /// A link to prove the new address of a change, sent there.
    EmailConfirm,
    /// Told at the former address after a change, with a link to take it back.
    EmailChanged,
    /// A link to choose a new password, to an address an administrator put in the place of one
    /// that could not be reached.
    Recovered,
    /// Told at the address it replaced, with a link to object.
    Objection,
    /// Told to the administrators after somebody objected.
    Objected,
    /// Told at the restored address after a change was taken back.
    EmailUndone,
}

impl Template {
    /// Every template.
    pub const ALL: &'static [Self] = &[
        Self::Reset,
        Self::Activation,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::Activated,
        Self::TemporaryPassword,
        Self::UsernameChanged,
        Self::ProfileChanged,
        Self::RoleChanged,
        Self::Disabled,
        Self::Enabled,
        Self::Removed,
        Self::Secured,
        Self::OperatorActed,
        Self::EmailConfirm,
        Self::EmailChanged,
        Self::EmailUndone,
        Self::Recovered,
        Self::Objection,
        Self::Objected,
    ];

    /// The stable name, which is also the name of its template files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Activation => "activation",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::Activated => "activated",
            Self::TemporaryPassword => "temporary_password",
            Self::UsernameChanged => "username_changed",
            Self::ProfileChanged => "profile_changed",
            Self::RoleChanged => "role_changed",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Removed => "removed",
            Self::Secured => "secured",
            Self::OperatorActed => "operator_acted",
            Self::EmailConfirm => "email_confirm",
            Self::EmailChanged => "email_changed",
            Self::EmailUndone => "email_undone",
            Self::Recovered => "recovered",
            Self::Objection => "objection",
            Self::Objected => "objected",
        }
    }

    /// The template of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|template| template.as_str() == name)
    }
}

/// What the outbox is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Errand {
    /// Find out who, if anybody, "forgot password" for this canonical address concerns.
    FindReset {
        /// The address that was typed.
        email: String,
    },
    /// Ask for a letter to each active user of an account that was secured, in slices.
    TellSecured {
        /// Which account.
        account: AccountId,
        /// Behind which username the next slice begins, in canonical form; empty at first.
        after: String,
        /// Who secured it, as letters name them; empty for the operator.
        inviter: String,
    },
    /// Write one letter to one user.
    Letter {
        /// Which one.
        template: Template,
        /// To whom.
        user: UserId,
        /// In which account.
        account: AccountId,
        /// The canonical address it is for; a link is minted only while it is still theirs.
        email: String,
        /// Who caused it, where the letter says so.
        inviter: String,
        /// What changed, where the letter says so: often what was there before, which nobody
        /// finds in the user's row any more.
        detail: String,
        /// The user's stamp when it was asked for: a link is minted only while it stands, so that
        /// what ends links also ends those that are still to be made.
        stamp: i64,
        /// The change it tells of, where its link takes that back.
        change: Option<EmailChangeId>,
        /// The link minted by an earlier try, which the next one replaces.
        minted: Option<Digest>,
    },
}

impl Errand {
    /// A letter to a user, at the address that is theirs now.
    #[must_use]
    pub fn letter(template: Template, user: &User, inviter: &str) -> Self {
        Self::Letter {
            template,
            user: user.id,
            account: user.account,
            email: user.email.canonical().to_owned(),
            inviter: inviter.to_owned(),
            detail: String::new(),
            stamp: user.stamps.links,
            change: None,
            minted: None,
        }
    }

    /// The letter that proves a new address, sent there.
    #[must_use]
    pub(crate) fn confirmation(user: &User, new: &EmailAddress) -> Self {
        Self::Letter {
            template: Template::EmailConfirm,
            user: user.id,
            account: user.account,
            email: new.canonical().to_owned(),
            inviter: String::new(),
            detail: String::new(),
            stamp: user.stamps.changes,
            change: None,
            minted: None,
        }
    }

    /// The letter by which a former address can object. It goes there whatever becomes of the
    /// person's stamps.
    #[must_use]
    pub(crate) fn objection(user: &User, former: &EmailAddress) -> Self {
        Self::Letter {
            template: Template::Objection,
            user: user.id,
            account: user.account,
            email: former.canonical().to_owned(),
            inviter: String::new(),
            detail: String::new(),
            stamp: 0,
            change: None,
            minted: None,
        }
    }

    /// The letter that tells the former address of a change, and can take it back.
    #[must_use]
    pub(crate) fn undoing(user: &User, change: &EmailChange) -> Self {
        Self::Letter {
            template: Template::EmailChanged,
            user: user.id,
            account: user.account,
            email: change.old_email.canonical().to_owned(),
            inviter: String::new(),
            detail: String::new(),
            stamp: 0,
            change: Some(change.id),
            minted: None,
        }
    }
}

/// Work for the outbox, committed with the change that causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// What to do.
    pub errand: Errand,
    /// Where set, at most one intent with this key is open.
    pub once: Option<[u8; 32]>,
    /// When what it tells of happened.
    pub created_at: OffsetDateTime,
    /// When it is to be done next. Taking it moves this forward, so nobody else does.
    pub due_at: OffsetDateTime,
    /// When it is given up.
    pub dead_at: OffsetDateTime,
    /// How often it was tried.
    pub attempts: u32,
    /// From where the request came that caused it.
    pub client: Client,
    /// Grows with every write.
    pub version: i64,
}

impl Intent {
    /// Whether it is a letter to this user that will still arrive as it was asked for.
    pub(crate) fn is_on_its_way(&self, user: &User, now: OffsetDateTime) -> bool {
        match &self.errand {
            Errand::Letter { stamp, .. } => now < self.dead_at && *stamp == user.stamps.links,
            Errand::FindReset { .. } | Errand::TellSecured { .. } => false,
        }
    }
}
