use std::fmt;

use time::OffsetDateTime;

use super::{EmailAddress, Username};
use crate::id::{AccountId, EmailChangeId, UserId};

/// What a change of e-mail address replaced, kept for as long as the former address can take the
/// change back.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailChange {
    /// Its id.
    pub id: EmailChangeId,
    /// Whose address it was.
    pub user: UserId,
    /// The user's account.
    pub account: AccountId,
    /// The address before, which had been proven.
    pub old_email: EmailAddress,
    /// The username before: it comes back with the address it was, or in the place of another
    /// address. `None` in rows that an earlier version wrote.
    pub old_username: Option<Username>,
    /// The hash of the password that held then. Whoever takes the change back shows that
    /// password: neither the mailbox alone nor a password set since is enough.
    pub(crate) hash: String,
    /// Set where that password was one an administrator chose, as with
    /// [`Credential`](super::Credential::temporary_until): it comes back as no more than it was.
    pub temporary_until: Option<OffsetDateTime>,
    /// When the change was made.
    pub at: OffsetDateTime,
    /// Until when it can be taken back.
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for EmailChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailChange")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("hash", &"[redacted]")
            .field("at", &self.at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
