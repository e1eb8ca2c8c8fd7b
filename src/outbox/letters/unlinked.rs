//! What people chose themselves, so that it carries no link.

/// Text somebody else chose, so that no mail program makes a link of it: an invitation must not
/// carry the inviter's advertisement to a stranger.
pub(super) fn unlinked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |position: usize| chars.get(position).copied().map_or(' ', as_in_links);
    let breaks = |position: usize| match at(position) {
        '/' | '\\' | '@' => true,
        ':' | '.' => {
            // Two letters behind it make a host name or a scheme; initials stay.
            let next = at(position + 1);
            let after_www = position >= 3
                && (position - 3..position).all(|before| at(before).eq_ignore_ascii_case(&'w'));
            next.is_alphanumeric() && (at(position + 2).is_alphanumeric() || after_www)
                || matches!(next, '/' | '\\')
        }
        _ => false,
    };
    chars.iter().enumerate().map(|(i, c)| if breaks(i) { ' ' } else { *c }).collect()
}

/// What a character becomes where a browser reads an address (UTS 46).
fn as_in_links(c: char) -> char {
    match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' => '.',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => '/',
        '\u{ff3c}' => '\\',
        '\u{ff1a}' => ':',
        '\u{ff20}' | '\u{fe6b}' => '@',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Nothing a mail program makes a link of is left, in any text; and nothing else goes.
        #[test]
        fn no_text_keeps_a_link(
            text in prop_oneof![
                "([a-zA-Z]{0,3}|www|http|[.:/\\\\@ 。．：／＠]){0,24}",
                "\\PC{0,60}",
                prop::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
            ],
        ) {
            let safe = unlinked(&text);
            let read: Vec<char> = safe.chars().map(as_in_links).collect();
            prop_assert!(!read.iter().any(|c| "/\\@".contains(*c)), "{safe:?}");
            for (i, c) in read.iter().enumerate() {
                let at = |by: usize| read.get(i + by).is_some_and(|c| c.is_alphanumeric());
                prop_assert!(!(".:".contains(*c) && at(1) && at(2)), "{safe:?}");
            }
            let folded = String::from_iter(&read).to_ascii_lowercase();
            for (at, _) in folded.match_indices("www.") {
                let next = folded.get(at + 4..).and_then(|rest| rest.chars().next());
                prop_assert!(!next.is_some_and(char::is_alphanumeric), "{safe:?}");
            }
            let kept = text.chars().zip(safe.chars()).all(|(a, b)| a == b || b == ' ');
            prop_assert!(kept && text.chars().count() == safe.chars().count());
            prop_assert_eq!(unlinked(&safe), safe);
        }
    }
}
