use super::{Value, tables};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes of any length; in a column that is [indexed](Table::is_indexed) no more than
    /// [`Column::MAX_INDEXED`]. Keys have 16 (ids), 32 (digests) or, in [`tables::SETTINGS`], as
    /// many as the setting's name.
    Bytes,
    /// A signed number of 64 bits.
    Int,
    /// Unicode text without a length limit of the store's own; the longest the crate writes has
    /// 4 KiB.
    Text,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it says something about a person, for hosts that must list, export or erase it.
    pub personal: bool,
}

/// Columns no two rows share, unless one of them is null.
#[derive(Debug, PartialEq, Eq)]
pub struct Unique {
    /// Its name, unique among the table's.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

/// A way to walk through a table: rows with the same values in `equal`, in the order of `by`.
/// `by` ends with the key wherever the columns before it can repeat.
#[derive(Debug, PartialEq, Eq)]
pub struct Ordering {
    /// Its name, unique among the table's.
    pub name: &'static str,
    /// The columns a page fixes.
    pub equal: &'static [&'static str],
    /// The columns it is ordered by.
    pub by: &'static [&'static str],
}

/// One table, described once: stores make their statements and migrations from this.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns. The first is the key: bytes, never null.
    pub columns: &'static [Column],
    /// Its unique keys beside the key.
    pub uniques: &'static [Unique],
    /// The ways it is walked through.
    pub orderings: &'static [Ordering],
    /// The column by which its rows expire, where they do. A row that has null there never does.
    pub expires: Option<&'static str>,
}

impl Table {
    /// Every table, in the order in which batches write them.
    pub const ALL: &'static [&'static Self] = tables::ALL;

    /// The name of the column that counts writes, in tables that have one.
    pub const VERSION: &'static str = "version";

    /// The position of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|candidate| candidate.name == column)
    }

    /// The position of the version column, in tables that have one.
    #[must_use]
    pub fn version(&self) -> Option<usize> {
        self.position(Self::VERSION)
    }

    /// The table's place in the order in which batches write. A table that only has the name of
    /// one of [`Table::ALL`] has no place: statements were made from that one's columns.
    #[must_use]
    pub fn rank(&self) -> usize {
        Self::ALL.iter().position(|table| std::ptr::eq(*table, self)).unwrap_or(usize::MAX)
    }

    /// Whether this is one of [`Table::ALL`].
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.rank() != usize::MAX
    }

    /// Whether these values could stand in these columns: as many, and each of its column's
    /// kind. Databases compare a number with a text in ways of their own, so stores refuse a
    /// question that mixes them up.
    #[must_use]
    pub fn fits(&self, columns: &[&str], values: &[Value]) -> bool {
        columns.len() == values.len()
            && columns.iter().zip(values).all(|(column, value)| {
                let column = self.position(column).and_then(|position| self.columns.get(position));
                column.is_some_and(|column| self.holds(column, value))
            })
    }

    /// Whether this value could stand in this column of the table: it is of the column's kind,
    /// holds no NUL where it is text, and is no longer than [`Column::MAX_INDEXED`] where the
    /// column is [indexed](Self::is_indexed).
    #[must_use]
    pub fn holds(&self, column: &Column, value: &Value) -> bool {
        let length = match value {
            Value::Null | Value::Int(_) => 0,
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
        };
        column.holds(value) && (length <= Column::MAX_INDEXED || !self.is_indexed(column.name))
    }

    /// Whether the column belongs to the key, a unique key or an ordering.
    #[must_use]
    pub fn is_indexed(&self, column: &str) -> bool {
        let mut groups = self
            .uniques
            .iter()
            .map(|unique| unique.columns)
            .chain(self.orderings.iter().flat_map(|ordering| [ordering.equal, ordering.by]));
        self.position(column) == Some(0) || groups.any(|columns| columns.contains(&column))
    }
}

impl Column {
    /// The most bytes of a text or of bytes in a column that is [indexed](Table::is_indexed):
    /// databases limit what an index entry holds. The longest the crate writes has 254, but for
    /// the forms of usernames, which [parsing](crate::model::Username::parse) holds to this.
    pub const MAX_INDEXED: usize = 1_000;

    /// Whether the value could stand in a column of this kind. No text holds a NUL, which
    /// PostgreSQL cannot keep.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.nullable,
            Value::Int(_) => self.kind == Kind::Int,
            Value::Text(text) => self.kind == Kind::Text && !text.contains('\0'),
            Value::Bytes(_) => self.kind == Kind::Bytes,
        }
    }
}
