//! Passwords, names and addresses as they were typed into a form or a request.

use std::mem;

use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    model::{EmailAddress, Language, Username},
    policy::Violation,
    secret::Password,
};

/// What was typed, and into which field.
pub(super) type Typed = (Zeroizing<String>, &'static str);

/// Takes what was typed as a password: what is too long goes no further.
pub(super) fn password((mut typed, field): Typed) -> Result<Password> {
    Password::new(mem::take(&mut *typed)).map_err(|error| Error::password_too_long(field, error))
}

/// Two passwords of one request: what is wrong with either is told at once.
pub(super) fn passwords(one: Typed, other: Typed) -> Result<(Password, Password)> {
    match (password(one), password(other)) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => Err(Error::Invalid(missed(one).chain(missed(other)).collect())),
    }
}

/// Reads a username.
pub(super) fn username(typed: &str) -> Result<Username> {
    Username::parse(typed).map_err(|error| Error::invalid("username", "format", error.to_string()))
}

/// Reads an address.
pub(super) fn email(typed: &str) -> Result<EmailAddress> {
    EmailAddress::parse(typed).map_err(|error| Error::invalid("email", "format", error.to_string()))
}

/// Reads a language; nothing typed is the site's usual one.
pub(super) fn language(typed: &str) -> Result<Option<Language>> {
    if typed.is_empty() {
        return Ok(None);
    }
    let read = Language::parse(typed);
    read.map(Some).map_err(|error| Error::invalid("language", "format", error.to_string()))
}

fn missed(result: Result<Password>) -> impl Iterator<Item = Violation> {
    let violations = match result {
        Err(Error::Invalid(violations)) => violations,
        _ => Vec::new(),
    };
    violations.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_measured_before_either_is_told() {
        let typed = |length: usize| Zeroizing::new("x".repeat(length));
        let Err(Error::Invalid(violations)) =
            passwords((typed(4_097), "current"), (typed(5_000), "new"))
        else {
            panic!("too long");
        };
        let told: Vec<_> = violations.iter().map(|v| (v.field, v.rule)).collect();
        assert_eq!(told, [("current", "max_bytes"), ("new", "max_bytes")]);
        assert!(passwords((typed(4_096), "current"), (typed(1), "new")).is_ok());
    }
}
