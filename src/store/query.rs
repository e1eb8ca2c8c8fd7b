use std::slice;

use time::OffsetDateTime;

use super::{Ordering, Table, Value};

/// Which way a page goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the least value on.
    #[default]
    Ascending,
    /// From the greatest value on: newest first.
    Descending,
}

/// A question for rows in order.
#[derive(Clone, Debug)]
pub struct Page {
    /// Of which table.
    pub table: &'static Table,
    /// In which of its orderings.
    pub ordering: &'static Ordering,
    /// The values the ordering fixes, in its order. Here null means null: the rows that have
    /// nothing in that column.
    pub equal: Vec<Value>,
    /// Only rows whose first ordering column is at least this.
    pub from: Option<Value>,
    /// Only rows whose first ordering column is less than this.
    pub until: Option<Value>,
    /// Only rows behind this one: the values of the ordering's `by` columns in the last row of
    /// the page before.
    pub after: Option<Vec<Value>>,
    /// Which way.
    pub direction: Direction,
    /// How many at the most.
    pub limit: u32,
}

/// A request of one worker for due rows of the outbox.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Rows due at this moment or before.
    pub now: OffsetDateTime,
    /// Where their due time is moved, so that nobody else takes them meanwhile.
    pub until: OffsetDateTime,
    /// How many at the most.
    pub limit: u32,
}

impl Page {
    /// The first page of `ordering`, ascending.
    ///
    /// `ordering` is named, since a table's orderings are part of its description; an unknown
    /// name gives `None`.
    #[must_use]
    pub fn of(
        table: &'static Table,
        ordering: &str,
        equal: Vec<Value>,
        limit: u32,
    ) -> Option<Self> {
        let ordering = table.orderings.iter().find(|candidate| candidate.name == ordering)?;
        (ordering.equal.len() == equal.len()).then_some(Self {
            table,
            ordering,
            equal,
            from: None,
            until: None,
            after: None,
            direction: Direction::Ascending,
            limit,
        })
    }

    /// The same page from the other end.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.direction = Direction::Descending;
        self
    }

    /// What keeps a store from answering it: a table, an ordering or values that do not belong
    /// together.
    #[must_use]
    pub fn flaw(&self) -> Option<&'static str> {
        let (table, ordering) = (self.table, self.ordering);
        if !table.is_known() {
            return Some("an unknown table");
        }
        if !table.orderings.contains(ordering) {
            return Some("an ordering its table does not have");
        }
        let first = ordering.by.get(..1).unwrap_or_default();
        let bounds = [&self.from, &self.until];
        let fit = table.fits(ordering.equal, &self.equal)
            && bounds.into_iter().flatten().all(|bound| table.fits(first, slice::from_ref(bound)))
            && self.after.as_ref().is_none_or(|after| table.fits(ordering.by, after));
        if fit { None } else { Some("a page with values its ordering's columns cannot hold") }
    }
}
