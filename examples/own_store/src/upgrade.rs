//! Making the tables, and bringing those of an older contract to this one.

use portcullis::store::{
    CONTRACT, Column, Kind, Row, Table, Value,
    tables::{ADDED, Part},
};
use redb::{Database, Error, ReadableTable as _, TableDefinition, WriteTransaction};

use crate::{
    codec,
    read::{INDEX, corrupted, rows_of},
    write,
};

/// The contract version of the rows that stand.
const BOOK: TableDefinition<'_, &str, u32> = TableDefinition::new("#contract");
const STANDS: &str = "stands";

/// How many rows are held at once.
const SLICE: usize = 1_000;

/// Makes every table that is not there, in one transaction, and says which contract holds now:
/// this crate's, or a newer one, of which nothing was touched.
pub(crate) fn upgrade(database: &Database) -> Result<u32, Error> {
    let writing = write::begin(database)?;
    let stands = writing.open_table(BOOK)?.get(STANDS)?.map(|stands| stands.value());
    match stands {
        Some(newer) if newer >= CONTRACT => return Ok(newer),
        Some(older) => {
            // Later contracts add columns, unique keys and orderings. All entries are made anew.
            writing.delete_table(INDEX)?;
            for table in Table::ALL {
                renew(&writing, table, older)?;
            }
        }
        None => {}
    }
    writing.open_table(INDEX)?; // opening makes it
    for table in Table::ALL {
        writing.open_table(rows_of(table))?;
    }
    writing.open_table(BOOK)?.insert(STANDS, CONTRACT)?;
    writing.commit()?;
    Ok(CONTRACT)
}

fn renew(writing: &WriteTransaction, table: &'static Table, older: u32) -> Result<(), Error> {
    let mut behind = Vec::new();
    loop {
        let slice: Vec<(Vec<u8>, Vec<u8>)> = writing
            .open_table(rows_of(table))?
            .range(behind.as_slice()..)?
            .take(SLICE)
            .map(|entry| entry.map(|(key, row)| (key.value().to_vec(), row.value().to_vec())))
            .collect::<Result<_, _>>()?;
        let Some((last, _)) = slice.last() else { return Ok(()) };
        behind = [last.as_slice(), &[0]].concat();
        for (_, row) in slice {
            let values = codec::decode(&row).ok_or_else(|| corrupted("a row"))?;
            if !write::put(writing, table, None, &grown(table, values, older))? {
                return Err(corrupted("a unique key"));
            }
        }
    }
}

/// The row with what was added to its table since.
fn grown(table: &Table, values: Vec<Value>, older: u32) -> Row {
    let is_new = |column: &Column| {
        let (name, part) = (table.name, Part::Column(column.name));
        ADDED.iter().any(|it| it.contract > older && it.table == name && it.part == part)
    };
    let mut values = values.into_iter();
    let value = |column: &Column| {
        let stood = if is_new(column) { None } else { values.next() };
        stood.unwrap_or_else(|| nothing(column))
    };
    Row::new(table.columns.iter().map(value).collect())
}

/// What stands in a column that came later.
fn nothing(column: &Column) -> Value {
    match column.kind {
        _ if column.nullable => Value::Null,
        Kind::Int => Value::Int(0),
        Kind::Text => Value::Text(String::new()),
        Kind::Bytes => Value::Bytes(Vec::new()),
    }
}
