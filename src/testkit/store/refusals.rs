//! S15: unknown tables, and whatever else a store must not make up an answer to.

use std::sync::Arc;

use super::sample::{
    batch, delete, delete_version, get, insert, key, later, made, raise, row, with,
};
use crate::store::{
    Batch, Change, Column, CommitError, Kind, Ordering, Page, Row, Store, StoreError, Table,
    Unique, Value,
    tables::{ACCOUNTS, ACTIVITY, BY_USERNAME, CREDENTIALS, LINKS, OUTBOX, SESSIONS, USERS},
};

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes, nullable: false, personal: false }
}
const fn int(name: &'static str) -> Column {
    Column { name, kind: Kind::Int, nullable: false, personal: false }
}

static BY_VALUE: Unique = Unique { name: "value", columns: &["value"] };

/// A table of nobody's.
static STRANGE: Table = Table {
    name: "strange",
    columns: &[bytes("id"), bytes("value"), int("expires_at"), int("version")],
    uniques: &[Unique { name: "value", columns: &["value"] }],
    orderings: &[Ordering { name: "all", equal: &[], by: &["id"] }],
    expires: Some("expires_at"),
};

/// A table that has a known one's name, and other columns.
static IMPOSTOR: Table = Table {
    name: "links",
    columns: &[bytes("digest"), bytes("value"), int("expires_at"), int("version")],
    uniques: &[Unique { name: "value", columns: &["value"] }],
    orderings: &[Ordering { name: "all", equal: &[], by: &["digest"] }],
    expires: Some("expires_at"),
};

pub(super) fn refused<T>(answer: Result<T, StoreError>, what: &str) {
    let refused = matches!(answer, Err(StoreError::Unsupported(_)));
    assert!(refused, "{what} was not refused as unsupported");
}

pub(super) async fn refuses(store: &dyn Store, changes: Vec<Change>, what: &str) {
    let answer = store.commit(&batch(changes)).await;
    let refused = matches!(answer, Err(CommitError::Failed(StoreError::Unsupported(_))));
    assert!(refused, "{what} was not refused as unsupported: {answer:?}");
}

/// S15. A table the store does not know is refused, by reads and by writes; so is one that only
/// has a known one's name.
///
/// # Panics
/// Where one is answered for or made.
pub async fn an_unknown_table_is_refused(store: Arc<dyn Store>) {
    let store = &*store;
    for table in [&STRANGE, &IMPOSTOR] {
        for round in 0..2 {
            refused(store.get(table, &key(table, 1)).await, "getting from an unknown table");
            let value = [Value::Bytes(vec![1])];
            let found = store.find(table, &BY_VALUE, &value).await;
            refused(found, "finding in an unknown table");
            let page = Page::of(table, "all", Vec::new(), 1).unwrap();
            refused(store.page(&page).await, "a page of an unknown table");
            refused(store.purge(table, later(1), 1).await, "purging an unknown table");
            let known = insert(&ACCOUNTS, row(&ACCOUNTS, round));
            let changes = [
                insert(table, row(table, 1)),
                Change::Replace { table, row: row(table, 1), version: 0 },
                delete(table, 1),
                raise(table, 1, "expires_at", 1),
            ];
            for change in changes {
                refuses(store, vec![known.clone(), change], "writing to an unknown table").await;
            }
            assert!(get(store, &ACCOUNTS, round).await.is_none(), "half a refused batch stands");
        }
    }
}

/// S15. Batches that do not fit the contract are refused and change nothing: too long, a row
/// twice, values of another kind, versions where there are none.
///
/// # Panics
/// Where one is accepted.
pub async fn an_unfit_batch_is_refused(store: Arc<dyn Store>) {
    let store = &*store;
    let many = |count| -> Vec<_> {
        (0..count).map(|n| insert(&CREDENTIALS, row(&CREDENTIALS, n))).collect()
    };
    refuses(store, many(513), "a batch of 513 changes").await;
    assert!(get(store, &CREDENTIALS, 0).await.is_none(), "part of a refused batch was written");
    made(&store.commit(&batch(many(512))).await, "a batch of 512 changes is refused");
    assert_eq!(many(512).len(), Batch::MAX_CHANGES);
    assert!(get(store, &CREDENTIALS, 511).await.is_some());
    made(&store.commit(&batch(Vec::new())).await, "an empty batch is refused");

    let account = insert(&ACCOUNTS, row(&ACCOUNTS, 1));
    let short = Row::new(vec![Value::Bytes(key(&ACCOUNTS, 1))]);
    let text = with(&ACCOUNTS, row(&ACCOUNTS, 1), "stamp", Value::Text("1".into()));
    let number = with(&ACCOUNTS, row(&ACCOUNTS, 1), "name", Value::Int(1));
    let nothing = with(&ACCOUNTS, row(&ACCOUNTS, 1), "name", Value::Null);
    let bytes = with(&ACCOUNTS, row(&ACCOUNTS, 1), "name", Value::Bytes(vec![1]));
    let same = Change::Replace { table: &ACCOUNTS, row: row(&ACCOUNTS, 1), version: 1 };
    let unversioned = Change::Replace { table: &LINKS, row: row(&LINKS, 1), version: 1 };
    let unfit = [
        (vec![account.clone(), account.clone()], "two changes of one row"),
        (vec![account, delete(&ACCOUNTS, 1)], "two changes of one row"),
        (vec![insert(&ACCOUNTS, short)], "a row that lacks columns"),
        (vec![insert(&ACCOUNTS, text)], "a text for a number"),
        (vec![insert(&ACCOUNTS, number)], "a number for a text"),
        (vec![insert(&ACCOUNTS, bytes)], "bytes for a text"),
        (vec![insert(&ACCOUNTS, nothing)], "null where there must be a value"),
        (vec![same], "a replacement that keeps its version"),
        (vec![unversioned], "a replacement in a table without versions"),
        (vec![delete_version(&LINKS, 1, 1)], "a version in a table without versions"),
        (vec![raise(&ACCOUNTS, 1, "name", 1)], "raising a text"),
        (vec![raise(&ACCOUNTS, 1, "id", 1)], "raising a key"),
        (vec![raise(&ACCOUNTS, 1, "colour", 1)], "raising a column that does not exist"),
    ];
    for (changes, what) in unfit {
        refuses(store, changes, what).await;
    }
    assert!(get(store, &ACCOUNTS, 1).await.is_none(), "a refused batch left a row");
}

/// S15. Questions that do not fit their table are refused, not answered in the database's own
/// way: a number where a text stands, another table's ordering, a table that never expires.
///
/// # Panics
/// Where one is answered.
pub async fn an_unfit_question_is_refused(store: Arc<dyn Store>) {
    let store = &*store;
    let unfit = [
        (&USERS, &BY_USERNAME, vec![Value::Int(1)], "a number for a text"),
        (&USERS, &BY_USERNAME, vec![Value::Bytes(vec![49])], "bytes for a text"),
        (&USERS, &BY_USERNAME, Vec::new(), "no value"),
        (&OUTBOX, &BY_USERNAME, vec![Value::Text("a".into())], "another table's key"),
    ];
    for (table, unique, values, what) in unfit {
        refused(store.find(table, unique, &values).await, what);
    }
    let page = || Page::of(&OUTBOX, "due", Vec::new(), 5).unwrap();
    let text = || Some(Value::Text("1".into()));
    let strange = Page { ordering: &SESSIONS.orderings[0], ..page() };
    refused(store.page(&strange).await, "another table's ordering");
    refused(store.page(&Page { from: text(), ..page() }).await, "a text for a number");
    refused(store.page(&Page { until: text(), ..page() }).await, "a text for a number");
    let after = Some(vec![Value::Int(1)]);
    refused(store.page(&Page { after, ..page() }).await, "half a row to go on behind");
    let equal = vec![Value::Int(1)];
    refused(store.page(&Page { equal, ..page() }).await, "a value too many");
    for table in [&ACTIVITY, &USERS] {
        refused(store.purge(table, later(1), 1).await, "purging what never expires");
    }
}
