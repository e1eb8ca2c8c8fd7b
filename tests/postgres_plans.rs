//! Every statement the PostgreSQL store can send finds its rows by an index, and in order.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use portcullis::store::{Column, Kind, Table, postgres::PostgresStore};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions,
};

/// Of which a planner knows that going through them is dear.
const ROWS: u32 = 20_000;

async fn plan(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    // Prepared, so that it is planned without knowing the values.
    let prepare = format!("DEALLOCATE ALL; PREPARE tried AS {sql}");
    connection.execute(AssertSqlSafe(prepare)).await.expect("a statement");
    let count = "SELECT COALESCE(array_length(parameter_types, 1), 0) FROM pg_prepared_statements \
                 WHERE name = 'tried'";
    let count: i32 = sqlx::query_scalar(count).fetch_one(&mut *connection).await.unwrap();
    let nulls = vec!["NULL"; usize::try_from(count).unwrap()].join(", ");
    let call = if count == 0 { String::new() } else { format!("({nulls})") };
    let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE tried{call}"));
    sqlx::query_scalar(explain).persistent(false).fetch_all(connection).await.unwrap()
}

/// What is wrong with a plan.
fn flaw(sql: &str, plan: &[String]) -> Option<&'static str> {
    let any = |words: &str| plan.iter().any(|step| step.contains(words));
    if any("Seq Scan") {
        return Some("scans");
    }
    // Which rows expired first does not matter to what is deleted.
    if any("Sort") && !sql.starts_with("DELETE") {
        return Some("sorts");
    }
    // What a slice of a purge chose is looked up by key, and not looked for in all that expired.
    if sql.contains(" LIMIT ") && sql.starts_with("DELETE") && (any("Join") || !any("= ANY (")) {
        return Some("reads more than it deletes");
    }
    if any("Filter:") && sql.starts_with("SELECT") {
        return Some("reads rows it then drops");
    }
    None
}

/// With scans switched off each statement finds an index. A table that has none for it is scanned
/// all the same, which fails here.
#[tokio::test]
async fn every_statement_has_an_index() {
    let schema = postgres::Schema::new();
    let store = schema.store().await;
    servers::fill(&store, 2_000).await;
    let mut connection = connect().await;
    analyse(schema.name(), &mut connection).await;
    connection.execute("SET enable_seqscan = off").await.unwrap();
    look(&store, &mut connection).await;
}

/// The index each statement does use, on tables of which going through one is dear.
#[tokio::test]
async fn no_statement_scans_or_sorts() {
    let schema = postgres::Schema::new();
    let store = schema.store().await;
    let mut connection = connect().await;
    for table in Table::ALL {
        let fill = AssertSqlSafe(rows(schema.name(), table));
        connection.execute(fill).await.expect("rows");
    }
    analyse(schema.name(), &mut connection).await;
    look(&store, &mut connection).await;
}

/// Counts what is in these tables, and not in those of every other test.
async fn analyse(schema: &str, connection: &mut PgConnection) {
    let names = Table::ALL.iter().map(|table| format!("{schema}.portcullis_{}", table.name));
    let names: Vec<String> = names.collect();
    let analyse = AssertSqlSafe(format!("ANALYZE {}", names.join(", ")));
    connection.execute(analyse).await.unwrap();
}

async fn connect() -> PgConnection {
    let options: PgConnectOptions = postgres::url().parse().unwrap();
    options.statement_cache_capacity(0).connect().await.unwrap()
}

/// Rows as [`servers::row`] makes them, made by the database; but in each fourth what may be null
/// is, since many entries of the audit trail are of nobody.
fn rows(schema: &str, table: &Table) -> String {
    let unique = |name| table.uniques.iter().any(|unique| unique.columns.contains(&name));
    let value = |(position, column): (usize, &Column)| {
        let n = if position == 0 || unique(column.name) { "n" } else { "(n - n % 20)" };
        let bytes = if table.columns[0].name == "digest" { 32 } else { 16 };
        let value = match column.kind {
            Kind::Bytes => format!("rpad(int8send({n})::text, 2 + 2 * {bytes}, '0')::bytea"),
            Kind::Int => n.to_owned(),
            Kind::Text => format!("'canary ' || {n}"),
        };
        if column.nullable { format!("CASE WHEN n % 4 > 0 THEN {value} END") } else { value }
    };
    let values: Vec<_> = table.columns.iter().enumerate().map(value).collect();
    format!(
        "INSERT INTO {schema}.portcullis_{} SELECT {} FROM generate_series(1::bigint, {ROWS}) AS n",
        table.name,
        values.join(", ")
    )
}

async fn look(store: &PostgresStore, connection: &mut PgConnection) {
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
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
    assert!(flaws.is_empty(), "{} of {seen}:\n{}", flaws.len(), flaws.join("\n"));
}
