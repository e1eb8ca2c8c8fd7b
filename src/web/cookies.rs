//! The cookies these doors read and set.

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use time::{Duration, OffsetDateTime};

use super::answer::unwritable;
use crate::{auth::SignedIn, error::Result, site::Site};

/// The name of the session's cookie. `__Host-` lets no other host and no plain HTTP set it.
pub(super) fn session_name(site: &Site) -> &'static str {
    if site.is_secure() { "__Host-portcullis" } else { "portcullis" }
}

/// What a request carries under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Nothing,
    One(String),
    /// Two of one name: somebody planted one, and neither is believed.
    Several,
}

/// The cookie of that name.
///
/// Read byte by byte, as browsers compare names. A reader that trims more than blanks and tabs
/// takes `U+2000 __Host-portcullis`, which any neighbouring host may set, for the name only this
/// host can.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Carried {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut carried = Carried::Nothing;
    for pair in pairs {
        let mut halves = pair.splitn(2, |byte| *byte == b'=').map(trimmed);
        let (Some(found), Some(value)) = (halves.next(), halves.next()) else { continue };
        if found == name.as_bytes() {
            carried = match carried {
                Carried::Nothing => Carried::One(String::from_utf8_lossy(value).into_owned()),
                _ => Carried::Several,
            };
        }
    }
    carried
}

/// Without the blanks and tabs around it (RFC 6265 §5.2).
fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_blank(byte)).map_or(begin, |last| last + 1);
    bytes.get(begin..end).unwrap_or_default()
}

/// Sets the session's cookie: until the browser closes, or on a remembered device until the
/// session ends.
pub(super) fn session(site: &Site, session: &SignedIn, now: OffsetDateTime) -> Result<HeaderValue> {
    let token = session.token.reveal();
    let held = session.identity.session();
    let age = held.remembered.then(|| held.expires_at - now);
    write(site, session_name(site).to_owned(), &token, age)
}

/// Deletes the session's cookie.
pub(super) fn no_session(site: &Site) -> Result<HeaderValue> {
    write(site, session_name(site).to_owned(), "", Some(Duration::ZERO))
}

/// How long a page's cookie lives: long enough to choose a password.
const PAGE: Duration = Duration::minutes(10);

/// The name of the cookie that keeps a token for one page, so that it leaves the address bar. It
/// says which page; its path cannot, since `__Host-`, which keeps a neighbouring host from
/// setting it, goes with the path `/` only.
pub(super) fn page_name(site: &Site, page: &str) -> String {
    let prefix = if site.is_secure() { "__Host-" } else { "" };
    format!("{prefix}portcullis-{page}")
}

/// Keeps a token for one page.
pub(super) fn page(site: &Site, page: &str, token: &str) -> Result<HeaderValue> {
    write(site, page_name(site, page), token, Some(PAGE))
}

/// Forgets it.
pub(super) fn no_page(site: &Site, page: &str) -> Result<HeaderValue> {
    write(site, page_name(site, page), "", Some(Duration::ZERO))
}

fn write(site: &Site, name: String, value: &str, age: Option<Duration>) -> Result<HeaderValue> {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(site.is_secure())
        // Strict would show the log-in page to everybody who follows a link to this site.
        .same_site(SameSite::Lax)
        .build();
    cookie.set_max_age(age);
    let mut header = HeaderValue::from_str(&cookie.to_string()).map_err(unwritable)?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(line: &str) -> Carried {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        read(&headers, "__Host-portcullis")
    }

    /// Django and ASP.NET trimmed Unicode blanks, and so took a name that any neighbour may set
    /// for one with the prefix.
    #[test]
    fn no_other_name_is_taken_for_the_one_with_the_prefix() {
        let white = ('\0'..char::MAX).filter(|c| c.is_whitespace() || c.is_control());
        for c in white.filter(|c| !matches!(c, ' ' | '\t') && !c.is_ascii_control()) {
            for line in [
                format!("{c}__Host-portcullis=planted"),
                format!("__Host-portcullis{c}=planted"),
                format!("{c} __Host-portcullis=planted"),
            ] {
                assert_eq!(carried(&line), Carried::Nothing, "{line:?}");
                let both = format!("__Host-portcullis=mine; {line}");
                assert_eq!(carried(&both), Carried::One("mine".to_owned()), "{line:?}");
            }
        }
        for line in ["__host-portcullis=x", "__Host-portcullis", "=__Host-portcullis", "", ";;="] {
            assert_eq!(carried(line), Carried::Nothing, "{line}");
        }
    }

    #[test]
    fn blanks_around_a_pair_are_none_of_it() {
        let one = Carried::One("a=b".to_owned());
        assert_eq!(carried("x=y;\t__Host-portcullis = a=b "), one);
        assert_eq!(carried("__Host-portcullis=a; __Host-portcullis=a"), Carried::Several);
    }
}
