//! The site that embeds the library: its name, its address, whom to ask.

use std::{fmt, net::IpAddr};

use crate::{
    model::Template,
    secret::{InvalidToken, Token},
};

/// What letters and pages say of the site, and where mailed links lead.
///
/// Links are made from this address only; no header of a request ever reaches one
/// (CVE-2017-9303).
///
/// ```
/// use portcullis::site::Site;
/// let site = Site::new("Acme CRM", "https://crm.example")?.support("help@crm.example");
/// assert!(site.is_secure());
/// assert_eq!(Site::new("Acme CRM", "https://CRM.example:443/")?.origin(), "https://crm.example");
/// assert!(Site::new("Acme CRM", "http://crm.example").is_err(), "plain HTTP");
/// assert!(Site::new("Acme CRM", "http://localhost:3000").is_ok(), "but for trying things out");
/// # Ok::<(), portcullis::site::InvalidSite>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    name: String,
    origin: String,
    loopback: bool,
    base: String,
    /// What was wrong with the base that was asked for.
    base_finding: Option<String>,
    support: String,
}

/// The site cannot be what it was described as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSite {
    /// No name, or one with control characters or more than 60 characters.
    #[error("the site's name must have 1 to 60 characters and no control characters")]
    Name,
    /// Not an address of the form `https://host` or `https://host:port`.
    #[error("the public URL must be https://host or https://host:port, without a path")]
    Url,
    /// Plain HTTP, where passwords and cookies would travel in the clear.
    #[error("the public URL must be https, except on localhost, 127.0.0.0/8 and [::1]")]
    Insecure,
}

impl Site {
    /// A site of this name at this public URL.
    ///
    /// # Errors
    /// [`InvalidSite`], by what is wrong.
    pub fn new(name: &str, public_url: &str) -> Result<Self, InvalidSite> {
        let name = name.trim();
        if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(InvalidSite::Name);
        }
        let url = public_url.trim_end_matches('/').to_ascii_lowercase();
        let (scheme, authority) = url.split_once("://").ok_or(InvalidSite::Url)?;
        let host = host_of(authority).ok_or(InvalidSite::Url)?;
        let loopback = is_loopback(host);
        let default_port = match scheme {
            "https" => ":443",
            "http" if loopback => ":80",
            "http" => return Err(InvalidSite::Insecure),
            _ => return Err(InvalidSite::Url),
        };
        // Browsers leave it out of `Origin`, which is compared with this.
        let origin = url.strip_suffix(default_port).unwrap_or(&url).to_owned();
        Ok(Self {
            name: name.to_owned(),
            origin,
            loopback,
            base: "/auth".to_owned(),
            base_finding: None,
            support: String::new(),
        })
    }

    /// Whom people ask who get no further: an address, a telephone number, a URL.
    #[must_use]
    pub fn support(mut self, contact: &str) -> Self {
        self.support = contact.chars().filter(|c| !c.is_control()).take(200).collect();
        self
    }

    /// Where the web door is mounted: `/auth` unless said otherwise, `""` or `"/"` for the root.
    /// Each part between slashes consists of ASCII letters, digits, `-`, `_` and `.`, since
    /// anything else would mean something in a cookie or a link.
    /// [`Builder::build`](crate::auth::Builder::build) refuses others.
    ///
    /// At the root, mount the service with axum's `fallback_service`: `nest_service` panics there.
    ///
    /// ```
    /// use portcullis::site::Site;
    /// let site = Site::new("Acme CRM", "https://crm.example")?.mounted_at("/people/in");
    /// assert_eq!(site.base(), "/people/in");
    /// assert!(site.findings().is_empty());
    /// assert_eq!(site.mounted_at("/in?x").findings().len(), 1);
    /// # Ok::<(), portcullis::site::InvalidSite>(())
    /// ```
    #[must_use]
    pub fn mounted_at(mut self, base: &str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
        let base = base.trim_matches('/');
        let is_fine = |part: &str| !["", ".", ".."].contains(&part) && part.chars().all(plain);
        let (fine, wrong): (Vec<_>, Vec<_>) = base.split('/').partition(|part| is_fine(part));
        // What is wrong never reaches a link, also where nobody looks at the findings.
        self.base = fine.iter().map(|part| format!("/{part}")).collect();
        let refused = !base.is_empty() && !wrong.is_empty();
        self.base_finding = refused.then(|| {
            format!(
                "site: it cannot be mounted at {base:?}: each part of the path must consist of \
                 ASCII letters, digits, '-', '_' and '.'"
            )
        });
        self
    }

    /// What is wrong with these settings, in words for the developer who wrote them.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        self.base_finding.iter().cloned().collect()
    }

    /// The site's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where the web door is mounted; empty at the root.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whom to ask; may be empty.
    #[must_use]
    pub fn support_contact(&self) -> &str {
        &self.support
    }

    /// Whether browsers reach it by HTTPS, so that cookies can be `Secure`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Whether it is this machine only.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The token of the first mailed link of this site in a text: of what
    /// [`danger_activation_link`](crate::auth::Acting::danger_activation_link) gives, or of a
    /// letter's plain text in a test.
    ///
    /// ```
    /// # let site = portcullis::site::Site::new("Acme CRM", "https://crm.example")?;
    /// let written = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k";
    /// let link = format!("https://crm.example/auth/activate?token={written}");
    /// assert_eq!(site.token_in(&link)?.reveal().as_str(), written);
    /// assert!(site.token_in("https://else.example/auth/activate").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidToken`] where there is none.
    pub fn token_in(&self, text: &str) -> Result<Token, InvalidToken> {
        let start = format!("{}{}/", self.origin, self.base);
        let found = text.split(start.as_str()).skip(1).find_map(|link| {
            let link = link.split(char::is_whitespace).next()?;
            let (_, token) = link.split_once("?token=")?;
            Token::parse(token).ok()
        });
        found.ok_or(InvalidToken)
    }

    /// The link a letter carries; `None` for letters that carry none.
    pub(crate) fn link(&self, template: Template, token: &Token) -> Option<String> {
        let page = match template {
            Template::Reset | Template::Secured | Template::Recovered => "reset",
            Template::Activation => "activate",
            Template::EmailConfirm => "confirm",
            Template::EmailChanged => "undo",
            Template::Objection => "object",
            _ => return None,
        };
        let token = token.reveal();
        Some(format!("{}{}/{page}?token={}", self.origin, self.base, token.as_str()))
    }
}

/// The host of `host`, `host:port` or `[address]:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, rest)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, rest) = authority.split_at_checked(end)?;
            let named = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
            (named.then_some(host)?, rest)
        }
    };
    let port_is_fine = match rest.strip_prefix(':') {
        // In its one spelling: neither `+443` nor `0443`.
        Some(port) => port.parse::<u16>().is_ok_and(|read| read > 0 && read.to_string() == port),
        None => rest.is_empty(),
    };
    port_is_fine.then_some(host)
}

/// Whether a host name or address is this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.origin)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Wherever the door is mounted, a link leads to the site's own host and carries the
        /// token as its only argument's value.
        #[test]
        fn links_start_with_the_origin(base in "\\PC{0,20}", bytes: [u8; 32]) {
            let site = Site::new("Site", "https://site.example:8443/").unwrap().mounted_at(&base);
            let written = data_encoding::BASE64URL_NOPAD.encode(&bytes);
            let token = Token::parse(&written).unwrap();
            let argument = format!("?token={written}");
            for template in Template::ALL {
                let Some(link) = site.link(*template, &token) else { continue };
                let rest = link.strip_prefix("https://site.example:8443/");
                prop_assert!(rest.is_some(), "{link}");
                prop_assert!(link.ends_with(&argument), "{link}");
                let read = site.token_in(&format!("Open {link}\n{}", site.origin())).unwrap();
                prop_assert_eq!(&read.reveal()[..], &written);
            }
            prop_assert!(site.link(Template::Reset, &token).is_some());
        }
    }

    #[test]
    fn a_base_is_taken_as_it_is_or_reported() {
        let at = |base: &str| Site::new("Site", "https://site.example").unwrap().mounted_at(base);
        for (asked, base) in [
            ("", ""),
            ("/", ""),
            ("auth", "/auth"),
            ("/auth/", "/auth"),
            ("/a.b/c-_D", "/a.b/c-_D"),
        ] {
            assert_eq!(at(asked).base(), base, "{asked}");
            assert_eq!(at(asked).findings(), Vec::<String>::new(), "{asked}");
        }
        for wrong in ["/log in", "/anmelden\u{fc}", "/a?b", "/a//b", "/..", "/a/./b", "/{id}"] {
            assert_eq!(at(wrong).findings().len(), 1, "{wrong}");
            assert!(at(wrong).mounted_at("/auth").findings().is_empty());
        }
    }
}
