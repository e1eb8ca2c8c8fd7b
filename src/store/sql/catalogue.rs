//! Whether the tables are those the descriptions ask for, as the database's own catalogue lists
//! them. A tool that loses a unique index loses what keeps two people from having one name, and
//! nothing else would show it.

use super::{Names, migration::indexes};
use crate::store::{Column, Kind, Row, StoreError, Table, Value};

const fn listed(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true, personal: false }
}

/// What a dialect's query of the catalogue answers: a row for each column of an index, those of
/// one index in their order.
pub(in crate::store) static LISTED: Table = Table {
    name: "listed indexes",
    columns: &[
        listed("table", Kind::Text),
        listed("index", Kind::Text),
        // Not zero where it is unique.
        listed("unique", Kind::Int),
        // Null or empty where it holds something else than the column as it is.
        listed("column", Kind::Text),
    ],
    uniques: &[],
    orderings: &[],
    expires: None,
};

/// An index that stands.
struct Standing<'a> {
    table: &'a str,
    name: &'a str,
    unique: bool,
    columns: Vec<&'a str>,
}

/// Whether every key, unique key, ordering and expiry has its index.
///
/// # Errors
/// [`StoreError::Lacking`] where one has not.
pub(in crate::store) fn check(names: &Names<'_>, rows: &[Vec<Row>]) -> Result<(), StoreError> {
    let standing = standing(rows);
    for table in Table::ALL {
        let (name, key) = (names.plain(table.name), table.columns.first().map(|key| key.name));
        let of_table = || standing.iter().filter(|index| index.table == name);
        if !of_table().any(|index| index.unique && index.columns.iter().copied().eq(key)) {
            return Err(StoreError::Lacking(format!("the primary key of {name}")));
        }
        for (of, columns, unique, _) in indexes(table) {
            let wanted = names.plain(&format!("{}_{of}", table.name));
            let is_it = |index: &&Standing<'_>| index.name == wanted && index.columns == columns;
            match of_table().find(is_it) {
                Some(index) if index.unique || !unique => {}
                _ => {
                    let kind = if unique { "unique index" } else { "index" };
                    let columns = columns.join(", ");
                    let lacking = format!("the {kind} {wanted} of {name} ({columns})");
                    return Err(StoreError::Lacking(lacking));
                }
            }
        }
    }
    Ok(())
}

fn standing(rows: &[Vec<Row>]) -> Vec<Standing<'_>> {
    let mut standing: Vec<Standing<'_>> = Vec::new();
    for row in rows.iter().flatten() {
        let [table, name, unique, column] = row.values() else { continue };
        let (table, name, column) = (text(table), text(name), text(column));
        let unique = !matches!(unique, Value::Int(0) | Value::Null);
        match standing.last_mut() {
            Some(last) if last.table == table && last.name == name => last.columns.push(column),
            _ => standing.push(Standing { table, name, unique, columns: vec![column] }),
        }
    }
    standing
}

fn text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}
