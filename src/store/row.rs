use std::fmt;

use super::Table;

/// One value of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing. It equals no other value in a unique key.
    Null,
    /// A number, a flag (0 or 1) or a moment (microseconds since 1970, UTC).
    Int(i64),
    /// Text, compared code point by code point.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One row: the values of a table's columns, in their order. The first is the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// A row of these values.
    #[must_use]
    pub const fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// The value of one column; null beyond the last.
    #[must_use]
    pub fn value(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// The key's bytes; empty for a row that has none, which no table allows.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self.value(0) {
            Value::Bytes(key) => key,
            _ => &[],
        }
    }

    /// Puts another value into a column; nothing happens beyond the last.
    pub fn set(&mut self, column: usize, value: Value) {
        if let Some(slot) = self.0.get_mut(column) {
            *slot = value;
        }
    }
}

impl Row {
    /// What keeps the row from being one of `table`.
    #[must_use]
    pub fn flaw(&self, table: &Table) -> Option<&'static str> {
        if self.0.len() != table.columns.len() {
            return Some("a row has another number of columns than its table");
        }
        let fits =
            table.columns.iter().zip(&self.0).all(|(column, value)| table.holds(column, value));
        if fits { None } else { Some("a row has a value its column cannot hold") }
    }
}

impl fmt::Debug for Value {
    /// Redacted: rows hold hashes, digests and people's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int(…)",
            Self::Text(_) => "Text(…)",
            Self::Bytes(_) => "Bytes(…)",
        })
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} values)", self.0.len())
    }
}
