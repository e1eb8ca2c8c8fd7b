use std::{fmt, sync::Arc};

/// A store could not do what it was asked.
///
/// `Debug` shows no more than `Display`: a database's own errors quote rows.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It did not answer, or said it could not for now.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// It was asked for something that is not in the contract it holds.
    #[error("the store does not support this: {0}")]
    Unsupported(&'static str),
    /// Its tables lack a key or an index that the migrations make.
    #[error("the tables lack {0}: make it as migrations() says")]
    Lacking(String),
    /// A row is not what the contract says it is.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(#[from] super::Corrupt),
}

impl StoreError {
    /// That the store did not answer, with what its driver said.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(source.into()))
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A batch was not applied, or may not have been.
#[derive(thiserror::Error)]
pub enum CommitError {
    /// Something the batch expects is not so. Nothing was written.
    #[error("somebody else changed it first")]
    Conflict,
    /// The store failed. Whether the batch was applied is unknown until it is sent again, unless
    /// this is [`StoreError::Unsupported`]: that was refused before anything was done.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl fmt::Debug for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
