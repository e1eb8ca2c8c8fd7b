use super::Names;
use crate::store::{Column, Kind};

/// What a database wants said in its own way. Everything else is the same for all.
pub(in crate::store) struct Dialect {
    /// What stands around names. Never the double quote on SQLite, which reads a misspelt name
    /// in double quotes as a text.
    pub(in crate::store) quote: char,
    /// The mark of the parameter with this number, counted from one.
    pub(in crate::store) parameter: fn(usize) -> String,
    /// The type of a column, and whether it is one an index holds.
    pub(in crate::store) kind: fn(&Column, bool) -> &'static str,
    /// What a column that is added to rows that stand holds in them, unless it may be null.
    pub(in crate::store) nothing: fn(Kind) -> &'static str,
    /// What adds a column to a table: only where it is not there, where the database can say so.
    pub(in crate::store) add_column: &'static str,
    /// What asks the database which indexes the tables have, for [`super::catalogue`].
    pub(in crate::store) catalogue: fn(&Names<'_>) -> String,
    /// What ends a table's definition.
    pub(in crate::store) table_end: &'static str,
    /// What follows a table that is to be read by this index. The planner of a database without
    /// statistics may prefer one with fewer columns, and read and drop what the others select.
    pub(in crate::store) by_index: fn(&str) -> String,
    /// Whether indexes stand in the definition of their table, because those that stand outside
    /// cannot be made only where they are not there.
    pub(in crate::store) indexes_in_tables: bool,
    /// What ends an insert that is to write nothing where a key is taken.
    pub(in crate::store) unless_taken: &'static str,
    /// What ends an insert of these columns that is to count anything but one row where the first
    /// is taken. What it writes then is rolled back.
    pub(in crate::store) or_count: fn(&Names<'_>, &[&str]) -> String,
    /// What ends an insert that is to overwrite these columns where the first is taken.
    pub(in crate::store) or_overwrite: fn(&Names<'_>, &[&str]) -> String,
    /// What ends an insert that, where this key is taken, is to change nothing and to keep
    /// everybody else from changing the row until the transaction ends. None where nobody else
    /// writes beside a transaction.
    pub(in crate::store) or_hold: Option<fn(&Names<'_>, &str) -> String>,
    /// Whether `DELETE` takes `ORDER BY` and `LIMIT`, and a subquery in their place not.
    pub(in crate::store) deletes_in_order: bool,
    /// What follows a key that is to be among those a query chooses, such that the query runs once
    /// and each key is then looked up, whatever the planner thinks of their number.
    pub(in crate::store) among: fn(&str) -> String,
    /// The one row of a table, called so, whose column equals this, beside each row before it: each
    /// looked up, whatever the planner thinks of their number.
    pub(in crate::store) look_up: fn(&str, &str, &str, &str) -> String,
    /// Whether rows with a null in a column are read in an index's order only if the order names
    /// that column too. Where a planner takes `IS NULL` for a constant, naming it makes it sort.
    pub(in crate::store) orders_by_null: bool,
    /// Whether `(a, b) > (?, ?)` is looked up in an index.
    pub(in crate::store) compares_rows: bool,
}
