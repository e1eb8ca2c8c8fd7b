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
    add_column: "ADD COLUMN IF NOT EXISTS",
    // The columns of an index are listed as those of a table are. Tables are found the way
    // statements find them.
    catalogue: |names| {
        let found = |names: &Names<'_>, table: &str| {
            format!("CAST(to_regclass('{}') AS OID)", names.table(table))
        };
        format!(
            "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT), \
             CAST(CASE WHEN x.indisunique THEN 1 ELSE 0 END AS BIGINT), CAST(c.attname AS TEXT) \
             FROM pg_catalog.pg_index x \
             JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
             JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
             JOIN pg_catalog.pg_attribute c ON c.attrelid = x.indexrelid \
             WHERE x.indrelid IN ({}) AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL \
             ORDER BY 1, 2, c.attnum",
            names.each_table(found)
        )
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
