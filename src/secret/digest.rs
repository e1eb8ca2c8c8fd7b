use std::fmt;

/// What a token is for. A token opens nothing of another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// A session by cookie.
    Cookie,
    /// A session by `Authorization: Bearer`.
    Bearer,
    /// A mailed link that sets a new password.
    Reset,
    /// A mailed link by which an invited person chooses the first password.
    Activation,
    /// A mailed link that proves the new address of a change.
    EmailConfirm,
    /// A mailed link by which the former address takes a change of address back.
    Undo,
    /// A mailed link by which the former address objects to what an administrator put in its
    /// place.
    Objection,
    /// What a log-in hands out when a new password must be chosen first.
    Replacement,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &'static [Self] = &[
        Self::Cookie,
        Self::Bearer,
        Self::Reset,
        Self::Activation,
        Self::EmailConfirm,
        Self::Undo,
        Self::Objection,
        Self::Replacement,
    ];

    /// The stable name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Bearer => "bearer",
            Self::Reset => "reset",
            Self::Activation => "activation",
            Self::EmailConfirm => "email_confirm",
            Self::Undo => "undo",
            Self::Objection => "objection",
            Self::Replacement => "replacement",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.as_str() == name)
    }
}

/// What a store keeps of a [`Token`](super::Token): enough to recognise it, useless to hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes a store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digest]")
    }
}
