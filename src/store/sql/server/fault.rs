use crate::store::StoreError;

/// What the driver said when it failed, for the operator's log: the database's code and, where
/// they cannot quote a row, its words.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{database}: {said}")]
pub struct DriverError {
    database: &'static str,
    said: String,
    fate: Fate,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Fate {
    /// The connection is of no use any more.
    Lost,
    /// The database chose another transaction; this one is undone, and may be tried again.
    Undone,
    /// Somebody else was first, and trying again does not help: a unique key is taken, a lock is
    /// not given up.
    Conflict,
    /// What should be made is there already.
    Exists,
    /// What a statement names is not there.
    Missing,
    /// Something else.
    Refused,
}

/// How the driver's words begin that are passed on, for what goes wrong most often. Others can
/// quote a password, or a key that stands where a file should.
const SPOKEN: [&str; 3] =
    ["invalid peer certificate", "server does not support TLS", "RSA auth backend disabled"];

impl DriverError {
    pub(in crate::store) fn new(database: &'static str, said: &str, fate: Fate) -> Self {
        Self { database, said: said.to_owned(), fate }
    }

    /// What the driver says that is not the database's own answer.
    pub(in crate::store) fn of_way(database: &'static str, error: &sqlx::Error) -> Self {
        let words = error.to_string();
        let spoken = SPOKEN.iter().find_map(|begin| words.find(begin).map(|at| words.get(at..)));
        if let Some(Some(spoken)) = spoken {
            return Self { database, said: spoken.to_owned(), fate: Fate::Lost };
        }
        let said = match error {
            sqlx::Error::Io(error) => error.kind().to_string(),
            sqlx::Error::Tls(_) => "no TLS could be agreed on".to_owned(),
            sqlx::Error::Configuration(_) => {
                "a setting of the connection cannot be used".to_owned()
            }
            sqlx::Error::PoolTimedOut => "the host's pool has no connection free".to_owned(),
            sqlx::Error::PoolClosed => "the host's pool is closed".to_owned(),
            // Errors of decoding and encoding could quote what they could not read.
            _ => "the driver failed".to_owned(),
        };
        Self { database, said, fate: Fate::Lost }
    }
}

impl From<DriverError> for StoreError {
    fn from(error: DriverError) -> Self {
        Self::unavailable(error)
    }
}

/// What a store's failure means, where it came from a server.
pub(in crate::store) fn fate(error: &StoreError) -> Option<Fate> {
    match error {
        StoreError::Unavailable(source) => {
            source.downcast_ref::<DriverError>().map(|error| error.fate)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that was put on one line was quoted whole, and so was a letter of a password.
    #[test]
    fn only_words_that_quote_nothing_are_passed_on() {
        let key = "missing section end: -----END PRIVATE KEY MIIEcanary-----";
        let cases = [
            (sqlx::Error::Configuration(key.into()), "a setting of the connection"),
            (sqlx::Error::Tls("Invalid certificate canary".into()), "no TLS could be agreed on"),
            (sqlx::Error::Io(std::io::Error::other("canary")), "other error"),
            (
                sqlx::Error::Io(std::io::Error::other("invalid peer certificate: Expired")),
                "invalid peer certificate: Expired",
            ),
            (sqlx::Error::Tls("server does not support TLS".into()), "server does not support TLS"),
        ];
        for (error, expected) in cases {
            let said = DriverError::of_way("postgres", &error).to_string();
            assert!(said.contains(expected) && !said.contains("canary"), "{said}");
        }
    }
}
