use super::Dialect;
use crate::store::{Ordering, Table};

/// Writes names: quoted, and tables with the schema and the prefix that keep them apart from the
/// host's own.
pub(in crate::store) struct Names<'a> {
    pub(super) dialect: &'a Dialect,
    schema: Option<&'a str>,
    prefix: &'a str,
}

impl<'a> Names<'a> {
    /// Names of tables in this schema, where the database has any, with this prefix.
    pub(in crate::store) const fn new(
        dialect: &'a Dialect,
        schema: Option<&'a str>,
        prefix: &'a str,
    ) -> Self {
        Self { dialect, schema, prefix }
    }

    pub(in crate::store) const fn dialect(&self) -> &'a Dialect {
        self.dialect
    }

    /// The mark of the parameter with this number, counted from one.
    pub(super) fn mark(&self, number: usize) -> String {
        (self.dialect.parameter)(number)
    }

    pub(in crate::store) fn quoted(&self, name: &str) -> String {
        let quote = self.dialect.quote;
        format!("{quote}{name}{quote}")
    }

    /// A table.
    pub(in crate::store) fn table(&self, name: &str) -> String {
        let table = self.prefixed(name);
        self.schema
            .map_or_else(|| table.clone(), |schema| format!("{}.{table}", self.quoted(schema)))
    }

    /// The index of a table's unique key or ordering. It stands in its table's schema without
    /// being told.
    pub(super) fn index(&self, table: &Table, name: &str) -> String {
        self.prefixed(&format!("{}_{name}", table.name))
    }

    /// What the database's own catalogue calls a table or an index, without its schema.
    pub(in crate::store) fn plain(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Something about each table there is, with commas.
    pub(in crate::store) fn each_table(&self, say: impl Fn(&Self, &str) -> String) -> String {
        let said: Vec<_> = Table::ALL.iter().map(|table| say(self, table.name)).collect();
        said.join(", ")
    }

    fn prefixed(&self, name: &str) -> String {
        self.quoted(&self.plain(name))
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
