//! Opening, sharing, losing and finding again a PostgreSQL store.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/indexes.rs"]
mod indexes;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/wire.rs"]
mod wire;

use std::{net::ToSocketAddrs as _, sync::Arc, time::Duration};

use portcullis::store::{
    CONTRACT, Store, StoreError,
    postgres::{PostgresOptions, PostgresStore},
    tables::{ACCOUNTS, USERS},
};
use postgres::Schema;
use servers::{batch, insert, row};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use wire::Wire;

fn options() -> PgConnectOptions {
    postgres::url().parse().unwrap()
}

async fn connect() -> PgConnection {
    options().connect().await.unwrap()
}

/// A host's pool, whose connections the server lists by this name.
async fn pool(most: u32, name: &str) -> PgPool {
    let options = options().application_name(name);
    PgPoolOptions::new().max_connections(most).connect_with(options).await.unwrap()
}

/// The server's URL by way of a wire.
async fn wired() -> (Wire, String) {
    let direct = options();
    let server = (direct.get_host(), direct.get_port());
    let wire = Wire::to(server.to_socket_addrs().unwrap().next().unwrap()).await;
    let from = format!("{}:{}", server.0, server.1);
    (wire.clone(), postgres::url().replace(&from, &wire.address.to_string()))
}

async fn wired_store(schema: &Schema) -> (Wire, Arc<dyn Store>) {
    schema.store().await; // the tables
    let (wire, url) = wired().await;
    let options = PostgresOptions::new(&url).unwrap().schema(schema.name()).connections(6);
    let options = options.timeout(Duration::from_secs(5));
    (wire, Arc::new(options.open().await.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_replaced() {
    let (wire, store) = wired_store(&Schema::new()).await;
    servers::lost_connections_are_replaced(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_server_is_unavailable() {
    let (wire, store) = wired_store(&Schema::new()).await;
    servers::an_absent_server_is_unavailable(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_the_batch() {
    let (wire, store) = wired_store(&Schema::new()).await;
    servers::a_lost_answer_is_settled_by_the_batch(store, &wire).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_migrate_one_database() {
    let schema = Schema::new();
    let opening: Vec<_> = (0..12)
        .map(|_| {
            let options = schema.options().connections(1);
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
    let schema = Schema::new();
    let options = schema.options().migrated_by_host();
    let early = options.open().await;
    assert!(matches!(early, Err(StoreError::Unsupported(_))), "{early:?}");
    let mut connection = connect().await;
    let make = format!("CREATE SCHEMA {}", schema.name());
    connection.execute(AssertSqlSafe(make)).await.unwrap();
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
    let schema = Schema::new();
    schema.store().await;
    let mut connection = connect().await;
    let mut say = async |sql: String| {
        connection.execute(AssertSqlSafe(sql.replace("$", schema.name()))).await.unwrap();
    };
    say("ALTER TABLE $.portcullis_users DROP COLUMN name".into()).await;
    let opened = schema.options().open().await;
    assert!(matches!(opened, Err(StoreError::Unsupported(_))), "a column is missing: {opened:?}");
    say(format!("INSERT INTO $.portcullis_schema VALUES ({})", CONTRACT + 1)).await;
    let opened = schema.options().open().await;
    assert!(matches!(opened, Err(StoreError::Unsupported(_))), "newer tables: {opened:?}");
    for bad in ["Up", "a-b", "1a", "\";--", "a123456789012345678901234"] {
        let opened = schema.options().schema(bad).open().await;
        assert!(matches!(opened, Err(StoreError::Unsupported(_))), "{bad}: {opened:?}");
        let opened = schema.options().prefix(bad).open().await;
        assert!(matches!(opened, Err(StoreError::Unsupported(_))), "{bad}: {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_lends_its_pool() {
    let schema = Schema::new();
    let pool = pool(3, schema.name()).await;
    let options = PostgresOptions::of_pool(pool.clone()).schema(schema.name());
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
    let states = "SELECT COALESCE(state, '') FROM pg_stat_activity WHERE application_name = $1";
    let states = sqlx::query_scalar::<_, String>(states).bind(schema.name());
    let states = states.fetch_all(&mut connect().await).await.unwrap();
    assert!(states.len() >= 3, "{states:?}");
    let begun = states.iter().find(|state| state.starts_with("idle in transaction"));
    assert_eq!(begun, None, "a transaction was left open");
    for connection in &mut connections {
        let answer = sqlx::query_scalar::<_, i32>("SELECT 1").fetch_one(&mut **connection).await;
        assert_eq!(answer.unwrap(), 1);
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
    let schema = Schema::new();
    let store = schema.options().timeout(Duration::from_secs(3)).open().await.unwrap();
    store.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap();
    let mut holder = connect().await;
    let lock = format!("BEGIN; SELECT * FROM {}.portcullis_users FOR UPDATE", schema.name());
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
    let schema = Schema::new();
    let store = schema.store().await;
    let mut connection = connect().await;
    let name = schema.name();
    let check = format!("ALTER TABLE {name}.portcullis_users ADD CHECK (name NOT LIKE 'canary%')");
    connection.execute(AssertSqlSafe(check)).await.unwrap();
    let error = store.commit(&batch(vec![insert(&USERS, 1)])).await.unwrap_err();
    servers::says_nothing(&error);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "postgres: 23514");
    store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
    let url = "postgres://crm:canary@127.0.0.1:1/none";
    let options = PostgresOptions::new(url).unwrap();
    assert!(!format!("{options:?}").contains("canary"));
    servers::says_nothing(&PostgresStore::connect(url).await.unwrap_err());
    servers::says_nothing(&PostgresStore::connect("canary").await.unwrap_err());
}

/// A tool that loses an index loses what keeps two people from having one name, or what keeps a
/// list from reading everything. Run again, the migrations bring it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_changed_index_is_noticed() {
    let schema = Schema::new();
    schema.store().await;
    let mut connection = connect().await;
    let enter = format!("SET search_path = {}", schema.name());
    connection.execute(AssertSqlSafe(enter)).await.unwrap();
    for index in indexes::indexes() {
        let indexes::Index { table, name, unique, .. } = &index;
        let (columns, kind) = (index.list(), if *unique { "UNIQUE " } else { "" });
        let first = index.columns[0];
        let others = [
            String::new(),
            format!("CREATE {kind}INDEX {name} ON {table} ({columns}, xmin)"),
            format!("CREATE {kind}INDEX {name} ON {table} ({columns}) WHERE {first} IS NULL"),
            // Listed under the column's name.
            format!("CREATE {kind}INDEX {name} ON {table} (({first}::VARCHAR(3)))"),
        ];
        let not_unique = format!("CREATE INDEX {name} ON {table} ({columns})");
        for other in others.into_iter().chain(unique.then_some(not_unique)) {
            let lose = AssertSqlSafe(format!("DROP INDEX IF EXISTS {name}"));
            connection.execute(lose).await.unwrap();
            // Not each of them can be made.
            if connection.execute(AssertSqlSafe(other.clone())).await.is_ok() {
                let opened = schema.options().open().await;
                let refused =
                    matches!(&opened, Err(StoreError::Lacking(what)) if what.contains(name));
                assert!(refused, "without {name}: {other}: {opened:?}");
            }
        }
        connection.execute(AssertSqlSafe(format!("DROP INDEX IF EXISTS {name}"))).await.unwrap();
        let migrations = schema.options().migrations();
        connection.execute(AssertSqlSafe(migrations[0].sql.clone())).await.unwrap();
        schema.store().await;
    }
    let key = "ALTER TABLE portcullis_users DROP CONSTRAINT portcullis_users_pkey";
    connection.execute(key).await.unwrap();
    let opened = schema.options().open().await;
    assert!(matches!(opened, Err(StoreError::Lacking(_))), "without a key: {opened:?}");
}

/// By a collation of a language one name sorts elsewhere than it is looked for. One that compares
/// by code point is fine, whatever it is called: not every database takes `COLLATE "C"`.
#[tokio::test(flavor = "multi_thread")]
async fn text_in_another_order_is_noticed() {
    let schema = Schema::new();
    schema.store().await;
    let mut connection = connect().await;
    for (collation, fits) in
        [("\"und-x-icu\"", false), ("\"default\"", true), ("\"POSIX\"", true), ("\"C\"", true)]
    {
        let change = format!(
            "ALTER TABLE {}.portcullis_users ALTER COLUMN username_key TYPE TEXT COLLATE {collation}",
            schema.name()
        );
        connection.execute(AssertSqlSafe(change)).await.unwrap();
        let opened = schema.options().open().await;
        assert_eq!(opened.is_ok(), fits, "{collation}: {opened:?}");
        assert!(fits || matches!(opened, Err(StoreError::Unsupported(_))), "{opened:?}");
    }
}

/// Both codes by which PostgreSQL chooses another transaction, while one writes and in answer to
/// its `COMMIT`.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_undoes_is_tried_again_and_done_once() {
    for (code, (when, then)) in [("40001", BEFORE), ("40P01", BEFORE), ("40001", AT_COMMIT)] {
        let schema = Schema::new();
        let store = schema.store().await;
        let mut connection = connect().await;
        let make = format!(
            "SET search_path = {0}; CREATE SEQUENCE tries; CREATE FUNCTION undo() RETURNS trigger \
             LANGUAGE plpgsql AS $$ BEGIN IF nextval('{0}.tries') <= 3 THEN RAISE EXCEPTION \
             'undone' USING ERRCODE = '{code}'; END IF; RETURN COALESCE(NEW, OLD); END $$",
            schema.name()
        );
        connection.execute(AssertSqlSafe(make)).await.unwrap();
        let mut armed = String::new();
        servers::what_is_undone_is_done_once(&store, async |table| {
            // What a sequence counted is not undone.
            let times = sqlx::query_scalar("SELECT last_value FROM tries");
            let times: i64 = times.fetch_one(&mut connection).await.unwrap();
            let mut say = format!("ALTER SEQUENCE tries RESTART; {armed}");
            if let Some(table) = table {
                let table = format!("portcullis_{}", table.name);
                say += &format!("{when} ON {table} {then} FOR EACH ROW EXECUTE FUNCTION undo()");
                armed = format!("DROP TRIGGER undo ON {table};");
            }
            connection.execute(AssertSqlSafe(say)).await.unwrap();
            times
        })
        .await;
    }
}

/// How a trigger is made, before and after its table is named.
type Trigger = (&'static str, &'static str);
const BEFORE: Trigger = ("CREATE TRIGGER undo BEFORE INSERT OR UPDATE OR DELETE", "");
const AT_COMMIT: Trigger = (
    "CREATE CONSTRAINT TRIGGER undo AFTER INSERT OR UPDATE OR DELETE",
    "DEFERRABLE INITIALLY DEFERRED",
);

/// Databases that keep less than PostgreSQL undo reads as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_the_database_undoes_is_tried_again() {
    let schema = Schema::new();
    let store = schema.store().await;
    store.commit(&batch(vec![insert(&ACCOUNTS, 1)])).await.unwrap();
    let make = format!(
        "SET search_path = {0}; CREATE SEQUENCE tries; CREATE FUNCTION fails() RETURNS boolean \
         LANGUAGE plpgsql AS $$ BEGIN IF nextval('{0}.tries') <= 3 THEN RAISE EXCEPTION 'undone' \
         USING ERRCODE = '40001'; END IF; RETURN true; END $$; ALTER TABLE portcullis_accounts \
         RENAME TO kept; CREATE VIEW portcullis_accounts AS SELECT * FROM kept WHERE {0}.fails()",
        schema.name()
    );
    connect().await.execute(AssertSqlSafe(make)).await.unwrap();
    let found = store.get(&ACCOUNTS, row(&ACCOUNTS, 1).key()).await.unwrap();
    assert_eq!(found.unwrap().key(), row(&ACCOUNTS, 1).key());
}

/// Within the transaction it is said in: waits until another one waits for this one.
/// Of two that wait for each other the one that notices is ended, and each looks once, here three
/// seconds after its wait began. So this one must begin to wait within those, however slow the
/// machine is, and looks much later itself.
const UNTIL_SOMEBODY_WAITS: &str = "DO $$ BEGIN \
     PERFORM set_config('deadlock_timeout', '60s', true); \
     WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted \
     AND pg_backend_pid() = ANY (pg_blocking_pids(pid))) \
     LOOP PERFORM pg_sleep(0.005); END LOOP; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_a_deadlock_tries_again() {
    let schema = Schema::new();
    let url = format!("{}&options=-c%20deadlock_timeout%3D3s", postgres::url());
    let options = PostgresOptions::new(&url).unwrap().schema(schema.name());
    let store = Arc::new(options.open().await.unwrap());
    let mut connection = connect().await;
    let enter = format!("SET search_path = {}", schema.name());
    connection.execute(AssertSqlSafe(enter)).await.unwrap();
    servers::who_loses_a_deadlock_tries_again(store, UNTIL_SOMEBODY_WAITS, async |sql| {
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    })
    .await;
}

/// Whoever opens a store is told soon that the database does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn opening_does_not_wait_for_ever() {
    let schema = Schema::new();
    schema.store().await;
    let mut holder = connect().await;
    for table in ["schema", "settings"] {
        let lock = format!("BEGIN; LOCK TABLE {}.portcullis_{table}", schema.name());
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holder).await.unwrap();
        let options = schema.options().timeout(Duration::from_millis(500));
        let opened = tokio::time::timeout(Duration::from_secs(60), options.open()).await.unwrap();
        assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{table}: {opened:?}");
        holder.execute("ROLLBACK").await.unwrap();
    }
    schema.store().await;
}
