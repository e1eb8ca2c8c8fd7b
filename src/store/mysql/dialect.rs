use crate::store::{Kind, sql::Dialect};

/// How MySQL and MariaDB want it said.
pub(super) const MYSQL: Dialect = Dialect {
    quote: '`',
    parameter: |_| "?".to_owned(),
    // Text is kept as its bytes: the collations that tell all texts apart have other names on
    // each of the two, and one of them takes `a` and `a ` for the same.
    kind: |column, indexed| match column.kind {
        Kind::Int => "BIGINT",
        Kind::Bytes | Kind::Text if indexed => "VARBINARY(1000)",
        Kind::Bytes | Kind::Text => "LONGBLOB",
    },
    nothing: |kind| match kind {
        Kind::Bytes | Kind::Text => "('')",
        Kind::Int => "0",
    },
    // Only MariaDB could say so: whoever applies it passes over 'is there already'.
    add_column: "ADD COLUMN",
    catalogue: |names| {
        format!(
            "SELECT table_name, index_name, CAST(non_unique = 0 AS SIGNED), \
             CASE WHEN sub_part IS NULL THEN column_name END \
             FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name IN ({}) \
             ORDER BY table_name, index_name, seq_in_index",
            names.each_table(|names, table| format!("'{}'", names.plain(table)))
        )
    },
    table_end: " ENGINE=InnoDB",
    indexes_in_tables: true,
    by_index: |index| format!(" FORCE INDEX ({index})"),
    // The key that is taken is told by an error.
    unless_taken: "",
    // An update to the same value counts as one row, like an insert; to another as two.
    or_count: |names, columns| {
        let last = names.list(columns.get(1..2).unwrap_or_default());
        format!(" ON DUPLICATE KEY UPDATE {last} = {last} + 1")
    },
    or_overwrite: |names, columns| {
        let others = columns.get(1..).unwrap_or_default();
        let set = names.each(others, |column| format!("{column} = VALUES({column})"));
        format!(" ON DUPLICATE KEY UPDATE {set}")
    },
    or_hold: Some(|names, key| {
        let key = names.quoted(key);
        format!(" ON DUPLICATE KEY UPDATE {key} = {key}")
    }),
    deletes_in_order: true,
    among: |query| format!("IN ({query})"),
    look_up: |table, called, column, equals| {
        format!("JOIN {table} {called} ON {called}.{column} = {equals}")
    },
    orders_by_null: false,
    compares_rows: false,
};
