use super::{
    budgets::Budgets,
    names::{Marks, Names},
    pages::Pages,
    sessions::Sessions,
    touches::Touches,
};
use crate::store::{Column, Kind, StoreError, Table, Unique, tables};

/// Every statement a store sends, made once when it is opened.
pub(in crate::store) struct Statements {
    /// In the order of [`Table::ALL`].
    tables: Vec<TableStatements>,
    pub(in crate::store) sessions: Sessions,
    /// Due rows of the outbox: by when, and how many.
    pub(in crate::store) due: String,
    /// Moves one of them: to when; its key and the version it was found in.
    pub(in crate::store) take: String,
    pub(super) budgets: Budgets,
    pub(super) touches: Touches,
    pub(super) deletes_in_order: bool,
    /// Notes a batch as applied, unless it was before.
    pub(in crate::store) once: String,
    /// Writes to the note of one that was applied before, so that there is a commit to wait for.
    pub(super) again: String,
}

/// The statements of one table. Parameters stand in the order of the columns, the key last where
/// it selects the row.
pub(in crate::store) struct TableStatements {
    pub(in crate::store) get: String,
    finds: Vec<String>,
    pub(in crate::store) pages: Pages,
    pub(in crate::store) insert: String,
    /// Every column but the key; then the key and the version expected.
    pub(in crate::store) replace: Option<String>,
    pub(in crate::store) delete: String,
    pub(in crate::store) delete_version: Option<String>,
    /// By column: to what, which row, and to what again.
    raises: Vec<Option<String>>,
    /// Before when, how many, and, unless the database deletes in order, before when again.
    pub(in crate::store) purge: Option<String>,
}

impl Statements {
    pub(in crate::store) fn new(names: &Names<'_>) -> Self {
        let (dialect, outbox) = (names.dialect, tables::OUTBOX.name);
        let mut marks = Marks::new(dialect);
        let due = format!(
            "SELECT {} FROM {} WHERE {due} <= {} ORDER BY {due}, {} LIMIT {}",
            names.list(&columns(&tables::OUTBOX)),
            names.table(outbox),
            marks.next(),
            names.quoted("id"),
            marks.next(),
            due = names.quoted("due_at"),
        );
        let mut marks = Marks::new(dialect);
        let take = format!(
            "UPDATE {} SET {} = {}, {version} = {version} + 1 WHERE {} = {} AND {version} = {}",
            names.table(outbox),
            names.quoted("due_at"),
            marks.next(),
            names.quoted("id"),
            marks.next(),
            marks.next(),
            version = names.quoted(Table::VERSION),
        );
        let again = format!(
            "UPDATE {} SET {expires} = {expires} + 1 WHERE {} = {}",
            names.table(tables::BATCHES.name),
            names.quoted("id"),
            names.mark(1),
            expires = names.quoted("expires_at"),
        );
        Self {
            tables: Table::ALL.iter().map(|table| Maker::new(names, table).all()).collect(),
            sessions: Sessions::new(names),
            due,
            take,
            budgets: Budgets::new(names),
            touches: Touches::new(names),
            deletes_in_order: dialect.deletes_in_order,
            once: format!(
                "{}{}",
                Maker::new(names, &tables::BATCHES).insert(),
                (dialect.or_count)(names, &columns(&tables::BATCHES))
            ),
            again,
        }
    }

    /// The statements of a table.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for a table that is not of this contract.
    pub(in crate::store) fn of(
        &self,
        table: &'static Table,
    ) -> Result<&TableStatements, StoreError> {
        self.tables.get(table.rank()).ok_or(StoreError::Unsupported("an unknown table"))
    }

    /// Every one of them.
    pub(in crate::store) fn all(&self) -> impl Iterator<Item = &str> {
        let own = [&self.due, &self.take, &self.once, &self.again];
        let tables = self.tables.iter().flat_map(|table| {
            [&table.get, &table.insert, &table.delete]
                .into_iter()
                .chain(&table.replace)
                .chain(&table.delete_version)
                .chain(&table.purge)
                .chain(&table.finds)
                .chain(table.raises.iter().flatten())
                .map(String::as_str)
                .chain(table.pages.all())
        });
        let own = own.into_iter().map(String::as_str).chain(self.sessions.all());
        own.chain(self.budgets.all()).chain(self.touches.all()).chain(tables)
    }
}

impl TableStatements {
    /// The look-up by one of the table's unique keys.
    pub(in crate::store) fn find(&self, table: &Table, unique: &Unique) -> Option<&str> {
        let position = table.uniques.iter().position(|candidate| candidate == unique)?;
        self.finds.get(position).map(String::as_str)
    }

    /// The lift of one of the table's numbers.
    pub(in crate::store) fn raise(&self, table: &Table, column: &str) -> Option<&str> {
        self.raises.get(table.position(column)?)?.as_deref()
    }
}

pub(super) fn columns(table: &Table) -> Vec<&'static str> {
    table.columns.iter().map(|column| column.name).collect()
}

/// Makes the statements of one table.
struct Maker<'a> {
    names: &'a Names<'a>,
    table: &'static Table,
    name: String,
    /// The first column, quoted.
    key: String,
    columns: Vec<&'static str>,
}

impl<'a> Maker<'a> {
    fn new(names: &'a Names<'a>, table: &'static Table) -> Self {
        let columns = columns(table);
        let key = names.list(columns.get(..1).unwrap_or_default());
        Self { names, table, name: names.table(table.name), key, columns }
    }

    fn all(&self) -> TableStatements {
        let Self { names, table, key, .. } = self;
        let version = table.version().map(|_| names.quoted(Table::VERSION));
        let select = format!("SELECT {} FROM {}", names.list(&self.columns), self.name);
        let found_by = |columns: &[&str]| {
            let mut marks = Marks::new(names.dialect);
            let equal: Vec<_> = columns
                .iter()
                .map(|column| format!("{} = {}", names.quoted(column), marks.next()))
                .collect();
            format!("{select} WHERE {}", equal.join(" AND "))
        };
        let mark = |number| names.mark(number);
        TableStatements {
            get: format!("{select} WHERE {key} = {}", mark(1)),
            finds: table.uniques.iter().map(|unique| found_by(unique.columns)).collect(),
            pages: Pages::new(names, table, &select),
            insert: format!("{}{}", self.insert(), names.dialect.unless_taken),
            replace: version.as_ref().map(|version| self.replace(version)),
            delete: self.delete(),
            delete_version: version
                .map(|version| format!("{} AND {version} = {}", self.delete(), mark(2))),
            raises: table.columns.iter().map(|column| self.raise(column)).collect(),
            purge: table.expires.map(|expires| self.purge(&names.quoted(expires))),
        }
    }

    fn insert(&self) -> String {
        let marks = Marks::new(self.names.dialect).list(self.columns.len());
        format!("INSERT INTO {} ({}) VALUES ({marks})", self.name, self.names.list(&self.columns))
    }

    fn replace(&self, version: &str) -> String {
        let mut marks = Marks::new(self.names.dialect);
        let set: Vec<_> = self
            .columns
            .iter()
            .skip(1)
            .map(|column| format!("{} = {}", self.names.quoted(column), marks.next()))
            .collect();
        format!(
            "UPDATE {} SET {} WHERE {} = {} AND {version} = {}",
            self.name,
            set.join(", "),
            self.key,
            marks.next(),
            marks.next(),
        )
    }

    fn delete(&self) -> String {
        let mark = self.names.mark(1);
        format!("DELETE FROM {} WHERE {} = {mark}", self.name, self.key)
    }

    fn raise(&self, column: &Column) -> Option<String> {
        if column.kind != Kind::Int {
            return None;
        }
        let name = self.names.quoted(column.name);
        let mut marks = Marks::new(self.names.dialect);
        let (to, key, below) = (marks.next(), marks.next(), marks.next());
        let lower = if column.nullable {
            format!("({name} IS NULL OR {name} < {below})")
        } else {
            format!("{name} < {below}")
        };
        Some(format!(
            "UPDATE {} SET {name} = {to} WHERE {} = {key} AND {lower}",
            self.name, self.key
        ))
    }

    fn purge(&self, expires: &str) -> String {
        let Self { name, key, .. } = self;
        let mut marks = Marks::new(self.names.dialect);
        let (before, limit) = (marks.next(), marks.next());
        if self.names.dialect.deletes_in_order {
            return format!(
                "DELETE FROM {name} WHERE {expires} < {before} ORDER BY {expires} LIMIT {limit}"
            );
        }
        let still = marks.next();
        let chosen = (self.names.dialect.among)(&format!(
            "SELECT {key} FROM {name} WHERE {expires} < {before} ORDER BY {expires} LIMIT {limit}"
        ));
        // The condition stands outside as well, for databases where a row can change between
        // being chosen and being deleted; as a sum, so that nothing is looked up by it there.
        format!("DELETE FROM {name} WHERE {key} {chosen} AND {expires} + 0 < {still}")
    }
}
