//! The one error a host sees.

use std::fmt;

use time::OffsetDateTime;

use crate::{
    entropy::EntropyError,
    policy::Violation,
    secret::{InvalidToken, PasswordTooLong},
    store::{Corrupt, StoreError},
};

/// What every call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused or could not be done.
///
/// What a stranger may see is in the kind and its fields. A refusal has no source: why a log-in
/// was refused stands in the audit trail only. A source is infrastructure, and `Debug` shows no
/// more than `Display`.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself cannot be read, so nothing was asked of the library. Doors answer
    /// this; of the library's own calls only lists do, for a cursor they did not give out.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
    /// There is no valid session: log in again.
    #[error("log in first")]
    Unauthenticated,
    /// The name and password, the current password or the token was not right. One text for
    /// every cause.
    #[error("that did not match, or is no longer valid")]
    Rejected,
    /// Too many tries.
    #[error("too many tries; try again later")]
    Throttled {
        /// When the next one will be looked at.
        retry_at: OffsetDateTime,
    },
    /// Something in the request misses its requirements: all of them are listed.
    #[error("some requirements are not met")]
    Invalid(Vec<Violation>),
    /// The session is valid and may not do this.
    #[error("this is not allowed for you")]
    Forbidden,
    /// The session is valid, and this asks for the password once more.
    #[error("show your password again for this")]
    StepUpRequired,
    /// The company's plan has ended: at the log-in after a right password, and of those who are
    /// let in, for what the plan included and for whatever takes a seat.
    #[error("the plan of this account has ended; ask whoever runs this site")]
    AccountEnded,
    /// There is no such thing, or it is another account's.
    #[error("not found")]
    NotFound,
    /// Somebody else has it, or changed it first.
    #[error("already taken, or changed by somebody else in the meantime")]
    Conflict {
        /// The field it is about.
        field: &'static str,
    },
    /// More than can be done at once, so nothing was changed; try again in a moment. Either every
    /// hashing thread and every place in their queue is taken, which is the same for everybody, or
    /// five times in a row somebody else changed one of the same rows first. Any call that writes
    /// may answer the latter.
    #[error("busy; try again in a moment")]
    Busy,
    /// The store or the machine did not answer. Whether the change was made is unknown.
    #[error("unavailable; try again in a moment")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The stable name of the kind, as the JSON API gives it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Rejected => "rejected",
            Self::Throttled { .. } => "throttled",
            Self::Invalid(_) => "invalid",
            Self::Forbidden => "forbidden",
            Self::StepUpRequired => "step_up_required",
            Self::AccountEnded => "account_ended",
            Self::NotFound => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::Busy => "busy",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// One missed requirement.
    pub(crate) fn invalid(field: &'static str, rule: &'static str, message: String) -> Self {
        Self::Invalid(vec![Violation::new(field, rule, message)])
    }

    /// A password that is too long, and the field of the request it stood in. `?` says
    /// `password`.
    #[must_use]
    pub fn password_too_long(field: &'static str, error: PasswordTooLong) -> Self {
        Self::invalid(field, "max_bytes", error.to_string())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.kind())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<Corrupt> for Error {
    fn from(error: Corrupt) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// What cannot be a token is answered as a token nobody has.
impl From<InvalidToken> for Error {
    fn from(_: InvalidToken) -> Self {
        Self::Rejected
    }
}

/// In the field `password`; [`Error::password_too_long`] names another.
impl From<PasswordTooLong> for Error {
    fn from(error: PasswordTooLong) -> Self {
        Self::password_too_long("password", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Password, Token};

    #[test]
    fn what_cannot_be_read_is_refused_by_a_question_mark() {
        let parse = |token: &str, password: String| -> Result<(Token, Password)> {
            Ok((Token::parse(token)?, Password::new(password)?))
        };
        let token = "A".repeat(Token::LENGTH);
        assert!(parse(&token, "x".into()).is_ok());
        assert!(matches!(parse("no token", "x".into()), Err(Error::Rejected)));
        let Err(Error::Invalid(violations)) = parse(&token, "x".repeat(5_000)) else {
            panic!("too long");
        };
        assert_eq!((violations[0].field, violations[0].rule), ("password", "max_bytes"));
    }
}
