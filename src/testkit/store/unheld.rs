//! S5: what no database holds, and the longest that each does.

use std::sync::Arc;

use super::{
    refusals::{refused, refuses},
    sample::{at, commit, conflict, found, get, insert, replace, row, tried, with},
};
use crate::{
    store::{
        Change, Column, Expect, Kind, Ordering, Page, Row, Store, Table, Value, tables::BATCHES,
    },
    testkit::entropy::SeededEntropy,
};

/// S5. Text with a NUL, and what is too long for an index, is refused as unsupported: in rows, in
/// look-ups and in each place of a page, whichever the column, and not kept in some other form.
///
/// # Panics
/// Where it is accepted.
pub async fn what_no_database_holds_is_refused(store: Arc<dyn Store>) {
    let store = &*store;
    for (table, column) in columns() {
        let what = |doing: &str| format!("{doing} {}.{}", table.name, column.name);
        for bad in unheld(table, column) {
            let bad_row = with(table, row(table, 1), column.name, bad.clone());
            refuses(store, vec![insert(table, bad_row.clone())], &what("a row for")).await;
            if table.version().is_some() {
                refuses(store, vec![replace(table, bad_row, 1)], &what("a new row for")).await;
            }
            for unique in table.uniques {
                if let Some(values) = among(table, unique.columns, column, &bad) {
                    let found = store.find(table, unique, &values).await;
                    refused(found, &what("a look-up by"));
                }
            }
            for ordering in table.orderings {
                for page in pages(table, ordering, column, &bad) {
                    refused(store.page(&page).await, &what("a page by"));
                    refused(store.page(&page.descending()).await, &what("a page back by"));
                }
            }
        }
        assert!(get(store, table, 1).await.is_none(), "{}", what("part was kept in"));
    }
}

/// Every column with its table, but for the store's own.
fn columns() -> impl Iterator<Item = (&'static Table, &'static Column)> {
    let tables = Table::ALL.iter().filter(|table| table.name != BATCHES.name);
    tables.flat_map(|table| table.columns.iter().map(|column| (*table, column)))
}

/// What cannot stand in the column, though it is of its kind.
fn unheld(table: &Table, column: &Column) -> Vec<Value> {
    let mut unheld = Vec::new();
    if column.kind == Kind::Text {
        unheld.extend(["ada\0", "\0ada", "\0"].map(|text| Value::Text(text.to_owned())));
    }
    if table.is_indexed(column.name) {
        unheld.extend(long(column, Column::MAX_INDEXED + 1));
    }
    unheld
}

/// A value of so many bytes that cannot be made shorter, where the column's are as long as one
/// likes.
fn long(column: &Column, length: usize) -> Option<Value> {
    let chance = SeededEntropy::new(5);
    let letters: Vec<u8> = (0..length).map(|_| b'a' + (chance.number() % 26) as u8).collect();
    match column.kind {
        Kind::Int => None,
        Kind::Text => Some(Value::Text(String::from_utf8(letters).unwrap())),
        Kind::Bytes => Some(Value::Bytes(letters)),
    }
}

/// Values for these columns, with that one at its place, where it is one of them.
fn among(table: &Table, columns: &[&str], column: &Column, value: &Value) -> Option<Vec<Value>> {
    let of = with(table, row(table, 1), column.name, value.clone());
    columns.contains(&column.name).then(|| all_at(table, &of, columns))
}

fn all_at(table: &Table, row: &Row, columns: &[&str]) -> Vec<Value> {
    columns.iter().map(|column| at(table, row, column).clone()).collect()
}

/// Pages of an ordering, each with the value in one of the places where the column's may stand.
fn pages(table: &'static Table, ordering: &Ordering, column: &Column, value: &Value) -> Vec<Page> {
    let sample = row(table, 1);
    let equal = all_at(table, &sample, ordering.equal);
    let page = Page::of(table, ordering.name, equal, 5).unwrap();
    let mut pages = Vec::new();
    if let Some(equal) = among(table, ordering.equal, column, value) {
        pages.push(Page { equal, ..page.clone() });
    }
    if ordering.by[0] == column.name {
        pages.push(Page { from: Some(value.clone()), ..page.clone() });
        pages.push(Page { until: Some(value.clone()), ..page.clone() });
    }
    if let Some(after) = among(table, ordering.by, column, value) {
        pages.push(Page { after: Some(after), ..page });
    }
    pages
}

/// S5. A value of the 1,000 bytes that are allowed is found in every way in which its column is
/// looked up.
///
/// # Panics
/// Where it is refused, or its row is not found.
pub async fn what_is_as_long_as_allowed_is_found(store: Arc<dyn Store>) {
    let store = &*store;
    for (table, column) in columns().filter(|(table, column)| table.is_indexed(column.name)) {
        let Some(longest) = long(column, Column::MAX_INDEXED) else { continue };
        let what = format!("by the longest value of {}.{}", table.name, column.name);
        let stands = with(table, row(table, 1), column.name, longest.clone());
        commit(store, vec![insert(table, stands.clone())]).await;
        let by_key = found(store.get(table, stands.key()).await);
        assert!(by_key.as_ref() == Some(&stands), "by key, {what}");
        for unique in table.uniques {
            let values = all_at(table, &stands, unique.columns);
            let by_unique = found(store.find(table, unique, &values).await);
            assert!(by_unique.as_ref() == Some(&stands), "by unique key, {what}");
        }
        for ordering in table.orderings {
            let equal = all_at(table, &stands, ordering.equal);
            let page = Page::of(table, ordering.name, equal, 5).unwrap();
            let from = Page { from: Some(at(table, &stands, ordering.by[0]).clone()), ..page };
            assert!(found(store.page(&from).await) == [stands.clone()], "in a page, {what}");
            let behind = Page { after: Some(all_at(table, &stands, ordering.by)), ..from };
            assert!(found(store.page(&behind).await).is_empty(), "behind its row, {what}");
        }
        let key = stands.key().to_vec();
        commit(store, vec![Change::Delete { table, key, expect: Expect::Present }]).await;
    }
}

/// S5. A key of more bytes is no row's: it finds nothing, deleting by it is a conflict and raising
/// by it does nothing, also where a row has the beginning of it.
///
/// # Panics
/// Where it finds or changes a row, or the store fails.
pub async fn a_key_no_row_has_finds_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| table.name != BATCHES.name) {
        let longest = long(&table.columns[0], Column::MAX_INDEXED).unwrap();
        let stands = with(table, row(table, 1), table.columns[0].name, longest);
        commit(store, vec![insert(table, stands.clone())]).await;
        for more in [1, 24, 100_000] {
            let key = [stands.key(), vec![b'a'; more].as_slice()].concat();
            let nothing = found(store.get(table, &key).await);
            assert!(nothing.is_none(), "a key of {} that is too long finds a row", table.name);
            let expect = Expect::Present;
            let delete = Change::Delete { table, key: key.clone(), expect };
            conflict(store, vec![delete], "a key is too long to be a row's").await;
            if let Some(version) = table.version() {
                let Value::Int(version) = *stands.value(version) else { unreachable!() };
                let expect = Expect::Version(version);
                let delete = Change::Delete { table, key: key.clone(), expect };
                conflict(store, vec![delete], "a key is too long to be a row's").await;
            }
            let number = table.columns.iter().find(|column| column.kind == Kind::Int);
            if let Some(number) = number {
                let (column, to) = (number.name, i64::MAX);
                let raised = tried(store, vec![Change::Raise { table, key, column, to }]).await;
                assert!(raised, "raising what is not there is a conflict");
            }
        }
        let left = found(store.get(table, stands.key()).await);
        assert!(left == Some(stands), "a key that is too long changes a row of {}", table.name);
    }
}
