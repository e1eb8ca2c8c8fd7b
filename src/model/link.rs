use time::OffsetDateTime;

use super::Transport;
use crate::{
    id::{AccountId, EmailChangeId, UserId},
    secret::{Digest, Purpose},
};

/// What a ticket's log-in asked for, and what its end will give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How the session's token is to travel.
    pub transport: Transport,
    /// Whether the device is to be remembered.
    pub remember: bool,
}

/// A token that was handed out for one purpose and works once: a mailed link, or the ticket of a
/// log-in that must choose a new password first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Its token's digest: the row's key.
    pub(crate) digest: Digest,
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user: UserId,
    /// The user's account.
    pub account: AccountId,
    /// The canonical address it was mailed to; empty for a ticket. What it proves is that
    /// address, whatever the profile says by then.
    pub email: String,
    /// The change an undo link takes back; `None` for every other.
    pub change: Option<EmailChangeId>,
    /// The session a ticket leads to; `None` for a mailed link.
    pub wish: Option<Wish>,
    /// The user's stamp when it was made; another one there means it is dead.
    pub(crate) user_stamp: i64,
    /// The account's stamp, likewise.
    pub(crate) account_stamp: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// From when on it opens nothing.
    pub expires_at: OffsetDateTime,
}
