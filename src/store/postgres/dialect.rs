use crate::store::{
    Kind,
    sql::{Dialect, Names},
};

/// How PostgreSQL wants it said.
pub(super) const POSTGRES: Dialect = Dialect {
    quote: '"',
    parameter: |number| format!("${number}"),
    kind: |column, _| match column.kind {
        Kind::Bytes => "BYTEA",
        Kind::Int => "BIGINT",
        // Compared and ordered by bytes, which is by code point, whatever the database's locale.
        Kind::Text => "TEXT COLLATE \"C\"",
    },
    nothing: |kind| match kind {
        Kind::Bytes | Kind::Text => "''",
        Kind::Int => "0",
    },
    table_end: "",
    by_index: |_| String::new(),
    indexes_in_tables: false,
    unless_taken: " ON CONFLICT DO NOTHING",
    or_count: |_, _| " ON CONFLICT DO NOTHING".to_owned(),
    or_overwrite,
    // An update to the same value holds the row; a conflict that does nothing would not.
    or_hold: Some(|names, key| or_overwrite_by(names, key, &[key])),
    deletes_in_order: false,
    // `IN` is a join to the planner: without statistics, or without the values, it joins a slice
    // of a purge with all that has expired.
    among: |query| format!("= ANY (ARRAY({query}))"),
    // A join would read all accounts in order, where they are not many more than the sessions that
    // are asked for at once.
    look_up: |table, called, column, equals| {
        format!(
            "CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {column} = {equals} LIMIT 1) {called}"
        )
    },
    orders_by_null: true,
    compares_rows: true,
};

fn or_overwrite(names: &Names<'_>, columns: &[&str]) -> String {
    let (key, others) = columns.split_at(columns.len().min(1));
    or_overwrite_by(names, key.first().copied().unwrap_or_default(), others)
}

fn or_overwrite_by(names: &Names<'_>, key: &str, columns: &[&str]) -> String {
    let set = names.each(columns, |column| format!("{column} = excluded.{column}"));
    format!(" ON CONFLICT ({}) DO UPDATE SET {set}", names.quoted(key))
}
