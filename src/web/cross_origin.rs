//! Whether a write came from this site's own pages.

use http::{HeaderMap, HeaderName, Method, header};

use crate::site::Site;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request may be carried out, as far as where it came from says.
///
/// Reading is always fine. A write passes where the browser says it came from this site
/// (`Sec-Fetch-Site`), else where its `Origin` is the public URL's, and where it carries neither:
/// then no browser of the last years sent it.
///
/// tower-http's `csrf` makes nearly the same decision and was not taken: where `Sec-Fetch-Site`
/// is missing it lets an `Origin` pass that equals the request's `Host`, which a rebound name
/// makes true, and it cannot be told to ask the configured address only. It also decides inside a
/// `Service` alone, while a host's own routes need the same answer from `Door`.
pub(super) fn may_pass(method: &Method, headers: &HeaderMap, site: &Site) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let fetched = headers.contains_key(SEC_FETCH_SITE);
    if fetched && matches!(only(headers, SEC_FETCH_SITE), Some(b"same-origin" | b"none")) {
        return true;
    }
    let own = only(headers, header::ORIGIN) == Some(site.origin().as_bytes());
    own || !(fetched || headers.contains_key(header::ORIGIN))
}

/// The header's value, where there is exactly one.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(method: Method, sent: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        may_pass(&method, &headers, &Site::new("Site", "https://crm.example").unwrap())
    }

    #[test]
    fn reading_is_always_fine() {
        assert!(passes(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(passes(Method::HEAD, &[("origin", "https://evil.example")]));
    }

    #[test]
    fn writes_pass_from_this_site_and_from_programs() {
        for sent in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            // A form of a page with `no-referrer` sends no origin worth the name.
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "https://crm.example")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://crm.example")],
        ] {
            assert!(passes(Method::POST, sent), "{sent:?}");
        }
    }

    #[test]
    fn writes_from_elsewhere_do_not() {
        for sent in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://shop.crm.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://crm.example")],
            &[("origin", "https://crm.example:8443")],
            &[("origin", "https://crm.example.evil.example")],
            &[("origin", "null")],
            // The host a rebound name was reached by is no proof of anything.
            &[("origin", "https://evil.example"), ("host", "evil.example")],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(!passes(method, sent), "{sent:?}");
            }
        }
    }
}
