//! The words by whose beginning a person is found, kept in step with their row.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::draft::Draft;
use crate::model::{Status, User, UserWord};

/// How many words of one person are kept.
const MOST: usize = 24;

/// How many characters of a word are kept: more than anybody types to find somebody.
const LONGEST: usize = 64;

/// Keeps the words in step with a change of one user, in the batch that makes it. Every task that
/// makes, renames or removes somebody calls it: `None` where there was nobody, or will be nobody.
pub(super) fn words_changed(draft: &mut Draft, before: Option<&User>, after: Option<&User>) {
    let words = |user: Option<&User>| user.map(words_of).unwrap_or_default();
    let (old, new) = (words(before), words(after));
    let row = |user: Option<&User>, word: &String| {
        user.map(|user| UserWord { account: user.account, word: word.clone(), user: user.id })
    };
    old.difference(&new).filter_map(|word| row(before, word)).for_each(|word| draft.delete(&word));
    new.difference(&old).filter_map(|word| row(after, word)).for_each(|word| draft.insert(&word));
}

/// Each word of the name, the username and the address, and each of the three as a whole. Nobody
/// finds those who are gone.
pub(super) fn words_of(user: &User) -> BTreeSet<String> {
    if user.status == Status::Removed {
        return BTreeSet::new();
    }
    let wholes = [user.name.as_str(), user.username.canonical(), user.email.canonical()].map(fold);
    let parts = wholes.iter().flat_map(|whole| whole.split(|c: char| !c.is_alphanumeric()));
    let all = wholes.iter().map(String::as_str).chain(parts).filter(|word| !word.is_empty());
    let mut words = BTreeSet::new();
    for word in all {
        if words.len() == MOST {
            break;
        }
        words.insert(shortened(word));
    }
    words
}

/// Text as it is searched: without a difference between capitals and small letters, or between
/// spellings of one character.
pub(super) fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// As much of a word as is kept.
pub(super) fn shortened(word: &str) -> String {
    word.chars().take(LONGEST).collect()
}
