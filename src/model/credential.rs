use std::fmt;

use time::OffsetDateTime;

use super::Account;
use crate::id::UserId;

/// What a user logs in with, kept apart from the user's row so that nothing that shows people
/// ever reads it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credential {
    /// Whose it is.
    pub user: UserId,
    /// The password's hash as a PHC string; empty where the password was made void.
    pub(crate) hash: String,
    /// When the password was last changed.
    pub changed_at: OffsetDateTime,
    /// Set while the password is one an administrator chose: the next log-in must choose
    /// another, and after this moment it opens nothing.
    pub temporary_until: Option<OffsetDateTime>,
    /// When a password of theirs was last made void on a security concern. It stays when another
    /// is chosen: one from before it must not come back.
    pub secured_at: Option<OffsetDateTime>,
    /// Grows with every write.
    pub version: i64,
}

impl Credential {
    /// The hash by which the password is checked, while it is good for anything: the one place
    /// that says so. It is not where the person, or the whole company, was secured since it was
    /// chosen.
    pub(crate) fn usable(&self, account: &Account) -> Option<&str> {
        let secured = account.secured_at.is_some_and(|at| self.changed_at <= at);
        (!secured && !self.hash.is_empty()).then_some(self.hash.as_str())
    }

    /// Whether what was the password at that moment was made void since, with the person's log-in
    /// or with the whole company's.
    pub(crate) fn is_void_since(&self, at: OffsetDateTime, account: &Account) -> bool {
        [self.secured_at, account.secured_at].into_iter().flatten().any(|secured| at <= secured)
    }

    /// The same, of a password that is void from `now` on.
    pub(crate) fn void(self, now: OffsetDateTime) -> Self {
        let (changed_at, secured_at) = (now, Some(now).max(self.secured_at));
        Self { hash: String::new(), changed_at, temporary_until: None, secured_at, ..self }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("user", &self.user)
            .field("hash", &"[redacted]")
            .field("changed_at", &self.changed_at)
            .field("temporary_until", &self.temporary_until)
            .field("secured_at", &self.secured_at)
            .field("version", &self.version)
            .finish()
    }
}
