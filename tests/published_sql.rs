//! The migrations that were published stay as they are: whoever ran one has the tables it made.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use std::{fs, path::Path};

use portcullis::store::{
    CONTRACT, mysql::MySqlStore, postgres::PostgresStore, sqlite::SqliteStore,
};

/// How to write them down: CONTRIBUTING.md, "Adding a table or a column".
const WRITE: &str = "PORTCULLIS_PUBLISH_SQL";

#[test]
fn published_migrations_do_not_change() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (database, migrations) in [
        ("sqlite", SqliteStore::migrations()),
        ("postgres", PostgresStore::migrations()),
        ("mysql", MySqlStore::migrations()),
    ] {
        assert_eq!(migrations.len(), usize::try_from(CONTRACT).unwrap());
        for migration in migrations {
            let name = format!("{database}_{}.sql", migration.contract);
            let path = folder.join(&name);
            if std::env::var_os(WRITE).is_some() {
                fs::write(&path, &migration.sql).unwrap();
            }
            let published = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(migration.sql, published, "{name} is not what was published");
        }
    }
}
