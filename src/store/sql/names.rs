use super::Dialect;
use crate::store::{Ordering, Table};

/// Writes names: quoted, and tables with the prefix that keeps them apart from the host's own.
pub(in crate::store) struct Names<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) prefix: &'a str,
}

impl Names<'_> {
    pub(in crate::store) fn quoted(&self, name: &str) -> String {
        let quote = self.dialect.quote;
        format!("{quote}{name}{quote}")
    }

    /// A table, or an index, whose names are shared by all tables of a database.
    pub(in crate::store) fn table(&self, name: &str) -> String {
        self.quoted(&format!("{}{name}", self.prefix))
    }

    /// The index of a table's unique key or ordering.
    pub(super) fn index(&self, table: &Table, name: &str) -> String {
        self.table(&format!("{}_{name}", table.name))
    }

    /// The columns, with commas.
    pub(in crate::store) fn list(&self, columns: &[&str]) -> String {
        self.each(columns, |column| column)
    }

    /// Something about each column, with commas.
    pub(in crate::store) fn each(
        &self,
        columns: &[&str],
        say: impl Fn(String) -> String,
    ) -> String {
        let said: Vec<_> = columns.iter().map(|column| say(self.quoted(column))).collect();
        said.join(", ")
    }
}

/// Whether the rows lie in this order by their key, so that no index is needed.
pub(super) fn is_key_order(table: &Table, ordering: &Ordering) -> bool {
    let key = table.columns.first().map(|column| column.name);
    ordering.equal.is_empty() && ordering.by.len() == 1 && ordering.by.first().copied() == key
}

/// Writes the marks of a statement's parameters, in their order.
pub(super) struct Marks<'a> {
    dialect: &'a Dialect,
    written: usize,
}

impl<'a> Marks<'a> {
    pub(super) const fn new(dialect: &'a Dialect) -> Self {
        Self { dialect, written: 0 }
    }

    pub(super) fn next(&mut self) -> String {
        self.written += 1;
        (self.dialect.parameter)(self.written)
    }

    /// So many, with commas.
    pub(super) fn list(&mut self, count: usize) -> String {
        let marks: Vec<_> = (0..count).map(|_| self.next()).collect();
        marks.join(", ")
    }
}
