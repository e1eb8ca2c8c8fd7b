use std::fmt;

use time::OffsetDateTime;

use crate::id::UserId;

/// What a user logs in with, kept apart from the user's row so that nothing that shows people
/// ever reads it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credential {
    /// Whose it is.
    pub user: UserId,
    /// The password's hash as a PHC string.
    pub(crate) hash: String,
    /// When the password was last changed.
    pub changed_at: OffsetDateTime,
    /// Set while the password is one an administrator chose: the next log-in must choose
    /// another, and after this moment it opens nothing.
    pub temporary_until: Option<OffsetDateTime>,
    /// Grows with every write.
    pub version: i64,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("user", &self.user)
            .field("hash", &"[redacted]")
            .field("changed_at", &self.changed_at)
            .field("temporary_until", &self.temporary_until)
            .field("version", &self.version)
            .finish()
    }
}
