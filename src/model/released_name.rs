use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::Username;
use crate::{id::UserId, secret::Digest};

/// A username somebody gave up, kept back for a while: letters, bookmarks and colleagues still
/// mean them by it. Only they can have it again before its time.
///
/// What is kept is a digest: whether a name is kept back can be found out by asking for it, and
/// by reading the store no more than that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleasedName {
    /// Of the name, or of what it looks like: the row's key.
    pub(crate) digest: Digest,
    /// Whose it was.
    pub user: UserId,
    /// From when on anybody can have it.
    pub expires_at: OffsetDateTime,
    /// Grows with every write.
    pub version: i64,
}

impl ReleasedName {
    /// The keys under which a name is kept back: as itself, and as what it looks like.
    pub(crate) fn digests(name: &Username) -> [Digest; 2] {
        let digest = |domain: &str, text: &str| {
            let hash = Sha256::new().chain_update(domain).chain_update([0]).chain_update(text);
            Digest::from_bytes(hash.finalize().into())
        };
        [
            digest("released username", name.canonical()),
            digest("released look-alike", &name.look_alike()),
        ]
    }

    /// Whether it keeps the name from `user` at `now`.
    #[must_use]
    pub fn bars(&self, user: Option<UserId>, now: OffsetDateTime) -> bool {
        Some(self.user) != user && now < self.expires_at
    }
}
