//! S5: text in order.

use std::sync::Arc;

use super::{
    paging::{is_within, values, walk},
    sample::{at, commit, found, insert, key, row, with},
    text::TRAPS,
};
use crate::store::{
    Direction, Page, Row, Store, Table, Value,
    tables::{USER_WORDS, USERS},
};

/// What is read in the order of a text, and the text.
const PAGED: [(&Table, &str); 2] = [(&USERS, "username_key"), (&USER_WORDS, "word")];

const BOTH_WAYS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn account() -> Value {
    Value::Bytes(key(&USERS, 77))
}

fn page(table: &'static Table, direction: Direction, limit: u32) -> Page {
    let page = Page::of(table, "of_account", vec![account()], limit).unwrap();
    Page { direction, ..page }
}

/// A row for each trap, in an order that is none, and then as they should be read.
async fn settle(store: &dyn Store, table: &'static Table, column: &str) -> Vec<Row> {
    let made = (0..).zip(TRAPS).map(|(n, text)| {
        let row = with(table, row(table, n), "account", account());
        with(table, row, column, Value::Text((*text).to_owned()))
    });
    let mut rows: Vec<_> = made.collect();
    commit(store, rows.iter().map(|row| insert(table, row.clone())).collect()).await;
    // UTF-8 was made so that its bytes are in the order of the code points.
    rows.sort_by_key(|row| at(table, row, column).clone());
    rows
}

fn text<'a>(table: &Table, row: &'a Row, column: &str) -> &'a str {
    match at(table, row, column) {
        Value::Text(text) => text,
        _ => panic!("{}.{column} is no text", table.name),
    }
}

/// That these rows were shown, in this order.
fn agree(shown: &[Row], expected: &[Row], table: &Table, column: &str, page: &Page) {
    let texts = |rows: &[Row]| -> Vec<_> {
        rows.iter().map(|row| text(table, row, column).to_owned()).collect()
    };
    let bound = |bound: &Option<Value>| match bound {
        Some(Value::Text(text)) => format!("{text:?}"),
        _ => "any".to_owned(),
    };
    assert!(
        shown == expected,
        "{}.{column}, {:?} from {} until {}: {:?} instead of {:?}",
        table.name,
        page.direction,
        bound(&page.from),
        bound(&page.until),
        texts(shown),
        texts(expected)
    );
}

/// S5. Text is read in the order of its code points: capitals before small letters, whatever has
/// an accent behind both, and what UTF-16 writes in two units last of all.
///
/// # Panics
/// Where it is read in the order of some language, or of another encoding.
pub async fn text_is_read_in_the_order_of_its_code_points(store: Arc<dyn Store>) {
    for (table, column) in PAGED {
        let mut expected = settle(&*store, table, column).await;
        for direction in BOTH_WAYS {
            for limit in [1, 7, 100] {
                let page = page(table, direction, limit);
                let shown = walk(&*store, page.clone()).await;
                agree(&shown, &expected, table, column, &page);
            }
            expected.reverse();
        }
    }
}

/// S5. The bounds of a page that is ordered by text are code points too, in both directions, also
/// where no row has that very text: what is found by the beginning of a word depends on it.
///
/// # Panics
/// Where a row is shown that lies outside, or one is missing.
pub async fn bounds_of_text_are_code_points(store: Arc<dyn Store>) {
    let nobodys = ["", "ad", "adb", "ae", "b", "[", "stra", "strb", "\u{ffff}", "\u{10000}"];
    let bounds: Vec<_> = TRAPS.iter().chain(&nobodys).map(|text| (*text).to_owned()).collect();
    for (table, column) in PAGED {
        let mut rows = settle(&*store, table, column).await;
        let by = page(table, Direction::Ascending, 1).ordering.by;
        for direction in BOTH_WAYS {
            for (n, bound) in bounds.iter().enumerate() {
                let other = bounds.get((n * 31 + 7) % bounds.len()).unwrap();
                let (bound, other) = (Value::Text(bound.clone()), Value::Text(other.clone()));
                let behind = values(table, rows.get(n % rows.len()).unwrap(), by);
                let (lesser, greater) =
                    if bound < other { (bound.clone(), other) } else { (other, bound.clone()) };
                for (from, until, after) in [
                    (Some(bound.clone()), None, None),
                    (None, Some(bound), Some(behind)),
                    (Some(lesser), Some(greater), None),
                ] {
                    let page = Page { from, until, after, ..page(table, direction, 100) };
                    let shown = found(store.page(&page).await);
                    let expected: Vec<_> =
                        rows.iter().filter(|row| is_within(&page, row)).cloned().collect();
                    agree(&shown, &expected, table, column, &page);
                }
            }
            rows.reverse();
        }
    }
}
