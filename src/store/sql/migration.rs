use std::fmt::Write as _;

use super::names::{Names, is_key_order};
use crate::store::{
    CONTRACT, Column, Ordering, StoreError, Table,
    tables::{ADDED, Added, Part},
};

/// The SQL that brings a database from one contract version to the next.
///
/// It only ever adds. It can be run by the store when it opens, or by the host's own tool; it
/// notes itself in a table of its own, so either sees what the other did. Run again, one that was
/// interrupted goes on where it stopped: on PostgreSQL by itself; on MySQL and SQLite, which cannot
/// add a column only where there is none, a tool passes over statements that say that a column or
/// an index is there, as the store does. (SQLite and PostgreSQL undo what was interrupted, where a
/// tool runs all of it in one transaction.)
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The contract version the database has afterwards.
    pub contract: u32,
    /// The statements. Each ends with a semicolon and a line break, and none holds either inside.
    pub sql: String,
}

/// The table that says which migrations were applied.
pub(in crate::store) const BOOK: &str = "schema";

/// Those of them that are still to be applied to tables of this contract version.
///
/// # Errors
/// [`StoreError::Unsupported`] when the tables are newer than this crate: it would not know what
/// it overwrites.
pub(in crate::store) fn pending(
    migrations: &[Migration],
    stands: u32,
) -> Result<&[Migration], StoreError> {
    if migrations.last().is_some_and(|newest| stands > newest.contract) {
        return Err(StoreError::Unsupported("tables made by a newer version"));
    }
    let done = migrations.iter().take_while(|migration| migration.contract <= stands).count();
    Ok(migrations.get(done..).unwrap_or_default())
}

/// Whether the text can stand before table names.
pub(in crate::store) fn is_prefix(prefix: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    prefix.len() <= 24 && prefix.chars().all(plain) && !prefix.starts_with(|c: char| c.is_numeric())
}

/// Every migration, oldest first.
pub(in crate::store) fn migrations(names: &Names<'_>) -> Vec<Migration> {
    Edition { contract: CONTRACT, tables: Table::ALL, added: ADDED }.migrations(names)
}

/// What there is to migrate to: the tables, and which of their parts came later.
#[derive(Clone, Copy)]
pub(in crate::store) struct Edition<'a> {
    pub(in crate::store) contract: u32,
    pub(in crate::store) tables: &'a [&'a Table],
    pub(in crate::store) added: &'a [Added],
}

impl Edition<'_> {
    /// Every migration, oldest first.
    pub(in crate::store) fn migrations(self, names: &Names<'_>) -> Vec<Migration> {
        let maker = Maker { names, edition: self };
        let migration = |contract| Migration { contract, sql: maker.migration(contract) };
        (1..=self.contract).map(migration).collect()
    }

    /// The contract version a part of a table came with.
    fn since(self, table: &Table, part: Part) -> u32 {
        let is_it = |added: &&Added, part| added.table == table.name && added.part == part;
        let added = |part| self.added.iter().find(|added| is_it(added, part));
        added(part).or_else(|| added(Part::Table)).map_or(1, |added| added.contract)
    }
}

struct Maker<'a> {
    names: &'a Names<'a>,
    edition: Edition<'a>,
}

impl Maker<'_> {
    fn since(&self, table: &Table, part: Part) -> u32 {
        self.edition.since(table, part)
    }

    fn migration(&self, contract: u32) -> String {
        let mut sql = String::new();
        let mut say = |statement: String| {
            let _ = writeln!(sql, "{statement};"); // writing to a String cannot fail
        };
        let book = self.names.table(BOOK);
        if contract == 1 {
            say(format!(
                "CREATE TABLE IF NOT EXISTS {book} ({} INTEGER NOT NULL PRIMARY KEY)",
                self.names.quoted("contract")
            ));
        }
        for table in self.edition.tables {
            let new = self.since(table, Part::Table) == contract;
            let is_new =
                |column: &&Column| self.since(table, Part::Column(column.name)) == contract;
            if new {
                say(self.create(table, table.columns.iter().filter(is_new)));
            } else {
                table.columns.iter().filter(is_new).for_each(|column| say(self.add(table, column)));
            }
            let inside = new && self.names.dialect.indexes_in_tables;
            for (name, columns, unique, part) in indexes(table) {
                if !inside && self.since(table, part) == contract {
                    say(self.index(table, name, &columns, unique));
                }
            }
        }
        say(format!(
            "INSERT INTO {book} ({}) VALUES ({contract}){}",
            self.names.quoted("contract"),
            self.unless_noted()
        ));
        sql
    }

    /// What ends the insert of a version, which may be there.
    fn unless_noted(&self) -> String {
        let dialect = self.names.dialect;
        let unless = || dialect.unless_taken.to_owned();
        dialect.or_hold.map_or_else(unless, |hold| hold(self.names, "contract"))
    }

    fn column(&self, table: &Table, column: &Column) -> String {
        let null = if column.nullable { "" } else { " NOT NULL" };
        let kind = (self.names.dialect.kind)(column, table.is_indexed(column.name));
        format!("{} {kind}{null}", self.names.quoted(column.name))
    }

    fn create<'c>(&self, table: &Table, columns: impl Iterator<Item = &'c Column>) -> String {
        let mut parts: Vec<_> = columns.map(|column| self.column(table, column)).collect();
        let key = table.columns.first().map_or("", |column| column.name);
        parts.push(format!("PRIMARY KEY ({})", self.names.quoted(key)));
        if self.names.dialect.indexes_in_tables {
            let contract = self.since(table, Part::Table);
            let with_it = |index: &Index| self.since(table, index.3) == contract;
            for (name, columns, unique, _) in indexes(table).into_iter().filter(with_it) {
                let unique = if unique { "UNIQUE " } else { "" };
                let (name, columns) = (self.index_name(table, name), self.names.list(&columns));
                parts.push(format!("{unique}INDEX {name} ({columns})"));
            }
        }
        format!(
            "CREATE TABLE IF NOT EXISTS {} ({}){}",
            self.names.table(table.name),
            parts.join(", "),
            self.names.dialect.table_end
        )
    }

    fn add(&self, table: &Table, column: &Column) -> String {
        let default = if column.nullable {
            String::new()
        } else {
            format!(" DEFAULT {}", (self.names.dialect.nothing)(column.kind))
        };
        let (column, table) = (self.column(table, column), self.names.table(table.name));
        format!("ALTER TABLE {table} {} {column}{default}", self.names.dialect.add_column)
    }

    fn index_name(&self, table: &Table, name: &str) -> String {
        self.names.index(table, name)
    }

    fn index(&self, table: &Table, name: &str, columns: &[&str], unique: bool) -> String {
        let unique = if unique { "UNIQUE " } else { "" };
        let there = if self.names.dialect.indexes_in_tables { "" } else { "IF NOT EXISTS " };
        format!(
            "CREATE {unique}INDEX {there}{} ON {} ({})",
            self.index_name(table, name),
            self.names.table(table.name),
            self.names.list(columns)
        )
    }
}

/// Its name, its columns, whether it is unique, and what of the table it belongs to.
pub(super) type Index = (&'static str, Vec<&'static str>, bool, Part);

/// The indexes of a table: one for each unique key, each ordering the key does not serve, and
/// the expiry.
pub(super) fn indexes(table: &Table) -> Vec<Index> {
    let uniques = table
        .uniques
        .iter()
        .map(|unique| (unique.name, unique.columns.to_vec(), true, Part::Unique(unique.name)));
    let by_index = |ordering: &&Ordering| !is_key_order(table, ordering);
    let orderings = table.orderings.iter().filter(by_index).map(|ordering| {
        let columns = [ordering.equal, ordering.by].concat();
        (ordering.name, columns, false, Part::Ordering(ordering.name))
    });
    let expiry = table.expires.map(|column| (column, vec![column], false, Part::Column(column)));
    uniques.chain(orderings).chain(expiry).collect()
}

#[cfg(test)]
pub(in crate::store) mod invented;
