//! Every statement the MySQL store can send finds its rows by an index, and in order.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use portcullis::store::{Table, Value};
use sqlx::{AssertSqlSafe, Executor as _, MySqlConnection, Row as _};

/// The number of a row that stands, by which statements ask.
const ASKED: u64 = 1040;

/// How many rows each statement may read: a page of ten, of rows of which twenty share what is
/// not unique.
const MOST_READ: i64 = 40;

/// The statement with values in the place of its marks. This planner goes by them.
fn asked(sql: &str) -> String {
    let named = |table: &&Table| sql.find(&format!("`portcullis_{}`", table.name));
    let first = Table::ALL.iter().copied().min_by_key(|table| named(table).unwrap_or(usize::MAX));
    let table = first.expect("a table");
    let mut said = String::new();
    let mut parts = sql.split('?').peekable();
    while let Some(part) = parts.next() {
        said += part;
        if parts.peek().is_none() {
            break;
        }
        if part.ends_with("LIMIT ") {
            said += "10";
            continue;
        }
        // What a column is for a key; the name said last is the key's.
        if part.ends_with("THEN ") {
            said += &ASKED.to_string();
            continue;
        }
        // The name that was said last is that of the column, in this list of marks as well.
        let name = said.rsplit('`').nth(1).expect("a column");
        let row = servers::row(table, ASKED);
        said += &match row.value(table.position(name).expect("a column of the table")) {
            Value::Bytes(bytes) => {
                format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            Value::Text(text) => format!("'{text}'"),
            Value::Int(number) => number.to_string(),
            Value::Null => "NULL".to_owned(),
        };
    }
    said
}

async fn plan(connection: &mut MySqlConnection, sql: &str) -> Vec<(String, String)> {
    let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {sql}")));
    let steps = explain.fetch_all(connection).await.expect("a statement");
    let text = |step: &sqlx::mysql::MySqlRow, name| {
        step.try_get::<Option<String>, _>(name).unwrap().unwrap_or_default()
    };
    steps.iter().map(|step| (text(step, "type"), text(step, "Extra"))).collect()
}

/// How many rows it reads, and how many of those by going through the whole table.
async fn read(connection: &mut MySqlConnection, sql: &str) -> (i64, i64) {
    let say = format!("FLUSH STATUS; START TRANSACTION; {sql}; ROLLBACK");
    sqlx::raw_sql(AssertSqlSafe(say)).execute(&mut *connection).await.expect("a statement");
    let count = sqlx::raw_sql("SHOW SESSION STATUS LIKE 'Handler_read_%'");
    let counts = count.fetch_all(connection).await.unwrap();
    let (mut all, mut walked) = (0, 0);
    for count in counts {
        let name: String = count.try_get(0).unwrap();
        let count: i64 = count.try_get::<String, _>(1).unwrap().parse().unwrap();
        match name.as_str() {
            "Handler_read_rnd_next" => walked += count,
            "Handler_read_rnd_deleted" | "Handler_read_retry" => {}
            _ => all += count,
        }
    }
    (all, walked)
}

#[tokio::test]
async fn no_statement_scans_or_sorts() {
    let database = mysql::Database::new().await;
    let store = database.store().await;
    servers::fill(&store, 2_000).await;
    let mut connection = mysql::connect().await;
    connection.execute(AssertSqlSafe(format!("USE {}", database.name()))).await.unwrap();
    for table in Table::ALL {
        let analyze = format!("ANALYZE TABLE portcullis_{}", table.name);
        sqlx::raw_sql(AssertSqlSafe(analyze)).execute(&mut connection).await.unwrap();
    }
    let mut flaws = Vec::new();
    let mut seen = 0;
    for sql in store.statements().filter(|sql| !sql.starts_with("INSERT")) {
        seen += 1;
        let sql = asked(sql);
        let plan = plan(&mut connection, &sql).await;
        let (read, walked) = read(&mut connection, &sql).await;
        let any = |words: &str| plan.iter().any(|(_, extra)| extra.contains(words));
        if walked > 0 || read > MOST_READ || plan.iter().any(|(kind, _)| kind == "ALL") {
            flaws.push(format!("reads {read} rows and {walked} of all: {sql}\n    {plan:?}"));
        } else if any("Using filesort") || any("Using temporary") {
            flaws.push(format!("sorts: {sql}\n    {plan:?}"));
        }
    }
    assert!(seen > 150, "only {seen} statements");
    assert!(flaws.is_empty(), "{} of {seen}:\n{}", flaws.len(), flaws.join("\n"));
}
