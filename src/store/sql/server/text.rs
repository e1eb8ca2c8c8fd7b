use crate::store::{Column, Kind, Table, sql::Names};

/// What is said of tables whose [text is compared](compares) in another way.
pub(super) const OTHER_TEXT: &str =
    "columns that do not compare text by code point: make them as migrations() says";

/// Asks whether every column that is looked up or ordered by tells all texts apart and orders them
/// by code point: one, if so. It asks for what a comparison comes to, not for the name of a
/// collation, which each database has others of; a column in an expression brings its own.
pub(super) fn compares(names: &Names<'_>) -> String {
    let mut holds = Vec::new();
    for table in Table::ALL {
        let is_looked_up =
            |column: &&Column| column.kind == Kind::Text && table.is_indexed(column.name);
        for column in table.columns.iter().filter(is_looked_up) {
            let (column, table) = (names.quoted(column.name), names.table(table.name));
            let of_column = format!("(SELECT {column} FROM {table} LIMIT 0)");
            holds.push(format!("COALESCE({of_column}, 'B') < 'a'"));
            holds.push(format!("COALESCE({of_column}, 'a') <> 'a '"));
        }
    }
    format!("SELECT CASE WHEN {} THEN 1 ELSE 0 END", holds.join(" AND "))
}
