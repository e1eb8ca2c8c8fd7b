//! Ids: UUIDs of version 7 (RFC 9562), one type for each kind of thing.
//!
//! An id is a name, never a secret: it may stand in URLs and logs, and holding one grants
//! nothing. They grow with time, so rows made together lie together in a store.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::entropy::{Entropy, EntropyError};

/// The text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

fn make(now: OffsetDateTime, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// An id no store holds: what a look-up uses when there is nobody to look up.
            pub const NOBODY: Self = Self(Uuid::nil());

            /// Draws a new id.
            ///
            /// # Errors
            /// [`EntropyError`] when the source of randomness does not answer.
            pub fn draw(now: OffsetDateTime, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
                let mut random = [0; 10];
                entropy.fill(&mut random)?;
                Ok(Self::from_random(now, &random))
            }

            /// The id of this moment and these random bytes.
            #[must_use]
            pub fn from_random(now: OffsetDateTime, random: &[u8; 10]) -> Self {
                Self(make(now, random))
            }

            /// The sixteen bytes a store keeps.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id these sixteen bytes are.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Reads the hyphenated form in small letters, and only that: one id, one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // The parser underneath takes capitals as well.
                let capitals = text.bytes().any(|b| b.is_ascii_uppercase());
                if capitals || text.len() != uuid::fmt::Hyphenated::LENGTH {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

ids! {
    /// A customer company.
    AccountId;
    /// A person. It never changes and never returns, so attribution outlives every rename.
    UserId;
    /// A session as lists show it. It is not the session's token and opens nothing.
    SessionId;
    /// An entry of the audit trail.
    EventId;
    /// A change of e-mail address that can still be undone.
    EmailChangeId;
    /// Work the outbox has to do.
    IntentId;
    /// A batch of changes; the store remembers it, so that one whose answer was lost can be sent
    /// again.
    BatchId;
}
