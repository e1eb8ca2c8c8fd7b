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

impl DriverError {
    pub(in crate::store) fn new(database: &'static str, said: &str, fate: Fate) -> Self {
        Self { database, said: said.to_owned(), fate }
    }

    /// What the driver says that is not the database's own answer.
    pub(in crate::store) fn of_way(database: &'static str, error: &sqlx::Error) -> Self {
        let said = match error {
            sqlx::Error::Io(error) => error.kind().to_string(),
            // These two come from connecting: a certificate, a file of one, a way to log in.
            sqlx::Error::Tls(error) => format!("no TLS could be agreed on: {error}"),
            sqlx::Error::Configuration(error) => error.to_string(),
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
