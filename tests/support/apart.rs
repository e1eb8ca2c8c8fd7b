//! Two stores in one database that must not see each other.
#![allow(unreachable_pub)]

use portcullis::{
    id::BatchId,
    store::{
        Batch, Change, Charge, Kind, Lease, Movement, Row, Rule, Store, Table, Value,
        tables::{BATCHES, OUTBOX},
    },
};
use time::{Duration, OffsetDateTime};

fn row(table: &Table) -> Row {
    let digest = matches!(table.columns[0].name, "digest" | "key");
    let value = |column: &portcullis::store::Column| match column.kind {
        Kind::Bytes => Value::Bytes(vec![7; if digest { 32 } else { 16 }]),
        Kind::Int => Value::Int(1),
        Kind::Text => Value::Text("seven".to_owned()),
    };
    Row::new(table.columns.iter().map(value).collect())
}

/// What one holds, leases, charges, purges and remembers, the other does not.
pub async fn are_apart(one: &dyn Store, other: &dyn Store) {
    let now = OffsetDateTime::UNIX_EPOCH + Duration::DAY;
    let tables = || Table::ALL.iter().copied().filter(|table| *table != &BATCHES);
    let rows = tables().map(|table| Change::Insert { table, row: row(table) }).collect();
    // The very same batch: who took it for one that was done would write nothing.
    let batch = Batch::new(BatchId::from_bytes([1; 16]), now, rows);
    one.commit(&batch).await.unwrap();
    for table in tables() {
        let key = row(table);
        let seen = other.get(table, key.key()).await.unwrap();
        assert!(seen.is_none(), "a row of the other's {}", table.name);
        if table.expires.is_some() {
            let purged = other.purge(table, now, 9).await.unwrap();
            assert_eq!(purged, 0, "rows of the other's {}", table.name);
        }
    }
    let rule = Rule::Tally { forget: Duration::DAY };
    let charge = [Charge { key: [9; 32], rule, movement: Movement::Take }];
    let lease = Lease { now, until: now + Duration::HOUR, limit: 9 };
    assert!(other.lease(&lease).await.unwrap().is_empty(), "work of the other's");
    other.commit(&batch).await.unwrap();
    for store in [one, other] {
        assert_eq!(store.charge(&charge, now).await.unwrap()[0].count, 1, "units of the other's");
        let taken = store.lease(&lease).await.unwrap();
        let key = row(&OUTBOX);
        assert!(taken.len() == 1 && taken[0].key() == key.key(), "work of its own");
        for table in tables() {
            let key = row(table);
            assert!(store.get(table, key.key()).await.unwrap().is_some(), "{}", table.name);
        }
    }
}
