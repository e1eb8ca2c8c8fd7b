//! Every statement the PostgreSQL store can send finds its rows by an index, and in order.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions,
};

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

#[tokio::test]
async fn no_statement_scans_or_sorts() {
    let schema = postgres::Schema::new();
    let store = schema.store().await;
    servers::fill(&store, 2_000).await;
    let options: PgConnectOptions = postgres::url().parse().unwrap();
    let mut connection = options.statement_cache_capacity(0).connect().await.unwrap();
    for sql in ["ANALYZE", "SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off"] {
        connection.execute(sql).await.unwrap();
    }
    let mut flaws = Vec::new();
    let mut seen = 0;
    for sql in store.statements() {
        seen += 1;
        let plan = plan(&mut connection, sql).await;
        if let Some(flaw) = flaw(sql, &plan) {
            flaws.push(format!("{flaw}: {sql}\n    {}", plan.join("\n    ")));
        }
    }
    assert!(seen > 200, "only {seen} statements");
    assert!(flaws.is_empty(), "{} of {seen}:\n{}", flaws.len(), flaws.join("\n"));
}
