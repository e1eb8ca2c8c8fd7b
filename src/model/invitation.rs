use time::OffsetDateTime;

use crate::id::{AccountId, UserId};

/// An account's offer to somebody to become its user.
///
/// While it stands, activation links can be mailed again; once it has ended, only an
/// administrator can make another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// Who is invited.
    pub user: UserId,
    /// Into which account.
    pub account: AccountId,
    /// Who invited them, as letters and lists call them.
    pub inviter: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when it stands.
    pub expires_at: OffsetDateTime,
    /// Grows with every write.
    pub version: i64,
}

impl Invitation {
    /// Whether it stands at `now`.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime) -> bool {
        now < self.expires_at
    }
}
