//! What the environment says, read once and checked as a whole.

use std::{net::SocketAddr, path::PathBuf};

use portcullis::{model::EmailAddress, site::Site};

use crate::database::Place;

/// The name people see.
const SITE: &str = "Acme CRM";

/// Everything that can be set.
pub(crate) struct Config {
    /// Where to listen: this machine only, unless `BIND` says otherwise.
    pub(crate) listen: SocketAddr,
    /// Where the database is.
    pub(crate) database: Place,
    /// The name and the public address.
    pub(crate) site: Site,
    /// How many proxies stand before it and add to `X-Forwarded-For`.
    pub(crate) proxies: usize,
    /// The mail server; without one, letters stay in the mailbox page.
    pub(crate) smtp: Option<Smtp>,
}

/// A mail server. The URL may hold a password, so there is no `Debug`.
pub(crate) struct Smtp {
    pub(crate) url: String,
    pub(crate) from: String,
    /// A file with certificates to trust beside the public ones.
    pub(crate) authority: Option<PathBuf>,
}

/// A setting that cannot be used, in words for whoever set it. It never quotes a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadSetting(pub(crate) String);

impl Config {
    /// Reads the settings, each by its name.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, BadSetting> {
        let set = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let port = set("PORT").map_or(Ok(3000), |port| port.trim().parse::<u16>());
        let port = port.ok().filter(|port| *port > 0).ok_or_else(|| bad("PORT", "1 to 65535"))?;
        let address = set("BIND").map_or(Ok([127, 0, 0, 1].into()), |bind| bind.trim().parse());
        let address = address.map_err(|_| bad("BIND", "an IP address, such as 127.0.0.1"))?;
        let listen = SocketAddr::new(address, port);
        let url = set("PUBLIC_URL").unwrap_or_else(|| format!("http://localhost:{port}"));
        let site = Site::new(SITE, url.trim())
            .map_err(|error| BadSetting(format!("PUBLIC_URL cannot be used: {error}")))?;
        let database = database(&set("DATABASE_URL").unwrap_or_else(|| "sqlite:crm.db".into()))?;
        let proxies = set("TRUSTED_PROXIES").map_or(Ok(0), |count| count.trim().parse::<u8>());
        let proxies = proxies.map_err(|_| bad("TRUSTED_PROXIES", "a number, such as 0 or 1"))?;
        let smtp = set("SMTP_URL").map(|url| Smtp {
            url,
            from: set("MAIL_FROM").unwrap_or_else(|| sender(&site)),
            authority: set("SMTP_CA").map(PathBuf::from),
        });
        if smtp.is_none() && !(site.is_loopback() && listen.ip().is_loopback()) {
            return Err(BadSetting(
                "SMTP_URL is needed: without it letters, and the live links in them, are shown \
                 at /dev/mail, and that is for a PUBLIC_URL and BIND on this machine only"
                    .into(),
            ));
        }
        Ok(Self { listen, database, site, proxies: proxies.into(), smtp })
    }
}

fn bad(name: &str, wanted: &str) -> BadSetting {
    BadSetting(format!("{name} must be {wanted}"))
}

/// A server's URL, or the file of `sqlite:path`, `sqlite://path` or a bare path.
fn database(url: &str) -> Result<Place, BadSetting> {
    let url = url.trim();
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("postgres" | "postgresql") => return Ok(Place::Postgres(url.to_owned())),
        Some("mysql" | "mariadb") => return Ok(Place::MySql(url.to_owned())),
        _ => {}
    }
    let path = match url.strip_prefix("sqlite:") {
        // Options other programs put behind the path mean nothing here: the file is always made.
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or(""),
        None if !url.contains("://") => url,
        None => "",
    };
    if path.is_empty() || path == ":memory:" {
        return Err(bad(
            "DATABASE_URL",
            "a file or a server: sqlite:crm.db, postgres://name:password@host/crm or \
             mysql://name:password@host/crm",
        ));
    }
    Ok(Place::File(PathBuf::from(path)))
}

/// The sender where none is set: of the site's own host, if letters can come from there.
fn sender(site: &Site) -> String {
    let host = site.origin().rsplit("://").next().unwrap_or("");
    let host = host.split(':').next().unwrap_or("");
    let own = format!("no-reply@{host}");
    if EmailAddress::parse(&own).is_ok() { own } else { "no-reply@acme.example".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Config, BadSetting> {
        let of = |name: &str| set.iter().find(|(key, _)| *key == name);
        Config::read(|name| of(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_has_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.site.origin(), "http://localhost:3000");
        assert!(matches!(config.database, Place::File(path) if path == *"crm.db"));
        assert_eq!(config.proxies, 0, "nobody's word but the connection's");
        assert!(config.smtp.is_none());
    }

    #[test]
    fn the_mailbox_page_stays_on_this_machine() {
        for set in [("PUBLIC_URL", "https://crm.example"), ("BIND", "0.0.0.0")] {
            let Err(BadSetting(why)) = read(&[set]) else { panic!("{set:?} was accepted") };
            assert!(why.contains("SMTP_URL"), "{why}");
            assert!(read(&[set, ("SMTP_URL", "smtp://localhost")]).is_ok());
        }
    }

    #[test]
    fn a_database_is_a_file_or_a_server() {
        let file = |url| match database(url) {
            Ok(Place::File(path)) => path,
            _ => panic!("{url} is no file"),
        };
        for url in ["sqlite:a.db", "sqlite://a.db", "sqlite://a.db?mode=rwc", "a.db"] {
            assert_eq!(file(url), PathBuf::from("a.db"), "{url}");
        }
        assert_eq!(file("sqlite:///v/a.db"), PathBuf::from("/v/a.db"));
        for url in ["postgres://localhost/crm", "postgresql://a:b@c:1/d?sslmode=verify-full"] {
            assert!(matches!(database(url), Ok(Place::Postgres(kept)) if kept == url), "{url}");
        }
        for url in ["mysql://localhost/crm", "mariadb://a:b@c:1/d"] {
            assert!(matches!(database(url), Ok(Place::MySql(kept)) if kept == url), "{url}");
        }
        for url in ["oracle://localhost/crm", "sqlite::memory:", "sqlite:", ""] {
            assert!(database(url).is_err(), "{url}");
        }
    }

    #[test]
    fn letters_come_from_the_sites_own_host_where_it_has_one() {
        let site = |url| Site::new(SITE, url).unwrap();
        assert_eq!(sender(&site("https://crm.example:8443")), "no-reply@crm.example");
        assert_eq!(sender(&site("http://localhost:3000")), "no-reply@acme.example");
        assert_eq!(sender(&site("http://127.0.0.1:3000")), "no-reply@acme.example");
    }

    #[test]
    fn proxies_are_counted() {
        assert_eq!(read(&[("TRUSTED_PROXIES", " 2 ")]).unwrap().proxies, 2);
    }

    #[test]
    fn a_bad_setting_is_named() {
        for (name, value) in [
            ("PORT", "http"),
            ("PORT", "0"),
            ("BIND", "here"),
            ("PUBLIC_URL", "x"),
            ("TRUSTED_PROXIES", "-1"),
        ] {
            let Err(BadSetting(why)) = read(&[(name, value)]) else {
                panic!("{name} was accepted")
            };
            assert!(why.starts_with(name), "{why}");
        }
    }
}
