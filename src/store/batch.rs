use std::fmt;

use time::{Duration, OffsetDateTime};

use super::{Column, Kind, Row, Table, Value};
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
    /// The most changes a batch holds: a bound, so that a store knows its longest transaction.
    /// Chosen, not measured. It covers a log-in that ends 200 sessions, with an audit entry for
    /// each; "last seen" is cut to it.
    pub const MAX_CHANGES: usize = 512;

    /// A batch of these changes, put into the order of (table, key). All writers taking rows in
    /// one order is what keeps them from waiting for each other in a ring.
    ///
    /// Unique keys hold after each change, not only at the end: two rows of one table cannot
    /// trade the values of a unique key in one batch.
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

    /// Until when a store remembers that it was applied, at the least: two days, twice what the
    /// contract asks for.
    #[must_use]
    pub const fn kept_until(&self) -> OffsetDateTime {
        self.at.saturating_add(Duration::days(2))
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
                std::ptr::eq(last.table(), change.table()) && last.key() == change.key()
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
        Change::Insert { row, .. } => row.flaw(table),
        Change::Replace { row, version, .. } => row.flaw(table).or_else(|| {
            let Some(column) = table.version() else { return Some(UNVERSIONED) };
            // A row that keeps its version could be replaced twice from one reading.
            (*row.value(column) == Value::Int(*version))
                .then_some("a batch replaces a row without raising its version")
        }),
        Change::Delete { expect: Expect::Version(_), .. } if table.version().is_none() => {
            Some(UNVERSIONED)
        }
        Change::Delete { .. } => None,
        Change::Raise { column, .. } => {
            let column = table.position(column).filter(|position| *position > 0);
            match column.and_then(|position| table.columns.get(position)) {
                Some(Column { kind: Kind::Int, .. }) => None,
                _ => Some("a batch raises a column that is not a number of its table"),
            }
        }
    }
}

const UNVERSIONED: &str = "a batch expects a version of a table that has none";
