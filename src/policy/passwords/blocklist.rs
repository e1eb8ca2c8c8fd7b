//! Passwords attackers try first. Where the list comes from stands in `NOTICE` beside it.

use std::cmp::Ordering;

/// One entry a line, folded as `passwords::fold` does, sorted by bytes.
const ENTRIES: &str = include_str!("blocklist.txt");

/// Whether the folded text is an entry: a binary search through the text itself, so the list
/// costs its own size and no start-up.
pub(super) fn holds(folded: &str) -> bool {
    let mut rest = ENTRIES;
    while !rest.is_empty() {
        let (before, line, after) = middle_line(rest);
        match folded.cmp(line) {
            Ordering::Equal => return true,
            Ordering::Less => rest = before,
            Ordering::Greater => rest = after,
        }
    }
    false
}

/// The line around the middle of `text`, and what stands before and behind it.
fn middle_line(text: &str) -> (&str, &str, &str) {
    let middle = text.floor_char_boundary(text.len() / 2);
    let (left, right) = text.split_at_checked(middle).unwrap_or((text, ""));
    let start = left.rfind('\n').map_or(0, |newline| newline + 1);
    let end = right.find('\n').map_or(text.len(), |newline| middle + newline);
    let line = text.get(start..end).unwrap_or("");
    (text.get(..start).unwrap_or(""), line, text.get(end + 1..).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_and_the_order_is_right() {
        let lines: Vec<_> = ENTRIES.lines().collect();
        assert!(lines.is_sorted() && lines.iter().all(|line| !line.is_empty()));
        for line in &lines {
            assert!(holds(line), "{line}");
        }
    }

    #[test]
    fn three_thousand_entries_of_each_required_length() {
        let count = |range: std::ops::RangeInclusive<usize>| {
            ENTRIES.lines().filter(|line| range.contains(&line.chars().count())).count()
        };
        assert!(count(15..=usize::MAX) >= 3_000);
        assert!(count(8..=14) >= 3_000);
    }

    #[test]
    fn what_is_not_an_entry_is_not_found() {
        for absent in ["", "\n", "correct horse battery staple", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz9"]
        {
            assert!(!holds(absent), "{absent}");
        }
    }
}
