use crate::store::{CommitError, StoreError};

/// What the driver said when it failed, for the operator's log: SQLite's code and words, which
/// name tables and columns and never quote a value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("sqlite: {said}")]
pub struct DriverError {
    said: String,
    /// SQLite's extended result code, where it was SQLite that failed.
    code: Option<u32>,
}

impl DriverError {
    pub(super) fn new(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse().ok());
                Self { said: error.to_string(), code }
            }
            sqlx::Error::Io(error) => Self::other(&error.kind().to_string()),
            sqlx::Error::WorkerCrashed => Self::other("its thread ended"),
            // Errors of decoding and encoding could quote what they could not read.
            _ => Self::other("the driver failed"),
        }
    }

    /// That the store was closed, or its writer is gone.
    pub(super) fn closed() -> Self {
        Self::other("the store is closed")
    }

    pub(super) fn other(said: &str) -> Self {
        Self { said: said.to_owned(), code: None }
    }

    /// The error in a store's answer, where it came from here.
    pub(super) fn of(error: &StoreError) -> Option<&Self> {
        match error {
            StoreError::Unavailable(source) => source.downcast_ref(),
            _ => None,
        }
    }

    /// Whether another connection held a lock for longer than this one would wait.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.primary(), Some(5 | 6)) // SQLITE_BUSY, SQLITE_LOCKED
    }

    /// Whether a statement names what is not there.
    pub(super) fn is_misunderstanding(&self) -> bool {
        self.primary() == Some(1) // SQLITE_ERROR
    }

    /// Whether a column that is to be added is there. SQLite has no code of its own for it.
    pub(super) fn is_there_already(&self) -> bool {
        self.is_misunderstanding() && self.said.contains("duplicate column name")
    }

    /// Whether SQLite itself refused, and not the way to it.
    pub(super) const fn is_of_database(&self) -> bool {
        self.code.is_some()
    }

    fn primary(&self) -> Option<u32> {
        self.code.map(|code| code & 0xff)
    }
}

pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    StoreError::unavailable(DriverError::new(error))
}

/// What a failed write means.
pub(super) fn refused(error: &sqlx::Error) -> CommitError {
    match error {
        sqlx::Error::Database(error) if error.is_unique_violation() => CommitError::Conflict,
        _ => unavailable(error).into(),
    }
}
