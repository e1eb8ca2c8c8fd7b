//! The one index: by unique keys, in the order of each ordering, and by expiry.
//!
//! An entry is the name of a table, the name of a way into it and the values of that way's
//! columns, [encoded](crate::codec); what it leads to is the key of the row.

use std::{borrow::Borrow, ops::Range};

use portcullis::store::{Direction, Ordering, Page, Row, Table, Unique, Value};

use crate::codec;

/// The beginning of every entry of one way into a table.
fn way(table: &Table, kind: &str, name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    codec::append_text(&mut key, table.name);
    codec::append_text(&mut key, kind);
    codec::append_text(&mut key, name);
    key
}

/// The entry of a unique key; none where one of the values is null, since that equals nothing.
pub(crate) fn unique(
    table: &Table,
    unique: &Unique,
    values: &[impl Borrow<Value>],
) -> Option<Vec<u8>> {
    let mut values = values.iter().map(Borrow::borrow);
    if values.clone().any(|value| *value == Value::Null) {
        return None;
    }
    let mut key = way(table, "unique", unique.name);
    codec::append(&mut key, &mut values);
    Some(key)
}

fn ordering(table: &Table, ordering: &Ordering) -> Vec<u8> {
    way(table, "ordering", ordering.name)
}

/// Every entry of a row.
pub(crate) fn entries(table: &Table, row: &Row) -> Vec<Vec<u8>> {
    let at = |column: &&str| table.position(column).map_or(&Value::Null, |at| row.value(at));
    let all = |columns: &[&str]| columns.iter().map(at).collect::<Vec<_>>();
    let uniques = table.uniques.iter().filter_map(|of| unique(table, of, &all(of.columns)));
    let orderings = table.orderings.iter().map(|of| {
        let mut key = ordering(table, of);
        codec::append(&mut key, all(of.equal).into_iter().chain(all(of.by)));
        key
    });
    let expiry = table.expires.map(|column| at(&column)).filter(|at| **at != Value::Null);
    let expiry = expiry.map(|at| {
        let mut key = way(table, "expiry", "");
        codec::append(&mut key, [at, row.value(0)]);
        key
    });
    uniques.chain(orderings).chain(expiry).collect()
}

/// Where the entries of a page lie.
pub(crate) fn page(page: &Page) -> Range<Vec<u8>> {
    let mut base = ordering(page.table, page.ordering);
    codec::append(&mut base, &page.equal);
    let behind = |values: &[Value]| {
        let mut key = base.clone();
        codec::append(&mut key, values);
        key
    };
    let bound =
        |value: &Option<Value>| value.as_ref().map(|value| behind(std::slice::from_ref(value)));
    let mut start = bound(&page.from).unwrap_or_else(|| base.clone());
    let mut end = bound(&page.until).unwrap_or_else(|| beyond(base.clone()));
    if let Some(after) = page.after.as_deref().map(behind) {
        match page.direction {
            // Between an entry and the same with a zero behind it nothing lies.
            Direction::Ascending => start = start.max([after, vec![0]].concat()),
            Direction::Descending => end = end.min(after),
        }
    }
    start..end
}

/// Where the entries of rows lie that expired before this moment.
pub(crate) fn expired(table: &Table, before: Value) -> Range<Vec<u8>> {
    let start = way(table, "expiry", "");
    let mut end = start.clone();
    codec::append(&mut end, [&before]);
    start..end
}

/// What stands behind every key that begins like this one.
fn beyond(mut key: Vec<u8>) -> Vec<u8> {
    key.push(codec::BEYOND);
    key
}
