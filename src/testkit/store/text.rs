//! S5: bytes are bytes.

use std::sync::Arc;

use super::sample::{commit, conflict, found, get, insert, row, tried, with};
use crate::store::{
    Page, Store, Value,
    tables::{ACTIVITY, BY_USERNAME, EVENTS, ONCE, OUTBOX, SETTINGS, USERS},
};

/// Texts that some database takes for one another, sorts in another order than that of their code
/// points, or does not give back as they were.
pub(super) const TRAPS: &[&str] = &[
    "Z",
    "a",
    "z",
    "\u{ff61}", // before the crab, and behind it in UTF-16
    "\u{e000}",
    "zz",
    "Ä",
    "ß",
    "ss",
    "z ",
    "ada",
    "Ada",
    "ADA",
    "ada ",
    " ada",
    "ada  ",
    "ada\t",
    "ada\n",
    "ada\r\n",
    "àda",
    "a\u{300}da", // the same, combined
    "ａda",       // full width
    "аda",        // Cyrillic
    "ad\u{200d}a",
    "ad\u{ad}a",
    "straße",
    "strasse",
    "STRASSE",
    "straẞe",
    "ıda",
    "ida",
    "İda",
    "i\u{307}da",
    "Σίσυφος",
    "Σίσυφοσ",
    "ﬁn",
    "fin",
    "🦀",
    "🦀\u{fe0f}",
    "👩\u{200d}💻",
    "👩💻",
    "\u{10ffff}",
    "\u{feff}ada",
    "%",
    "_",
    "\\",
    "\\\\",
    "'",
    "''",
    "\"",
    "`",
    "?",
    "$1",
    ":a",
    "NULL",
    "0",
    "00",
    "1",
    "1.0",
    "1e0",
    "true",
    "x'00'",
    " ",
    "  ",
];

/// S5. Texts that look or sort alike are different values of a unique key, and each finds its
/// own row.
///
/// # Panics
/// Where two of them are one.
pub async fn texts_that_look_alike_stay_apart(store: Arc<dyn Store>) {
    let store = &*store;
    for (n, text) in (0..).zip(TRAPS) {
        let user = with(&USERS, row(&USERS, n), "username_key", Value::Text((*text).to_owned()));
        let apart = tried(store, vec![insert(&USERS, user)]).await;
        assert!(apart, "{text:?} was taken for a text that stands before it in {TRAPS:?}");
    }
    for (n, text) in (0..).zip(TRAPS) {
        let name = [Value::Text((*text).to_owned())];
        let user = found(store.find(&USERS, &BY_USERNAME, &name).await);
        let key = user.map(|user| user.key().to_vec());
        assert_eq!(key, Some(row(&USERS, n).key().to_vec()), "who is found by {text:?}");
        let again = with(&USERS, row(&USERS, 1000), "username_key", name[0].clone());
        conflict(store, vec![insert(&USERS, again)], "the very same text is taken").await;
    }
}

/// S5. Whatever text was written comes back, the empty one too, which is not null.
///
/// # Panics
/// Where another text comes back.
pub async fn text_comes_back_as_it_went_in(store: Arc<dyn Store>) {
    let store = &*store;
    let long = ["a".repeat(4096), "🦀".repeat(1024), " ".repeat(4096)];
    let texts = TRAPS.iter().map(|text| (*text).to_owned()).chain(long).chain([String::new()]);
    for (n, text) in (0..).zip(texts) {
        let event = with(&EVENTS, row(&EVENTS, n), "reason", Value::Text(text.clone()));
        let event = with(&EVENTS, event, "address", Value::Text(text.clone()));
        commit(store, vec![insert(&EVENTS, event.clone())]).await;
        let back = get(store, &EVENTS, n).await;
        assert!(back == Some(event), "another text came back than {text:?}");
    }
    let nothing = with(&EVENTS, row(&EVENTS, 9999), "address", Value::Null);
    commit(store, vec![insert(&EVENTS, nothing.clone())]).await;
    assert!(get(store, &EVENTS, 9999).await == Some(nothing), "null did not come back as null");
}

/// S5. Bytes of every value and number come back, and differ by a last zero.
///
/// # Panics
/// Where other bytes come back, or two values are one.
pub async fn bytes_come_back_as_they_went_in(store: Arc<dyn Store>) {
    let store = &*store;
    let all: Vec<u8> = (0..=255).collect();
    let values = [
        Vec::new(),
        vec![0],
        vec![0, 0],
        vec![0x20],
        vec![0x61],
        vec![0x41],
        vec![0xff],
        vec![0xff, 0],
        vec![0xc3, 0x28], // not UTF-8
        all.clone(),
        all.repeat(16),
    ];
    let indexed = |value: &[u8]| value.get(..1000).unwrap_or(value).to_vec();
    for (n, value) in (0..).zip(&values) {
        let setting = with(&SETTINGS, row(&SETTINGS, n), "value", Value::Bytes(value.clone()));
        let once = with(&OUTBOX, row(&OUTBOX, n), "once", Value::Bytes(indexed(value)));
        let both = vec![insert(&SETTINGS, setting.clone()), insert(&OUTBOX, once)];
        assert!(tried(store, both).await, "{value:?} was taken for bytes that stand before it");
        assert!(get(store, &SETTINGS, n).await == Some(setting), "other bytes came back");
    }
    for (n, value) in (0..).zip(&values) {
        let found = found(store.find(&OUTBOX, &ONCE, &[Value::Bytes(indexed(value))]).await);
        let key = found.map(|row| row.key().to_vec());
        assert_eq!(key, Some(row(&OUTBOX, n).key().to_vec()), "who is found by {value:?}");
    }
}

/// S5. The least and the greatest number come back, and stand at their ends of a page.
///
/// # Panics
/// Where a number changes or is out of order.
pub async fn numbers_come_back_from_their_bounds(store: Arc<dyn Store>) {
    let store = &*store;
    let numbers = [
        i64::MIN,
        i64::MIN + 1,
        -(1 << 53) - 1,
        -1,
        0,
        1,
        (1 << 53) + 1, // where a float begins to round
        i64::MAX - 1,
        i64::MAX,
    ];
    for (n, number) in (0..).zip(numbers) {
        let value = Value::Int(number);
        let due = with(&OUTBOX, row(&OUTBOX, n), "due_at", value.clone());
        let seen = with(&ACTIVITY, row(&ACTIVITY, n), "last_login_at", value);
        commit(store, vec![insert(&OUTBOX, due), insert(&ACTIVITY, seen.clone())]).await;
        assert!(get(store, &ACTIVITY, n).await == Some(seen), "{number} did not come back");
    }
    let page = Page::of(&OUTBOX, "due", Vec::new(), 100).unwrap();
    let due = OUTBOX.position("due_at").unwrap();
    let rows = found(store.page(&page).await);
    let order: Vec<_> = rows.iter().map(|row| row.value(due).clone()).collect();
    assert!(order == numbers.map(Value::Int), "numbers are out of order");
}
