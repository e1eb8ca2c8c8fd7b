use time::OffsetDateTime;

use super::Client;
use crate::{
    id::{AccountId, SessionId, UserId},
    secret::{Digest, Purpose},
};

/// How a session's token travels. A session is good for its own way only, so that a cookie
/// cannot be replayed as a bearer token, where no browser rule protects it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// In the cookie the web door sets.
    #[default]
    Cookie,
    /// In `Authorization: Bearer`.
    Bearer,
}

impl Transport {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Cookie, Self::Bearer];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.purpose().as_str()
    }

    /// The transport of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|transport| transport.as_str() == name)
    }

    /// The purpose a token of this transport is digested for.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Cookie => Purpose::Cookie,
            Self::Bearer => Purpose::Bearer,
        }
    }
}

/// One log-in of one user on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// What lists call it.
    pub id: SessionId,
    /// Its token's digest: the row's key.
    pub(crate) digest: Digest,
    /// Whose it is.
    pub user: UserId,
    /// The user's account.
    pub account: AccountId,
    /// How its token travels.
    pub transport: Transport,
    /// The user's stamp at the log-in; another one there means this session has ended.
    pub(crate) user_stamp: i64,
    /// The account's stamp at the log-in, likewise.
    pub(crate) account_stamp: i64,
    /// When the person logged in. A session re-issued after a password change keeps it.
    pub created_at: OffsetDateTime,
    /// When it ends, whatever is done with it.
    pub expires_at: OffsetDateTime,
    /// When the person last showed the password in it: at the log-in, or since.
    pub confirmed_at: OffsetDateTime,
    /// When it was last used, to about a minute.
    pub last_seen_at: OffsetDateTime,
    /// Whether the person asked to be remembered on this device.
    pub remembered: bool,
    /// Where the log-in came from.
    pub client: Client,
}
