mod blocklist;

use unicode_normalization::UnicodeNormalization as _;

use super::Violation;
use crate::{
    model::{EmailAddress, PersonName, Username},
    secret::Password,
};

/// What a password must be: long, and not one that attackers try first. No composition rules and
/// no expiry, both of which make passwords worse (SP 800-63B-4 §3.1.1.2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// The fewest code points after NFC: 15, the least SP 800-63B-4 §3.1.1.2 allows for a
    /// password that stands alone. [`build()`](crate::auth::Builder::build) takes 8 to 64.
    pub min_length: usize,
    /// Words of the site: its name and what else an attacker would try there. The name given to
    /// the builder is added.
    pub site_words: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 15, site_words: Vec::new() }
    }
}

/// What is known of the person who chooses; none of it makes a password.
#[derive(Clone, Copy, Debug)]
pub struct Personal<'a> {
    /// Their username.
    pub username: &'a Username,
    /// Their address.
    pub email: &'a EmailAddress,
    /// Their name.
    pub name: &'a PersonName,
    /// Their company's name.
    pub company: &'a str,
}

/// One requirement, for showing before somebody chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirement {
    /// The rule's stable name; a [`Violation`] carries the same.
    pub rule: &'static str,
    /// The rule in words.
    pub message: String,
}

/// All requirements, for showing before somebody chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirements {
    /// The fewest characters.
    pub min_length: usize,
    /// The most bytes.
    pub max_bytes: usize,
    /// Each rule in words.
    pub rules: Vec<Requirement>,
}

/// The stable names of the rules.
const MIN_LENGTH: &str = "min_length";
const NOT_COMMON: &str = "not_common";
const NOT_PERSONAL: &str = "not_personal";

impl PasswordPolicy {
    /// What a password must be, for people.
    #[must_use]
    pub fn requirements(&self) -> Requirements {
        let rules = [MIN_LENGTH, NOT_COMMON, NOT_PERSONAL]
            .map(|rule| Requirement { rule, message: self.message(rule) })
            .into();
        Requirements { min_length: self.min_length, max_bytes: Password::MAX_BYTES, rules }
    }

    /// Every requirement `password` misses; empty for a good one.
    #[must_use]
    pub fn check(
        &self,
        field: &'static str,
        password: &Password,
        personal: &Personal<'_>,
    ) -> Vec<Violation> {
        let password = password.normalized();
        let folded = zeroize::Zeroizing::new(fold(&password));
        let mut missed = Vec::new();
        if password.chars().count() < self.min_length {
            missed.push(MIN_LENGTH);
        }
        if blocklist::holds(&folded) || is_repetition(&folded) || is_sequence(&folded) {
            missed.push(NOT_COMMON);
        }
        if self.leans_on_words(&folded, personal) {
            missed.push(NOT_PERSONAL);
        }
        missed.into_iter().map(|rule| Violation::new(field, rule, self.message(rule))).collect()
    }

    fn message(&self, rule: &str) -> String {
        match rule {
            MIN_LENGTH => format!("Use at least {} characters.", self.min_length),
            NOT_COMMON => "Do not use a password that is known to attackers, or a simple pattern \
                           such as a repeated word or a row of keys."
                .to_owned(),
            _ => "Do not build it from your name, username, e-mail address, company or the name \
                  of this site."
                .to_owned(),
        }
    }

    /// Whether little is left once the words an attacker would start from are taken out.
    fn leans_on_words(&self, folded: &str, personal: &Personal<'_>) -> bool {
        let known = [
            personal.username.canonical(),
            personal.email.canonical(),
            personal.email.local(),
            personal.email.domain(),
            personal.name.as_str(),
            personal.company,
        ];
        let mut words: Vec<String> = known
            .into_iter()
            .chain(self.site_words.iter().map(String::as_str))
            .flat_map(|text| {
                std::iter::once(text).chain(text.split(|c: char| !c.is_alphanumeric()))
            })
            .map(fold)
            .filter(|word| word.chars().count() >= 4)
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        let mut rest = zeroize::Zeroizing::new(folded.to_owned());
        for word in &words {
            // A new value, not a new content: the old one is wiped as it goes.
            rest = zeroize::Zeroizing::new(rest.replace(word.as_str(), ""));
        }
        rest.len() < folded.len() && rest.chars().count() < self.min_length.div_ceil(2)
    }

    pub(super) fn findings(&self) -> Vec<String> {
        if (8..=64).contains(&self.min_length) {
            Vec::new()
        } else {
            vec![
                "passwords.min_length must be 8 to 64: fewer is guessed, and verifiers must \
                 allow 64 (SP 800-63B-4 §3.1.1.2)"
                    .into(),
            ]
        }
    }
}

/// The form in which passwords are compared with lists: NFC and lower case.
fn fold(text: &str) -> String {
    // Room for the worst case beforehand: a string that grows leaves copies behind, and this may
    // be a password.
    let mut out = String::with_capacity(text.len() * 3);
    out.extend(text.nfc().flat_map(char::to_lowercase).nfc());
    out
}

/// Whether the text is one unit of at most half its length, again and again.
fn is_repetition(text: &str) -> bool {
    let chars: zeroize::Zeroizing<Vec<char>> = zeroize::Zeroizing::new(text.chars().collect());
    (1..=chars.len().min(32) / 2)
        .any(|unit| chars.iter().zip(chars.iter().skip(unit)).all(|(a, b)| a == b))
}

/// Whether every character follows the one before it in the alphabet, forwards or backwards.
fn is_sequence(text: &str) -> bool {
    let step = |by: i64| {
        text.chars().zip(text.chars().skip(1)).all(|(a, b)| {
            let (a, b) = (i64::from(u32::from(a)), i64::from(u32::from(b)));
            // Rows of digits commonly go on from 9 to 0.
            b - a == by || (a, b) == (57, 48) && by == 1 || (a, b) == (48, 57) && by == -1
        })
    };
    text.chars().count() > 1 && (step(1) || step(-1))
}
