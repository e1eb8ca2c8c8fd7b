use time::OffsetDateTime;

use super::{EmailAddress, Language, PersonName, Role, Username};
use crate::id::{AccountId, UserId};

/// Whether a user can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Asked to join; has no password yet.
    Invited,
    /// Can log in.
    Active,
    /// Locked out by an administrator until an administrator says otherwise.
    Disabled,
    /// Gone. The row stays, so that what they did keeps its name.
    Removed,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Self] = &[Self::Invited, Self::Active, Self::Disabled, Self::Removed];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Removed => "removed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == name)
    }
}

/// Counters that end things: whatever was handed out under an older count is dead, so ending all
/// of a person's sessions is one row write. They never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Under which sessions and log-in tickets were handed out.
    pub sessions: i64,
    /// Under which reset and activation links were mailed.
    pub links: i64,
    /// Under which changes of e-mail address wait for their proof.
    pub changes: i64,
}

/// A person of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// Never changes, never returns.
    pub id: UserId,
    /// The company.
    pub account: AccountId,
    /// What they log in with.
    pub username: Username,
    /// Where letters go.
    pub email: EmailAddress,
    /// Whether they followed a link sent to that address. Only a proven address is theirs: it
    /// can log in, and nobody else can prove it.
    pub email_proven: bool,
    /// The person's name.
    pub name: PersonName,
    /// What letters to them are written in; the site's usual language where they chose none.
    pub language: Option<Language>,
    /// What they are in the company.
    pub role: Role,
    /// Whether the role made them an administrator when it was written.
    pub administrator: bool,
    /// Whether they can log in.
    pub status: Status,
    /// The counters that end sessions and links.
    pub(crate) stamps: Stamps,
    /// When the profile was created.
    pub created_at: OffsetDateTime,
    /// Grows with every write.
    pub version: i64,
}

impl User {
    /// What is left of them once they are gone: a row that nobody is known by, so that what they
    /// did stays theirs.
    pub(crate) fn erased(&self) -> Self {
        let username = format!("removed-{}", self.id);
        // An id is letters, digits and hyphens: both can be parsed, and nobody else can have them.
        let email = EmailAddress::parse(&format!("{}@removed.invalid", self.id));
        Self {
            username: Username::from_stored(username.clone(), username),
            email: email.unwrap_or_else(|_| self.email.clone()),
            email_proven: false,
            name: PersonName::from_stored("Removed user".to_owned()),
            // Nor among those who are looked through for whom to warn.
            administrator: false,
            ..self.clone()
        }
    }

    /// Somebody who is gone, for the last letter to them: under the username they had, and with no
    /// name.
    pub(crate) fn once_called(self, username: &str) -> Self {
        Self {
            username: Username::from_stored(username.to_owned(), username.to_owned()),
            name: PersonName::from_stored(String::new()),
            ..self
        }
    }

    /// The names nobody else can log in by: the username, and the address once it is proven. A
    /// username that is an address is such a name when the address is: until then it may be
    /// somebody else's, and so may be whatever failed under it.
    pub(crate) fn own_log_in_names(&self) -> impl Iterator<Item = &str> {
        let username = Some(self.username.canonical());
        let email = Some(self.email.canonical());
        let username = username.filter(|_| !self.username.is_address_like());
        username.into_iter().chain(email.filter(|_| self.email_proven))
    }

    /// Whether they count among the account's administrators.
    #[must_use]
    pub fn is_active_administrator(&self) -> bool {
        self.administrator && self.status == Status::Active
    }
}
