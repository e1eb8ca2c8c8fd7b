//! Opening, sharing, losing and finding again a MySQL store.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/indexes.rs"]
mod indexes;
#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use std::{net::ToSocketAddrs as _, sync::Arc, time::Duration};

use mysql::{Database, connect};
use portcullis::store::{
    CONTRACT, Change, CommitError, Store, StoreError,
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
    servers::what_is_not_done_is_undone(&store).await;
    // All of them at once, so that nobody is using them.
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        let begun = sqlx::query_scalar::<_, u64>("SELECT @@in_transaction");
        let begun = begun.fetch_one(&mut **connection).await.unwrap();
        assert_eq!(begun, 0, "a transaction was left open");
    }
    drop(connections);
    store.close().await;
    let closed = store.get(&ACCOUNTS, &[0; 16]).await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    assert!(!pool.is_closed(), "the host's pool is the host's");
}

/// Another writer's lock is waited for, but not for ever, and nothing quotes the row.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_stays_is_unavailable() {
    let database = Database::new().await;
    database.store().await.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap();
    // Less than the second after which the server gives a lock up.
    let store = database.options().timeout(Duration::from_millis(900)).open().await.unwrap();
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

/// A tool that loses an index loses what keeps two people from having one name, or what keeps a
/// list from reading everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_changed_index_is_noticed() {
    let database = Database::new().await;
    database.store().await;
    let mut connection = entered(&database).await;
    for index in indexes::indexes() {
        let indexes::Index { table, name, unique, .. } = &index;
        let columns = index.columns.iter().map(|column| format!("`{column}`"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let (first, kind) = (index.columns[0], if *unique { "UNIQUE " } else { "" });
        let make =
            |kind: &str, columns: &str| format!("CREATE {kind}INDEX {name} ON {table} ({columns})");
        let others =
            [make(kind, &format!("{columns}, version")), make(kind, &format!("{first}(9)"))];
        let not_unique = make("", &columns);
        for other in [String::new()].into_iter().chain(others).chain(unique.then_some(not_unique)) {
            let lose = AssertSqlSafe(format!("DROP INDEX IF EXISTS {name} ON {table}"));
            connection.execute(lose).await.unwrap();
            // Not each of them can be made.
            let made =
                other.is_empty() || connection.execute(AssertSqlSafe(other.clone())).await.is_ok();
            if made {
                let opened = database.options().open().await;
                let refused =
                    matches!(&opened, Err(StoreError::Lacking(what)) if what.contains(name));
                assert!(refused, "without {name}: {other}: {opened:?}");
            }
        }
        let lose = AssertSqlSafe(format!("DROP INDEX IF EXISTS {name} ON {table}"));
        connection.execute(lose).await.unwrap();
        connection.execute(AssertSqlSafe(make(kind, &columns))).await.unwrap();
        database.store().await;
    }
}

/// Some collations take `a` for `A`, some `a` for `a` with a blank behind it, some both.
#[tokio::test(flavor = "multi_thread")]
async fn text_in_another_order_is_noticed() {
    let database = Database::new().await;
    database.store().await;
    let mut connection = entered(&database).await;
    let alike = |collation| format!("VARCHAR(250) CHARACTER SET utf8mb4 COLLATE {collation}");
    for (kind, fits) in [
        (alike("utf8mb4_general_ci"), false),
        (alike("utf8mb4_general_nopad_ci"), false),
        (alike("utf8mb4_bin"), false),
        ("VARBINARY(1000)".to_owned(), true),
    ] {
        let change = format!("ALTER TABLE portcullis_users MODIFY username_key {kind} NOT NULL");
        connection.execute(AssertSqlSafe(change)).await.unwrap();
        let opened = database.options().open().await;
        assert_eq!(opened.is_ok(), fits, "{kind}: {opened:?}");
        assert!(fits || matches!(opened, Err(StoreError::Unsupported(_))), "{opened:?}");
    }
}

async fn entered(database: &Database) -> sqlx::MySqlConnection {
    let mut connection = connect().await;
    let enter = format!("USE {}", database.name());
    connection.execute(AssertSqlSafe(enter)).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_undoes_is_tried_again_and_done_once() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = entered(&database).await;
    // What such a table counts is not undone.
    connection.execute("CREATE TABLE tries (n BIGINT NOT NULL) ENGINE=MyISAM").await.unwrap();
    connection.execute("INSERT INTO tries VALUES (0)").await.unwrap();
    servers::what_is_undone_is_done_once(&store, async |table| {
        let times = sqlx::query_scalar("SELECT n FROM tries").fetch_one(&mut connection).await;
        let mut said: Vec<String> = vec!["UPDATE tries SET n = 0".to_owned()];
        for event in ["INSERT", "UPDATE", "DELETE"] {
            said.push(format!("DROP TRIGGER IF EXISTS undo_{event}"));
            said.extend(table.map(|table| {
                format!(
                    "CREATE TRIGGER undo_{event} BEFORE {event} ON portcullis_{} FOR EACH ROW \
                     BEGIN UPDATE tries SET n = n + 1; IF (SELECT n FROM tries) <= 3 THEN SIGNAL \
                     SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF; END",
                    table.name
                )
            }));
        }
        for sql in said {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        times.unwrap()
    })
    .await;
}

/// Within the transaction it is said in, on MariaDB: waits until another one waits for this one.
/// InnoDB reads these two tables anew only for who has not asked for a tenth of a second.
const UNTIL_SOMEBODY_WAITS: &str = "BEGIN NOT ATOMIC WHILE NOT EXISTS (SELECT * FROM \
     information_schema.innodb_lock_waits AS waits JOIN information_schema.innodb_trx AS mine \
     ON mine.trx_id = waits.blocking_trx_id WHERE mine.trx_mysql_thread_id = CONNECTION_ID()) \
     DO DO SLEEP(0.15); END WHILE; END";

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_a_deadlock_tries_again() {
    let database = Database::new().await;
    let store = Arc::new(database.store().await);
    let mut connection = entered(&database).await;
    servers::who_loses_a_deadlock_tries_again(store, UNTIL_SOMEBODY_WAITS, async |sql| {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    })
    .await;
}

/// A lock that is not given up in time undoes the statement only: the store undoes the rest, and
/// the connection is as good as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_given_up_in_time_is_a_conflict_and_leaves_nothing() {
    let database = Database::new().await;
    let options = database.options().connections(1).timeout(Duration::from_secs(4));
    let store = options.open().await.unwrap();
    store.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap();
    let connections = async || {
        let others = "SELECT id FROM information_schema.processlist \
                      WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        let mut connection = entered(&database).await;
        sqlx::query_scalar::<_, i64>(others).fetch_all(&mut connection).await.unwrap()
    };
    let before = connections().await;
    let mut holder = entered(&database).await;
    let lock = "BEGIN; SELECT * FROM portcullis_users FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let change = Change::Raise {
        table: &USERS,
        key: row(&USERS, 1).key().to_vec(),
        column: "created_at",
        to: 99,
    };
    // The account is written before the user is waited for.
    let begun = std::time::Instant::now();
    let answer = store.commit(&batch(vec![insert(&ACCOUNTS, 7), change.clone()])).await;
    assert!(matches!(answer, Err(CommitError::Conflict)), "{answer:?}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "it was waited for");
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    drop(holder);
    // The one connection there is begins another transaction, which would commit what was left.
    store.commit(&batch(vec![insert(&ACCOUNTS, 8), change])).await.unwrap();
    assert!(store.get(&ACCOUNTS, row(&ACCOUNTS, 7).key()).await.unwrap().is_none());
    assert!(store.get(&ACCOUNTS, row(&ACCOUNTS, 8).key()).await.unwrap().is_some());
    // The holder's is gone once the server has noticed.
    let begun = std::time::Instant::now();
    while connections().await != before {
        assert!(begun.elapsed() < Duration::from_secs(20), "the connection was not kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whoever opens a store is told soon that the database does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn opening_does_not_wait_for_ever() {
    let database = Database::new().await;
    database.store().await;
    let mut holder = entered(&database).await;
    for table in ["schema", "settings"] {
        let lock = format!("LOCK TABLES portcullis_{table} WRITE");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holder).await.unwrap();
        let options = database.options().timeout(Duration::from_millis(500));
        let opened = tokio::time::timeout(Duration::from_secs(60), options.open()).await.unwrap();
        assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{table}: {opened:?}");
        sqlx::raw_sql("UNLOCK TABLES").execute(&mut holder).await.unwrap();
    }
    database.store().await;
}
