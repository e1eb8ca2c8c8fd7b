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
pub(super) fn read(headers: &HeaderMap, name: &str) -> Carried {
    let mut carried = Carried::Nothing;
    for line in headers.get_all(header::COOKIE) {
        // A host's own cookies may hold bytes that are no text; ours are read all the same.
        let line = String::from_utf8_lossy(line.as_bytes());
        for cookie in Cookie::split_parse(line).flatten().filter(|cookie| cookie.name() == name) {
            carried = match carried {
                Carried::Nothing => Carried::One(cookie.value().to_owned()),
                _ => Carried::Several,
            };
        }
    }
    carried
}

/// Sets the session's cookie: until the browser closes, or on a remembered device until the
/// session ends.
pub(super) fn session(site: &Site, session: &SignedIn, now: OffsetDateTime) -> Result<HeaderValue> {
    let token = session.token.reveal();
    let held = session.identity.session();
    let age = held.remembered.then(|| held.expires_at - now);
    write(site, session_name(site).to_owned(), &token, "/".to_owned(), age)
}

/// Deletes the session's cookie.
pub(super) fn no_session(site: &Site) -> Result<HeaderValue> {
    write(site, session_name(site).to_owned(), "", "/".to_owned(), Some(Duration::ZERO))
}

/// How long a page's cookie lives: long enough to choose a password.
const PAGE: Duration = Duration::minutes(10);

/// The name of the cookie that keeps a token for one page, so that it leaves the address bar.
pub(super) fn page_name(site: &Site, page: &str) -> String {
    let prefix = if site.is_secure() { "__Secure-" } else { "" };
    format!("{prefix}portcullis-{page}")
}

/// Keeps a token for one page.
pub(super) fn page(site: &Site, page: &str, token: &str) -> Result<HeaderValue> {
    write(site, page_name(site, page), token, page_path(site, page), Some(PAGE))
}

/// Forgets it.
pub(super) fn no_page(site: &Site, page: &str) -> Result<HeaderValue> {
    write(site, page_name(site, page), "", page_path(site, page), Some(Duration::ZERO))
}

fn page_path(site: &Site, page: &str) -> String {
    format!("{}/{page}", site.base())
}

fn write(
    site: &Site,
    name: String,
    value: &str,
    path: String,
    age: Option<Duration>,
) -> Result<HeaderValue> {
    let mut cookie = Cookie::build((name, value))
        .path(path)
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
