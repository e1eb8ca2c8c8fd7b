use super::Names;
use crate::store::{Column, Kind};

/// What a database wants said in its own way. Everything else is the same for all.
pub(in crate::store) struct Dialect {
    /// What stands around names. Never the double quote on SQLite, which reads a misspelt name
    /// in double quotes as a text.
    pub(in crate::store) quote: char,
    /// The mark of the parameter with this number, counted from one.
    pub(in crate::store) parameter: fn(usize) -> String,
    /// The type of a column.
    pub(in crate::store) kind: fn(&Column) -> &'static str,
    /// What ends a table's definition.
    pub(in crate::store) table_end: &'static str,
    /// What follows a table that is to be read by this index. The planner of a database without
    /// statistics may prefer one with fewer columns, and read and drop what the others select.
    pub(in crate::store) by_index: fn(&str) -> String,
    /// What ends an insert that is to write nothing where a key is taken.
    pub(in crate::store) unless_taken: &'static str,
    /// What ends an insert that is to overwrite these columns where the first is taken.
    pub(in crate::store) or_overwrite: fn(&Names<'_>, &[&str]) -> String,
}

impl Dialect {
    /// What a column that is added to rows that stand holds in them, unless it may be null.
    pub(super) fn nothing(column: &Column) -> &'static str {
        match column.kind {
            Kind::Bytes => "x''",
            Kind::Int => "0",
            Kind::Text => "''",
        }
    }
}
