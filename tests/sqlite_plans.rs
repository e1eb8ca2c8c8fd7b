//! Every statement the SQLite store can send finds its rows by a key or an index, and reads them
//! in the order they lie in.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use portcullis::store::{Batch, Change, Kind, Row, Store, Table, Value, sqlite::SqliteStore};
use portcullis::{entropy::SystemEntropy, id::BatchId};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use time::OffsetDateTime;

async fn plan(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::query(explained).fetch_all(connection).await.expect("a statement");
    steps.iter().map(|step| step.get::<String, _>("detail")).collect()
}

/// What is wrong with a plan.
fn flaw(sql: &str, plan: &[String]) -> Option<&'static str> {
    let any = |words: &str| plan.iter().any(|step| step.contains(words));
    // Without a condition there is nothing to look up; the limit ends the walk.
    let walks = sql.contains(" LIMIT ") && !sql.contains(" WHERE ");
    if any("TEMP B-TREE") {
        return Some("sorts");
    }
    // What is written is read as well, from the statement.
    let scans = |step: &String| step.contains("SCAN") && !step.contains("VALUES CLAUSE");
    if plan.iter().any(scans) && !walks {
        return Some("scans");
    }
    if any("AUTOMATIC") {
        return Some("makes an index of its own");
    }
    if !sql.contains(" ORDER BY ") || sql.starts_with("DELETE") {
        return None;
    }
    // A page: every fixed column and one bound on each side must be found in the index.
    let condition = sql.split_once(" WHERE ")?.1.split_once(" ORDER BY ")?.0;
    for part in condition.split(" AND ") {
        let column = part.split(['`', '(']).find(|text| !text.is_empty())?;
        let way = if part.contains('<') {
            "<"
        } else if part.contains('>') {
            ">"
        } else {
            "="
        };
        let found = plan.iter().any(|step| {
            let terms = step.split_once(" (").map_or("", |(_, terms)| terms);
            terms.split(" AND ").any(|term| term.contains(column) && term.contains(way))
        });
        if !found {
            return Some("reads rows it then drops");
        }
    }
    None
}

async fn flaws(store: &SqliteStore, connection: &mut SqliteConnection) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut seen = 0;
    for sql in store.statements() {
        seen += 1;
        let plan = plan(connection, sql).await;
        if let Some(flaw) = flaw(sql, &plan) {
            flaws.push(format!("{flaw}: {sql}\n    {}", plan.join("\n    ")));
        }
    }
    assert!(seen > 200, "only {seen} statements");
    flaws
}

/// Many rows that share what orderings fix, so that the planner sees bad statistics.
fn row(table: &Table, n: u64) -> Row {
    let key = |n: u64| {
        let mut key = vec![0; if table.columns[0].name == "digest" { 32 } else { 16 }];
        key[..8].copy_from_slice(&n.to_be_bytes());
        key
    };
    let unique = |name| table.uniques.iter().any(|unique| unique.columns.contains(&name));
    let value = |(position, column): (usize, &portcullis::store::Column)| {
        let n = if position == 0 || unique(column.name) { n } else { n % 3 };
        match column.kind {
            Kind::Bytes => Value::Bytes(key(n)),
            Kind::Int => Value::Int(n as i64),
            Kind::Text => Value::Text(format!("{n}")),
        }
    };
    Row::new(table.columns.iter().enumerate().map(value).collect())
}

#[tokio::test]
async fn no_statement_scans_or_sorts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("plans.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let mut connection = options.connect().await.unwrap();
    let empty = flaws(&store, &mut connection).await;
    assert!(empty.is_empty(), "on empty tables:\n{}", empty.join("\n"));

    let now = OffsetDateTime::UNIX_EPOCH;
    for table in Table::ALL {
        for slice in 0..8 {
            let rows = (slice * 250..(slice + 1) * 250).map(|n| row(table, n));
            let changes = rows.map(|row| Change::Insert { table, row }).collect();
            let id = BatchId::draw(now, &SystemEntropy).unwrap();
            store.commit(&Batch::new(id, now, changes)).await.unwrap();
        }
    }
    sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
    drop(connection);
    let mut connection = options.connect().await.unwrap(); // statistics are read at the start
    let full = flaws(&store, &mut connection).await;
    assert!(full.is_empty(), "on tables that were analysed:\n{}", full.join("\n"));
}
