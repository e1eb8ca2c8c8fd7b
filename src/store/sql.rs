//! The engine the SQL stores share: statements and migrations made from the table descriptions,
//! and what commits, charges, leases and purges do with them. A database adds a short
//! [`Dialect`] and a [`Link`] that runs calls on its connections.

mod budgets;
mod call;
pub(super) mod catalogue;
mod dialect;
pub(super) mod migration;
mod names;
mod pages;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) mod server;
mod sessions;
mod statements;
mod touches;
mod work;

pub use migration::Migration;

pub(super) use call::{Arg, Call, Link};
pub(super) use dialect::Dialect;
pub(super) use migration::{is_prefix, migrations};
pub(super) use names::Names;
pub(super) use sessions::Sessions;
pub(super) use statements::Statements;
pub(super) use work::{Done, NEVER_EXPIRES, Work};

use super::{CommitError, StoreError};

/// What cannot happen: each work is answered in kind.
pub(super) fn mismatch() -> StoreError {
    StoreError::unavailable("a work was answered as another")
}

/// The failure of a work that cannot conflict.
pub(super) fn failed(error: CommitError) -> StoreError {
    match error {
        CommitError::Failed(error) => error,
        CommitError::Conflict => mismatch(),
    }
}
