//! Where a log-in may lead: a path of this site, and nothing else.

/// The path, if a browser that is sent there stays on this site.
///
/// Everything it could be is allowed by name: visible ASCII after one slash. Browsers read `\`
/// as `/` and drop tabs and line breaks before they look for a host, so neither may be in it, and
/// no path begins a second time (`//`).
pub(super) fn path(next: &str) -> Option<&str> {
    let end = next.find(['?', '#']).unwrap_or(next.len());
    let is_local = next.starts_with('/')
        && next.len() <= MAX_BYTES
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !next.get(..end).unwrap_or(next).contains("//");
    is_local.then_some(next)
}

/// More than any page needs, less than any server refuses.
const MAX_BYTES: usize = 2_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_this_site_pass() {
        for next in ["/", "/leads", "/leads?stage=won&x=%2F%2F", "/a?u=https://b.example", "/#x"] {
            assert_eq!(path(next), Some(next));
        }
    }

    #[test]
    fn tricks_to_leave_the_site_do_not() {
        let tricks = [
            "",
            "leads",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/leads//evil.example",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " /leads",
            "/leads\r\nSet-Cookie: a=b",
            "/\u{ff0f}evil.example",
            "/l\u{0}",
        ];
        for trick in tricks {
            assert_eq!(path(trick), None, "{trick:?}");
        }
        assert_eq!(path(&format!("/{}", "a".repeat(3_000))), None);
    }

    proptest! {
        #[test]
        fn whatever_passes_is_one_slash_and_a_path(next in "[/\\\\a.:@ ]{0,12}") {
            if let Some(path) = path(&next) {
                prop_assert!(path.starts_with('/') && !path.starts_with("//"));
                prop_assert!(!path.contains('\\'));
            }
        }
    }
}
