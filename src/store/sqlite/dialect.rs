use crate::store::{
    Kind,
    sql::{Dialect, Names},
};

/// How SQLite wants it said.
pub(super) const SQLITE: Dialect = Dialect {
    quote: '`',
    parameter: |_| "?".to_owned(),
    kind: |column, _| match column.kind {
        Kind::Bytes => "BLOB",
        Kind::Int => "INTEGER",
        Kind::Text => "TEXT",
    },
    nothing: |kind| match kind {
        Kind::Bytes => "x''",
        Kind::Int => "0",
        Kind::Text => "''",
    },
    // It cannot say so. What the store adds and what it notes are one transaction.
    add_column: "ADD COLUMN",
    catalogue: |names| {
        format!(
            "SELECT t.name, i.name, i.`unique`, CASE WHEN c.coll = 'BINARY' THEN c.name END \
             FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, \
             pragma_index_xinfo(i.name) AS c \
             WHERE t.type = 'table' AND t.name IN ({}) AND i.partial = 0 AND c.key = 1 \
             ORDER BY t.name, i.name, c.seqno",
            names.each_table(|names, table| format!("'{}'", names.plain(table)))
        )
    },
    // STRICT: a value of another kind is refused, not converted. WITHOUT ROWID: the row lies at
    // its key, one look-up instead of two.
    table_end: " STRICT, WITHOUT ROWID",
    by_index: |index| format!(" INDEXED BY {index}"),
    indexes_in_tables: false,
    unless_taken: " ON CONFLICT DO NOTHING",
    or_count: |_, _| " ON CONFLICT DO NOTHING".to_owned(),
    or_overwrite,
    or_hold: None,
    deletes_in_order: false,
    among: |query| format!("IN ({query})"),
    look_up: |table, called, column, equals| {
        format!("JOIN {table} {called} ON {called}.{column} = {equals}")
    },
    orders_by_null: true,
    compares_rows: true,
};

fn or_overwrite(names: &Names<'_>, columns: &[&str]) -> String {
    let (key, others) = columns.split_at(columns.len().min(1));
    let set = names.each(others, |column| format!("{column} = excluded.{column}"));
    format!(" ON CONFLICT ({}) DO UPDATE SET {set}", names.list(key))
}
