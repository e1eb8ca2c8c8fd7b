//! Opening, sharing, closing and breaking a SQLite store.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/indexes.rs"]
mod indexes;

use std::{path::PathBuf, time::Duration};

use indexes::indexes;

use portcullis::{
    entropy::SystemEntropy,
    id::BatchId,
    store::{
        Batch, CONTRACT, Change, CommitError, Kind, Row, Store, StoreError, Table, Value,
        sqlite::{SqliteOptions, SqliteStore},
        tables::{ACCOUNTS, SETTINGS},
    },
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use time::OffsetDateTime;

struct File {
    _folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { path: folder.path().join("life.db"), _folder: folder }
    }

    async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.path).create_if_missing(true);
        options.connect().await.unwrap()
    }
}

fn row(table: &Table, n: u8) -> Row {
    let value = |column: &portcullis::store::Column| match column.kind {
        Kind::Bytes => Value::Bytes(vec![n; 16]),
        Kind::Int => Value::Int(1),
        Kind::Text => Value::Text("canary".into()),
    };
    Row::new(table.columns.iter().map(value).collect())
}

fn insert(table: &'static Table, n: u8) -> Batch {
    let id = BatchId::draw(OffsetDateTime::UNIX_EPOCH, &SystemEntropy).unwrap();
    let change = Change::Insert { table, row: row(table, n) };
    Batch::new(id, OffsetDateTime::UNIX_EPOCH, vec![change])
}

fn unsupported<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unsupported(_)))
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    store.commit(&insert(&ACCOUNTS, 1)).await.unwrap();
    for end in ["", "-wal", "-shm"] {
        let path = format!("{}{end}", file.path.display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn a_host_can_keep_its_tables_beside() {
    let file = File::new();
    let mut host = file.connect().await;
    host.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    host.execute("INSERT INTO users (name) VALUES ('somebody')").await.unwrap();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let other = SqliteOptions::new(&file.path).prefix("other_").open().await.unwrap();
    store.commit(&insert(&ACCOUNTS, 1)).await.unwrap();
    assert!(other.get(&ACCOUNTS, &[1; 16]).await.unwrap().is_none(), "two prefixes, one table");
    let count = host.fetch_one("SELECT COUNT(*) FROM users").await.unwrap();
    assert_eq!(count.get::<i64, _>(0), 1);
    for prefix in ["Users", "a-b", "1a", "a`b", "a\"", "a_very_long_prefix_indeed_it_is"] {
        let opened = SqliteOptions::new(&file.path).prefix(prefix).open().await;
        assert!(unsupported(opened), "{prefix:?} was taken for a prefix");
    }
}

#[tokio::test]
async fn migrations_can_be_run_by_the_host_and_twice() {
    let file = File::new();
    let options = SqliteOptions::new(&file.path).migrated_by_host();
    assert!(unsupported(options.open().await), "tables were made although the host makes them");
    let mut host = file.connect().await;
    for _ in 0..2 {
        for migration in options.migrations() {
            assert!(migration.sql.lines().all(|line| line.ends_with(';')));
            let sql = AssertSqlSafe(migration.sql.clone());
            sqlx::raw_sql(sql).execute(&mut host).await.unwrap();
        }
    }
    let store = options.open().await.unwrap();
    store.commit(&insert(&ACCOUNTS, 1)).await.unwrap();
    let again = SqliteStore::open(&file.path).await.unwrap();
    assert!(again.get(&ACCOUNTS, &[1; 16]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_newer_or_another_schema_is_refused() {
    let file = File::new();
    drop(SqliteStore::open(&file.path).await.unwrap());
    let mut host = file.connect().await;
    host.execute("ALTER TABLE portcullis_accounts DROP COLUMN name").await.unwrap();
    assert!(unsupported(SqliteStore::open(&file.path).await), "a table without a column");
    host.execute("ALTER TABLE portcullis_accounts ADD COLUMN name TEXT").await.unwrap();
    SqliteStore::open(&file.path).await.unwrap();
    let newer = AssertSqlSafe(format!("INSERT INTO portcullis_schema VALUES ({})", CONTRACT + 1));
    host.execute(newer).await.unwrap();
    assert!(unsupported(SqliteStore::open(&file.path).await), "a newer schema");
    let count = host.fetch_one("SELECT COUNT(*) FROM portcullis_schema").await.unwrap();
    assert_eq!(count.get::<i64, _>(0), i64::from(CONTRACT) + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_can_open_a_new_file_at_once() {
    for _ in 0..5 {
        let file = File::new();
        let mut openers = tokio::task::JoinSet::new();
        for n in 0..8 {
            let path = file.path.clone();
            openers.spawn(async move {
                let store = SqliteStore::open(path).await.expect("the store opens");
                store.commit(&insert(&ACCOUNTS, n)).await.expect("the store writes");
            });
        }
        openers.join_all().await;
    }
}

#[tokio::test]
async fn what_is_no_database_is_not_opened() {
    let file = File::new();
    std::fs::write(&file.path, "a letter to somebody, longer than a header. ".repeat(99)).unwrap();
    let opened = SqliteStore::open(&file.path).await;
    assert!(matches!(opened, Err(StoreError::Unavailable(_))));
    let nowhere = SqliteStore::open(file.path.join("nowhere.db")).await;
    assert!(matches!(nowhere, Err(StoreError::Unavailable(_))));
    assert_eq!(std::fs::read_to_string(&file.path).unwrap().len(), 44 * 99, "it was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_close_every_call_is_unavailable() {
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let asked: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(&insert(&ACCOUNTS, n)).await.is_ok() })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let clone = store.clone();
    tokio::join!(store.close(), clone.close());
    let closed = clone.commit(&insert(&ACCOUNTS, 99)).await;
    assert!(matches!(closed, Err(CommitError::Failed(StoreError::Unavailable(_)))));
    let closed = clone.get(&ACCOUNTS, &[1; 16]).await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))));
    clone.close().await;
    let wal = format!("{}-wal", file.path.display());
    assert!(!std::path::Path::new(&wal).exists(), "the log was not written back");
    let again = SqliteStore::open(&file.path).await.unwrap();
    for (n, asked) in (0..).zip(asked) {
        let there = again.get(&ACCOUNTS, &[n; 16]).await.unwrap().is_some();
        assert_eq!(asked.await.unwrap(), there, "what a call was answered while closing");
    }
}

#[tokio::test]
async fn the_threads_end_with_the_last_handle() {
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let clone = store.clone();
    store.commit(&insert(&ACCOUNTS, 1)).await.unwrap();
    drop(store);
    clone.commit(&insert(&ACCOUNTS, 2)).await.unwrap();
    drop(clone);
    let wal = PathBuf::from(format!("{}-wal", file.path.display()));
    for _ in 0..3_000 {
        if !wal.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the file is still open half a minute after the last handle went");
}

#[test]
fn a_store_outlives_the_runtime_it_was_opened_on() {
    let file = File::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime().block_on(SqliteStore::open(&file.path)).unwrap();
    for n in 0..3 {
        runtime().block_on(async {
            store.commit(&insert(&ACCOUNTS, n)).await.unwrap();
            assert!(store.get(&ACCOUNTS, &[n; 16]).await.unwrap().is_some());
        });
    }
}

/// A trigger of the host's that fails is the nearest thing to a failing disk a test can have.
#[tokio::test(flavor = "multi_thread")]
async fn the_writer_survives_errors_and_spares_the_others() {
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let mut host = file.connect().await;
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON portcullis_settings
                 BEGIN SELECT RAISE(ROLLBACK, 'no'); END";
    host.execute(fails).await.unwrap();
    for round in 0..10_u8 {
        let calls = (0..10_u8).map(|n| {
            let (store, n) = (store.clone(), round * 10 + n);
            let table = if n % 3 == 0 { &SETTINGS } else { &ACCOUNTS };
            tokio::spawn(async move { (n, store.commit(&insert(table, n)).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            let (n, answer) = call.await.unwrap();
            if n % 3 == 0 {
                let failed = matches!(answer, Err(CommitError::Failed(StoreError::Unavailable(_))));
                assert!(failed, "{answer:?}");
            } else {
                answer.expect("a batch that shared a commit with one that failed");
                assert!(store.get(&ACCOUNTS, &[n; 16]).await.unwrap().is_some());
            }
        }
    }
    host.execute("DROP TRIGGER fails").await.unwrap();
    store.commit(&insert(&SETTINGS, 1)).await.expect("the store recovers");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_never_show_values() {
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let mut host = file.connect().await;
    host.execute("DROP TABLE portcullis_settings").await.unwrap();
    store.commit(&insert(&ACCOUNTS, 1)).await.unwrap();
    let mut said = String::new();
    let read = store.get(&SETTINGS, b"canary").await.map(drop).unwrap_err();
    let written = store.commit(&insert(&SETTINGS, 1)).await.unwrap_err();
    let taken = store.commit(&insert(&ACCOUNTS, 1)).await.unwrap_err();
    for error in [&read as &dyn std::error::Error, &written, &taken] {
        let mut next = Some(error);
        while let Some(error) = next {
            said += &format!("{error} {error:?} ");
            next = error.source();
        }
    }
    assert!(said.contains("no such table"), "{said}");
    assert!(!said.contains("canary") && !said.contains("0101"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_that_writes_is_waited_for() {
    let file = File::new();
    let store = SqliteStore::open(&file.path).await.unwrap();
    let mut host = file.connect().await;
    host.execute("BEGIN IMMEDIATE").await.unwrap();
    let waiting = {
        let store = store.clone();
        tokio::spawn(async move { store.commit(&insert(&ACCOUNTS, 1)).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    assert!(store.get(&ACCOUNTS, &[1; 16]).await.unwrap().is_none(), "reads do not wait");
    host.execute("COMMIT").await.unwrap();
    host.close().await.unwrap();
    waiting.await.unwrap().expect("a commit that waited for another process");
}

/// A tool that loses an index loses what keeps two people from having one name, or what keeps a
/// list from reading everything. Run again, the migrations bring it back.
#[tokio::test]
async fn a_lost_or_changed_index_is_noticed() {
    let file = File::new();
    drop(SqliteStore::open(&file.path).await.unwrap());
    let mut host = file.connect().await;
    let migrations = SqliteStore::migrations();
    for index in indexes() {
        let indexes::Index { table, name, unique, .. } = &index;
        let columns = index.list();
        let kind = if *unique { "UNIQUE " } else { "" };
        let others = [
            String::new(),
            format!("CREATE {kind}INDEX {name} ON {table} ({columns}, version)"),
            format!("CREATE {kind}INDEX {name} ON {table} ({columns}) WHERE expires_at > 0"),
            format!("CREATE {kind}INDEX {name} ON {table} ({columns} COLLATE NOCASE)"),
        ];
        let not_unique = format!("CREATE INDEX {name} ON {table} ({columns})");
        for other in others.into_iter().chain(unique.then_some(not_unique)) {
            let drop = AssertSqlSafe(format!("DROP INDEX IF EXISTS {name}"));
            host.execute(drop).await.unwrap();
            // Not each table has such a column.
            if host.execute(AssertSqlSafe(other.clone())).await.is_ok() {
                let opened = SqliteStore::open(&file.path).await;
                let said = opened.err().map(|error| error.to_string()).unwrap_or_default();
                assert!(said.contains(name), "without {name}: {other}: {said}");
            }
        }
        host.execute(AssertSqlSafe(format!("DROP INDEX IF EXISTS {name}"))).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(migrations[0].sql.clone())).execute(&mut host).await.unwrap();
        SqliteStore::open(&file.path).await.unwrap();
    }
}
