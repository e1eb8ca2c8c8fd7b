use std::fmt;

use time::OffsetDateTime;

use super::{Row, Table};
use crate::id::BatchId;

/// What a delete expects of the row it deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// That it is there.
    Present,
    /// That it is there in this version.
    Version(i64),
}

/// One change of one row, with what it expects of the row it replaces.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds a row; expects none with its key or one of its unique keys.
    Insert {
        /// Where.
        table: &'static Table,
        /// The row.
        row: Row,
    },
    /// Puts a row in the place of the one with its key; expects that one in `version`.
    Replace {
        /// Where.
        table: &'static Table,
        /// The row, with its new version.
        row: Row,
        /// The version it replaces.
        version: i64,
    },
    /// Takes a row away.
    Delete {
        /// Where.
        table: &'static Table,
        /// Its key.
        key: Vec<u8>,
        /// What must hold of it.
        expect: Expect,
    },
    /// Lifts a number of a row to `to`, unless it is higher; does nothing where there is no row.
    Raise {
        /// Where.
        table: &'static Table,
        /// The row's key.
        key: Vec<u8>,
        /// The column.
        column: &'static str,
        /// The least it is to be.
        to: i64,
    },
}

impl Change {
    /// The table it writes.
    #[must_use]
    pub const fn table(&self) -> &'static Table {
        match self {
            Self::Insert { table, .. }
            | Self::Replace { table, .. }
            | Self::Delete { table, .. }
            | Self::Raise { table, .. } => table,
        }
    }

    /// The key of the row it writes.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Insert { row, .. } | Self::Replace { row, .. } => row.key(),
            Self::Delete { key, .. } | Self::Raise { key, .. } => key,
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self {
            Self::Insert { .. } => "insert into",
            Self::Replace { .. } => "replace in",
            Self::Delete { .. } => "delete from",
            Self::Raise { .. } => "raise in",
        };
        write!(f, "{verb} {}", self.table().name)
    }
}

/// Changes that happen together or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    id: BatchId,
    at: OffsetDateTime,
    changes: Vec<Change>,
}

impl Batch {
    /// The most changes a batch holds.
    pub const MAX_CHANGES: usize = 512;

    /// A batch of these changes, put into the order of (table, key). All writers taking rows in
    /// one order is what keeps them from waiting for each other in a ring.
    #[must_use]
    pub fn new(id: BatchId, at: OffsetDateTime, mut changes: Vec<Change>) -> Self {
        changes.sort_by(|a, b| (a.table().rank(), a.key()).cmp(&(b.table().rank(), b.key())));
        Self { id, at, changes }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> BatchId {
        self.id
    }

    /// When it was decided.
    #[must_use]
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Its changes, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What makes it unfit to be applied: more than [`Batch::MAX_CHANGES`], two changes of one
    /// row, a row that does not fit its table.
    #[must_use]
    pub fn flaw(&self) -> Option<&'static str> {
        if self.changes.len() > Self::MAX_CHANGES {
            return Some("a batch holds at most 512 changes");
        }
        let mut last: Option<&Change> = None;
        self.changes.iter().find_map(|change| {
            let twice = last.is_some_and(|last| {
                last.table().name == change.table().name && last.key() == change.key()
            });
            last = Some(change);
            if twice { Some("a batch changes a row at most once") } else { flaw(change) }
        })
    }
}

fn flaw(change: &Change) -> Option<&'static str> {
    let table = change.table();
    if !table.is_known() {
        return Some("a batch names a table that is not of this contract");
    }
    match change {
        Change::Insert { row, .. } | Change::Replace { row, .. } => row.flaw(table),
        Change::Delete { .. } => None,
        Change::Raise { column, .. } => match table.position(column) {
            Some(position) if position > 0 => None,
            _ => Some("a batch raises a column that does not exist"),
        },
    }
}
