//! Opening, sharing, losing and finding again a MySQL store.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use std::{net::ToSocketAddrs as _, sync::Arc, time::Duration};

use mysql::{Database, connect};
use portcullis::store::{
    CONTRACT, Store, StoreError,
    mysql::{MySqlOptions, MySqlStore},
    tables::{ACCOUNTS, USERS},
};
use servers::{batch, insert, row};
use sqlx::{
    AssertSqlSafe, Executor as _, MySqlPool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};
use wire::Wire;

fn options() -> MySqlConnectOptions {
    mysql::url().parse().unwrap()
}

async fn pool(most: u32, database: &Database) -> MySqlPool {
    let options = options().database(database.name());
    MySqlPoolOptions::new().max_connections(most).connect_with(options).await.unwrap()
}

/// The server's URL by way of a wire.
async fn wired() -> (Wire, String) {
    let direct = options();
    let server = (direct.get_host(), direct.get_port());
    let wire = Wire::to(server.to_socket_addrs().unwrap().next().unwrap()).await;
    let from = format!("{}:{}", server.0, server.1);
    (wire.clone(), mysql::url().replace(&from, &wire.address.to_string()))
}

async fn wired_store(database: &Database) -> (Wire, Arc<dyn Store>) {
    database.store().await; // the tables
    let (wire, url) = wired().await;
    let options = MySqlOptions::new(&database.url(&url)).unwrap().connections(6);
    let options = options.timeout(Duration::from_secs(5));
    (wire, Arc::new(options.open().await.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_replaced() {
    let (wire, store) = wired_store(&Database::new().await).await;
    servers::lost_connections_are_replaced(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_server_is_unavailable() {
    let (wire, store) = wired_store(&Database::new().await).await;
    servers::an_absent_server_is_unavailable(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_the_batch() {
    let (wire, store) = wired_store(&Database::new().await).await;
    servers::a_lost_answer_is_settled_by_the_batch(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_migrate_one_database() {
    let database = Database::new().await;
    let opening: Vec<_> = (0..12)
        .map(|_| {
            let options = database.options().connections(1);
            tokio::spawn(async move { options.open().await })
        })
        .collect();
    for opened in opening {
        let store = opened.await.unwrap().expect("each of them opens");
        assert_eq!(store.contract(), CONTRACT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_can_migrate_with_its_own_tool() {
    let database = Database::new().await;
    let options = database.options().migrated_by_host();
    let early = options.open().await;
    assert!(matches!(early, Err(StoreError::Unsupported(_))), "{early:?}");
    let mut connection = connect().await;
    let enter = format!("USE {}", database.name());
    connection.execute(AssertSqlSafe(enter)).await.unwrap();
    for migration in options.migrations() {
        // Twice, as a tool does that was interrupted.
        for _ in 0..2 {
            connection.execute(AssertSqlSafe(migration.sql.clone())).await.unwrap();
        }
    }
    let store = options.open().await.unwrap();
    store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_and_foreign_tables_are_refused() {
    let database = Database::new().await;
    database.store().await;
    let mut connection = connect().await;
    let mut say = async |sql: String| {
        connection.execute(AssertSqlSafe(sql.replace("$", database.name()))).await.unwrap();
    };
    say("ALTER TABLE $.portcullis_users DROP COLUMN name".into()).await;
    let opened = database.options().open().await;
    assert!(matches!(opened, Err(StoreError::Unsupported(_))), "a column is missing: {opened:?}");
    say(format!("INSERT INTO $.portcullis_schema VALUES ({})", CONTRACT + 1)).await;
    let opened = database.options().open().await;
    assert!(matches!(opened, Err(StoreError::Unsupported(_))), "newer tables: {opened:?}");
    for bad in ["Up", "a-b", "1a", "\";--", "a123456789012345678901234"] {
        let opened = database.options().prefix(bad).open().await;
        assert!(matches!(opened, Err(StoreError::Unsupported(_))), "{bad}: {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_lends_its_pool() {
    let database = Database::new().await;
    let pool = pool(3, &database).await;
    let options = MySqlOptions::of_pool(pool.clone());
    let store = options.open().await.unwrap();
    let writing: Vec<_> = (0..32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store.commit(&batch(vec![insert(&ACCOUNTS, n)])).await.unwrap();
                // Whoever goes away in the middle leaves nothing begun on the host's connection.
                let dropped = batch(vec![insert(&ACCOUNTS, 100 + n)]);
                let dropped = store.commit(&dropped);
                let _ = tokio::time::timeout(Duration::from_micros(n * 100), dropped).await;
                let key = row(&ACCOUNTS, n);
                let read = store.get(&ACCOUNTS, key.key());
                let _ = tokio::time::timeout(Duration::from_micros(n * 100), read).await;
            })
        })
        .collect();
    for written in writing {
        written.await.unwrap();
    }
    for _ in 0..9 {
        let mut connection = pool.acquire().await.unwrap();
        let answer = sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(&mut *connection).await;
        assert_eq!(answer.unwrap(), 1);
        // A transaction the store left open would make this one a warning.
        let began = sqlx::raw_sql("BEGIN; SAVEPOINT a; ROLLBACK").execute(&mut *connection).await;
        began.unwrap();
    }
    store.close().await;
    let closed = store.get(&ACCOUNTS, &[0; 16]).await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    assert!(!pool.is_closed(), "the host's pool is the host's");
}

/// Another writer's lock is waited for, but not for ever, and nothing quotes the row.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_stays_is_unavailable() {
    let database = Database::new().await;
    let store = database.options().timeout(Duration::from_millis(500)).open().await.unwrap();
    store.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap();
    let mut holder = connect().await;
    let lock = format!("BEGIN; SELECT * FROM {}.portcullis_users FOR UPDATE", database.name());
    holder.execute(AssertSqlSafe(lock)).await.unwrap();
    let change = portcullis::store::Change::Raise {
        table: &USERS,
        key: row(&USERS, 1).key().to_vec(),
        column: "created_at",
        to: 99,
    };
    let error = store.commit(&batch(vec![change.clone()])).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is unavailable");
    servers::says_nothing(&error);
    holder.execute("ROLLBACK").await.unwrap();
    store.commit(&batch(vec![change])).await.unwrap();
}

/// What breaks inside the database is said by its code, and quotes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn errors_quote_no_row() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = connect().await;
    let name = database.name();
    let check = format!("ALTER TABLE {name}.portcullis_users ADD CHECK (name NOT LIKE 'canary%')");
    connection.execute(AssertSqlSafe(check)).await.unwrap();
    let error = store.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap_err();
    servers::says_nothing(&error);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "mysql: 4025");
    store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
    let url = "mysql://crm:canary@127.0.0.1:1/none";
    let options = MySqlOptions::new(url).unwrap();
    assert!(!format!("{options:?}").contains("canary"));
    servers::says_nothing(&MySqlStore::connect(url).await.unwrap_err());
    servers::says_nothing(&MySqlStore::connect("canary").await.unwrap_err());
}
