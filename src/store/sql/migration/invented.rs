//! A contract version nobody has published, with one of everything a later one can add, to see
//! what becomes of databases that hold the first.

use super::Edition;
use crate::store::{
    Column, Kind, Ordering, Row, Table, Unique, Value,
    tables::{ACCOUNTS, Added, Part},
};

const fn column(name: &'static str, kind: Kind, nullable: bool) -> Column {
    Column { name, kind, nullable, personal: false }
}

const NEW: [Column; 4] = [
    column("motto", Kind::Text, true),
    column("rank", Kind::Int, false),
    column("seal", Kind::Bytes, false),
    column("creed", Kind::Text, false),
];

static NOTES: Table = Table {
    name: "notes",
    columns: &[
        column("id", Kind::Bytes, false),
        column("word", Kind::Text, true),
        column("expires_at", Kind::Int, false),
    ],
    uniques: &[Unique { name: "word", columns: &["word"] }],
    orderings: &[Ordering { name: "by_word", equal: &[], by: &["word", "id"] }],
    expires: Some("expires_at"),
};

/// The two versions, and the accounts as the second has them.
pub(in crate::store) struct Invented {
    tables: Vec<&'static Table>,
    pub(in crate::store) accounts: &'static Table,
}

impl Invented {
    pub(in crate::store) fn new() -> Self {
        // Descriptions live as long as the program.
        let accounts: &'static Table = Box::leak(Box::new(Table {
            name: ACCOUNTS.name,
            columns: Vec::leak([ACCOUNTS.columns, &NEW].concat()),
            uniques: &[Unique { name: "motto", columns: &["motto"] }],
            orderings: Vec::leak(vec![
                Ordering { name: "all", equal: &[], by: &["id"] },
                Ordering { name: "by_rank", equal: &["rank"], by: &["id"] },
            ]),
            expires: None,
        }));
        let mut tables = vec![accounts];
        tables.extend(Table::ALL.iter().copied().filter(|table| table.name != ACCOUNTS.name));
        tables.push(&NOTES);
        Self { tables, accounts }
    }

    pub(in crate::store) fn edition(&self) -> Edition<'_> {
        Edition { contract: 2, tables: &self.tables, added: ADDED }
    }

    /// An account as the first version has it, and as the second finds it.
    pub(in crate::store) fn account(&self) -> (Row, Row) {
        let value = |column: &Column| match column.kind {
            _ if column.nullable => Value::Null,
            Kind::Bytes => Value::Bytes(vec![1; 16]),
            Kind::Int => Value::Int(1),
            Kind::Text => Value::Text("Acme".to_owned()),
        };
        let first: Vec<_> = ACCOUNTS.columns.iter().map(value).collect();
        let nothing =
            [Value::Null, Value::Int(0), Value::Bytes(vec![]), Value::Text(String::new())];
        let second = [first.clone(), nothing.to_vec()].concat();
        (Row::new(first), Row::new(second))
    }
}

const fn added(table: &'static str, part: Part) -> Added {
    Added { contract: 2, table, part }
}

const ADDED: &[Added] = &[
    added("accounts", Part::Column("motto")),
    added("accounts", Part::Column("rank")),
    added("accounts", Part::Column("seal")),
    added("accounts", Part::Column("creed")),
    added("accounts", Part::Unique("motto")),
    added("accounts", Part::Ordering("by_rank")),
    added("notes", Part::Table),
];
