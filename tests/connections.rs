//! Connections that end, hang or are not as they should be, in each way a server or a host's pool
//! has for it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use std::{error::Error as _, net::ToSocketAddrs as _, time::Duration};

use futures_util::future::{join_all, poll_immediate};
use mysql::Database;
use portcullis::store::{
    Change, CommitError, Expect, Row, Store, StoreError,
    mysql::MySqlStore,
    postgres::PostgresOptions,
    tables::{ACCOUNTS, SETTINGS},
};
use postgres::Schema;
use servers::{batch, insert, row};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use wire::Wire;

async fn read(store: &impl Store, n: u64) -> Result<Option<Row>, StoreError> {
    store.get(&ACCOUNTS, row(&ACCOUNTS, n).key()).await
}

/// Has several connections, all of them idle.
async fn busy_for_a_moment(store: &impl Store) {
    for answer in join_all((0..32).map(|n| read(store, n))).await {
        let why = answer.err().map(|error| format!("{error}: {:?}", error.source()));
        assert_eq!(why, None);
    }
}

async fn pool(most: u32) -> PgPool {
    let options = PgPoolOptions::new().max_connections(most).test_before_acquire(false);
    options.connect(&postgres::url()).await.unwrap()
}

/// After a quiet night the server has ended what was idle; nobody is to notice.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_ended_for_being_idle_is_replaced() {
    let schema = Schema::new();
    let quiet = "options=-c%20idle_session_timeout%3D3000";
    let options = PostgresOptions::new(&format!("{}&{quiet}", postgres::url())).unwrap();
    let store = options.schema(schema.name()).open().await.unwrap();
    for round in 0..2 {
        busy_for_a_moment(&store).await;
        tokio::time::sleep(Duration::from_millis(4500)).await;
        if round % 2 == 0 {
            read(&store, 1).await.unwrap();
        } else {
            store.commit(&batch(vec![insert(&ACCOUNTS, round)])).await.unwrap();
        }
    }
}

/// A pool that asks for no sign of life may hand out one lost connection after the other.
#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_pool_may_be_lost() {
    let schema = Schema::new();
    schema.store().await;
    let pool = pool(6).await;
    let store = PostgresOptions::of_pool(pool.clone()).schema(schema.name()).open().await.unwrap();
    for round in 0..4 {
        let mut held = Vec::new();
        let mut pids = Vec::new();
        for _ in 0..6 {
            let mut connection = pool.acquire().await.unwrap();
            let ask = sqlx::query_scalar("SELECT pg_backend_pid()");
            pids.push(ask.fetch_one(&mut *connection).await.unwrap());
            held.push(connection);
        }
        drop(held);
        let mut outside = PgConnection::connect(&postgres::url()).await.unwrap();
        let end = "SELECT pg_terminate_backend(pid, 9000) FROM unnest($1) pid";
        sqlx::query(end).bind::<Vec<i32>>(pids).execute(&mut outside).await.unwrap();
        if round % 2 == 0 {
            read(&store, 1).await.unwrap();
        } else {
            store.commit(&batch(vec![insert(&ACCOUNTS, round)])).await.unwrap();
        }
    }
}

/// Whoever drops a future need not be in the runtime it was polled in.
#[test]
fn a_read_can_be_dropped_anywhere() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let schema = Schema::new();
    let (store, pool, mut holder) = runtime.block_on(async {
        let pool = pool(2).await;
        let options = PostgresOptions::of_pool(pool.clone()).schema(schema.name());
        let store = options.open().await.unwrap();
        // No read of it is answered meanwhile.
        let mut holder = PgConnection::connect(&postgres::url()).await.unwrap();
        let lock = format!("BEGIN; LOCK TABLE {}.portcullis_accounts", schema.name());
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holder).await.unwrap();
        (store, pool, holder)
    });
    for n in 0..8 {
        // A connection waits in the pool, so that the first poll takes it and asks.
        runtime.block_on(store.get(&SETTINGS, row(&SETTINGS, 1).key())).unwrap();
        let mut reading = Box::pin(read(&store, n));
        assert!(runtime.block_on(async { poll_immediate(&mut reading).await }).is_none());
        drop(reading);
    }
    runtime.block_on(async {
        holder.execute("COMMIT").await.unwrap();
        read(&store, 1).await.unwrap();
        pool.close().await;
    });
}

/// Where the way to the server swallows everything, one call finds out for all.
#[tokio::test(flavor = "multi_thread")]
async fn one_call_finds_out_that_nothing_comes_through() {
    let schema = Schema::new();
    schema.store().await;
    let direct: PgConnectOptions = postgres::url().parse().unwrap();
    let server = format!("{}:{}", direct.get_host(), direct.get_port());
    let wire = Wire::to(server.to_socket_addrs().unwrap().next().unwrap()).await;
    let url = postgres::url().replace(&server, &wire.address.to_string());
    let options = PostgresOptions::new(&url).unwrap().schema(schema.name());
    let store = options.connections(8).timeout(Duration::from_secs(8)).open().await.unwrap();
    busy_for_a_moment(&store).await;
    wire.swallow();
    assert!(matches!(read(&store, 1).await, Err(StoreError::Unavailable(_))));
    for n in 0..8 {
        read(&store, n).await.unwrap();
    }
}

/// The first try of a batch is still on its way; it may yet succeed, so this is no conflict.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_first_try_is_not_decided_is_no_conflict() {
    let database = Database::new().await;
    let store = database.options().timeout(Duration::from_secs(4)).open().await.unwrap();
    let sent = batch(vec![insert(&ACCOUNTS, 1)]);
    let mut first = mysql::connect().await;
    let id: String = sent.id().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let note = format!(
        "USE {}; BEGIN; INSERT INTO portcullis_batches (id, expires_at) VALUES (x'{id}', 1)",
        database.name()
    );
    sqlx::raw_sql(AssertSqlSafe(note)).execute(&mut first).await.unwrap();
    let again = store.commit(&sent).await;
    let unknown = matches!(again, Err(CommitError::Failed(StoreError::Unavailable(_))));
    assert!(unknown, "{again:?}");
    first.execute("COMMIT").await.unwrap();
    store.commit(&sent).await.unwrap();
    assert!(read(&store, 1).await.unwrap().is_none(), "it was recognised");
}

/// Nor is one that had been applied, and whose note somebody holds: a retry under another number
/// would do it twice. PostgreSQL finds the note at once and waits to write it again; MySQL waits
/// for it with its first statement. A row that is held is a conflict where a role bounds the wait.
#[tokio::test(flavor = "multi_thread")]
async fn an_applied_batch_whose_note_is_held_is_no_conflict() {
    let schema = Schema::new();
    let bounded = format!("{}&options=-c%20lock_timeout%3D500", postgres::url());
    let options = PostgresOptions::new(&bounded).unwrap().schema(schema.name());
    let on_postgres = options.open().await.unwrap();
    let sent = batch(vec![insert(&ACCOUNTS, 1)]);
    on_postgres.commit(&sent).await.unwrap();

    let mut holding = PgConnection::connect(&postgres::url()).await.unwrap();
    let begin = format!("SET search_path = {}; BEGIN", schema.name());
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut holding).await.unwrap();
    let lock = "SELECT id FROM portcullis_batches FOR UPDATE";
    assert_eq!(sqlx::query(lock).fetch_all(&mut holding).await.unwrap().len(), 1);
    let again = on_postgres.commit(&sent).await;
    assert!(matches!(again, Err(CommitError::Failed(StoreError::Unavailable(_)))), "{again:?}");
    holding.execute("SELECT id FROM portcullis_accounts FOR UPDATE").await.unwrap();
    let key = row(&ACCOUNTS, 1).key().to_vec();
    let delete = Change::Delete { table: &ACCOUNTS, key, expect: Expect::Present };
    let meeting = on_postgres.commit(&batch(vec![delete])).await;
    assert!(matches!(meeting, Err(CommitError::Conflict)), "{meeting:?}");
    holding.execute("COMMIT").await.unwrap();
    on_postgres.commit(&sent).await.unwrap();

    let database = Database::new().await;
    let on_mysql = database.options().timeout(Duration::from_secs(4)).open().await.unwrap();
    on_mysql.commit(&sent).await.unwrap();
    let mut holding = mysql::connect().await;
    let lock =
        format!("USE {}; BEGIN; SELECT id FROM portcullis_batches FOR UPDATE", database.name());
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holding).await.unwrap();
    let again = on_mysql.commit(&sent).await;
    assert!(matches!(again, Err(CommitError::Failed(StoreError::Unavailable(_)))), "{again:?}");
    holding.execute("COMMIT").await.unwrap();
    on_mysql.commit(&sent).await.unwrap();
}

/// Without autocommit every read after the first would go on answering what stood at the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_reads_are_old_or_uncommitted_is_refused() {
    let database = Database::new().await;
    database.store().await;
    for (setting, suits) in [
        ("SET autocommit = 1", true),
        ("SET autocommit = 0", false),
        ("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", false),
    ] {
        let options: MySqlConnectOptions = mysql::url().parse().unwrap();
        let pool = MySqlPoolOptions::new().after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(setting).await.map(drop) })
        });
        let pool = pool.connect_with(options.database(database.name())).await.unwrap();
        let opened = MySqlStore::from_pool(pool).await;
        assert_eq!(opened.is_ok(), suits, "{setting}: {:?}", opened.err());
    }
}

/// A server may have connections begin without autocommit.
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_its_own_see_what_stands() {
    let database = Database::new().await;
    let other = database.store().await;
    let mut outside = mysql::connect().await;
    let (user, setting) = (format!("u_{}", database.name()), "SET GLOBAL init_connect = ");
    for make in [
        format!("CREATE USER {user}@'%'"),
        format!("GRANT ALL ON {}.* TO {user}@'%'", database.name()),
        // Not for those who may do anything, whom the other tests connect as.
        format!("{setting}'SET autocommit = 0'"),
    ] {
        outside.execute(AssertSqlSafe(make)).await.unwrap();
    }
    let url = mysql::url();
    let (_, server) = url.split_once('@').unwrap();
    let url = database.url(&format!("mysql://{user}@{server}"));
    let looking = tokio::spawn(async move {
        let store = MySqlStore::connect(&url).await.unwrap();
        busy_for_a_moment(&store).await;
        other.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
        join_all((0..16).map(|_| read(&store, 1))).await
    });
    let seen = looking.await;
    for end in [format!("{setting}''"), format!("DROP USER {user}@'%'")] {
        outside.execute(AssertSqlSafe(end)).await.unwrap();
    }
    let seen = seen.unwrap();
    assert!(seen.iter().all(|seen| matches!(seen, Ok(Some(_)))), "{seen:?}");
}
