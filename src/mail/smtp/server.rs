use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::SmtpConfigError;

/// Where the server is and how it is talked to.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    tls_asked_for: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    ImplicitTls,
    StartTls,
    PlainText,
}

impl Server {
    /// Reads a URL strictly. A password with a bare `/`, `?` or `#` in it moves the end of the
    /// host, so anything left over behind the port is refused instead of ignored.
    pub(super) fn parse(text: &str) -> Result<Self, SmtpConfigError> {
        let url = Url::parse(text).map_err(|_| SmtpConfigError::Url("it is not a URL"))?;
        let tls_asked_for = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err(SmtpConfigError::Url("`?tls=required` is the only setting")),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpConfigError::Url(
                "nothing stands behind the port; write special characters as %XX",
            ));
        }
        let (host, on_this_machine) = host(&url)?;
        let security = match url.scheme() {
            "smtps" => Security::ImplicitTls,
            "smtp" if on_this_machine && !tls_asked_for => Security::PlainText,
            "smtp" => Security::StartTls,
            _ => return Err(SmtpConfigError::Url("it begins with smtps:// or smtp://")),
        };
        let port = url.port().unwrap_or(match security {
            Security::ImplicitTls => 465,
            Security::StartTls => 587,
            Security::PlainText => 25,
        });
        Ok(Self { host, port, security, credentials: credentials(&url)?, tls_asked_for })
    }

    pub(super) fn danger_plain_text(mut self) -> Self {
        if self.security == Security::StartTls && !self.tls_asked_for {
            self.security = Security::PlainText;
        }
        self
    }
}

/// The host, without the brackets of an IPv6 address, and whether it is this machine.
fn host(url: &Url) -> Result<(String, bool), SmtpConfigError> {
    match url.host() {
        // `url` leaves IPv4 addresses unread outside of http and its kin. Only the four-part
        // form counts: what a resolver makes of `127.1` or `localhost.` is its own affair.
        Some(Host::Domain(name)) if is_host_name(name) => {
            let here = name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
                || name.eq_ignore_ascii_case("localhost");
            Ok((name.to_owned(), here))
        }
        Some(Host::Ipv4(ip)) => Ok((ip.to_string(), ip.is_loopback())),
        Some(Host::Ipv6(ip)) => Ok((ip.to_string(), IpAddr::V6(ip).is_loopback())),
        _ => Err(SmtpConfigError::Url("it names no host")),
    }
}

pub(super) fn is_host_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpConfigError> {
    let decode = |part: &str| {
        let text = percent_decode_str(part).decode_utf8().ok()?;
        // NUL separates the fields of AUTH PLAIN (RFC 4616).
        (!text.contains('\0')).then(|| text.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(SmtpConfigError::Url("there is a password, but no user")),
        (_, None) => Err(SmtpConfigError::Url("there is a user, but no password")),
        (user, Some(password)) => match (decode(user), decode(password)) {
            (Some(user), Some(password)) => Ok(Some(Credentials::new(user, password))),
            _ => Err(SmtpConfigError::Url("the user or the password is not text")),
        },
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn security(url: &str) -> Security {
        Server::parse(url).unwrap().security
    }

    #[test]
    fn only_this_machine_is_talked_to_in_the_clear() {
        for here in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "[::1]"] {
            assert_eq!(security(&format!("smtp://{here}")), Security::PlainText, "{here}");
            assert_eq!(security(&format!("smtp://{here}?tls=required")), Security::StartTls);
            assert_eq!(security(&format!("smtps://{here}")), Security::ImplicitTls);
        }
        for there in [
            "mail.example",
            "localhost.",
            "localhost.example",
            "127.0.0.1.example",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "128.0.0.1",
            "[::]",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(security(&format!("smtp://{there}")), Security::StartTls, "{there}");
        }
    }

    #[test]
    fn danger_does_not_undo_what_the_url_asks_for() {
        let after = |url: &str| Server::parse(url).unwrap().danger_plain_text().security;
        assert_eq!(after("smtp://mail.example"), Security::PlainText);
        assert_eq!(after("smtp://mail.example?tls=required"), Security::StartTls);
        assert_eq!(after("smtps://mail.example"), Security::ImplicitTls);
    }

    #[test]
    fn ports_follow_the_way_of_talking() {
        let port = |url: &str| Server::parse(url).unwrap().port;
        assert_eq!(port("smtps://mail.example"), 465);
        assert_eq!(port("smtp://mail.example"), 587);
        assert_eq!(port("smtp://localhost"), 25);
        assert_eq!(port("smtp://mail.example:2525"), 2525);
    }

    #[test]
    fn credentials_are_decoded_once() {
        let read = |url: &str| Server::parse(url).unwrap().credentials;
        let expect =
            |user: &str, password: &str| Some(Credentials::new(user.into(), password.into()));
        assert_eq!(read("smtps://mail.example"), None);
        assert_eq!(read("smtps://ada:pa%2Fss@mail.example"), expect("ada", "pa/ss"));
        assert_eq!(
            read("smtps://a%40b.example:a+b%2525@mail.example"),
            expect("a@b.example", "a+b%25")
        );
        assert_eq!(read("smtps://ü:ß@mail.example"), expect("ü", "ß"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_being_quoted() {
        for url in [
            "",
            "mail.example",
            "http://ada:s3cret@mail.example",
            "smtp:ada:s3cret@mail.example",
            "smtp://",
            "smtps://ada@mail.example",
            "smtps://:s3cret@mail.example",
            "smtps://ada:s3cret%00@mail.example",
            "smtps://ada:s3cret%ff@mail.example",
            "smtps://ada:12#s3cret@mail.example",
            "smtps://ada:12/s3cret@mail.example",
            "smtps://ada:12?s3cret@mail.example",
            "smtps://ada:s3/cret@mail.example",
            "smtp://ada:s3cret@mail.example/relay",
            "smtp://ada:s3cret@mail.example?tls=opportunistic",
            "smtp://ada:s3cret@mail.example?tls=none",
            "smtp://ada:s3cret@mail.example?tls=required&tls=none",
            "smtp://ada:s3cret@mail.example?TLS=required",
            "smtp://ada:s3cret@mäil.example",
            "smtp://ada:s3cret@mail.example:99999",
        ] {
            let error = Server::parse(url).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("s3") && !shown.contains("ada"), "{shown}");
        }
        let server = Server::parse("smtps://ada:s3cret@mail.example").unwrap();
        assert_eq!(format!("{server:?}"), "mail.example:465 (ImplicitTls)");
    }
}
