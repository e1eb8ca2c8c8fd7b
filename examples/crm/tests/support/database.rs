//! A database of its own for a test, on the servers that scripts/test starts.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection};

fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run scripts/test, which starts servers"))
}

/// A name nobody else has: that of the test's folder.
fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap().to_string_lossy().to_lowercase();
    format!("crm_{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), ""))
}

/// The URL with another database in it.
fn within(url: &str, database: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_path(database);
    url.into()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The URL of an empty database on PostgreSQL.
pub fn postgres(folder: &Path) -> String {
    let (url, name) = (server("PORTCULLIS_TEST_POSTGRES"), name(folder));
    wait(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let make = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(make)).await.unwrap();
    });
    within(&url, &name)
}

/// The URL of an empty database on MariaDB.
pub fn mysql(folder: &Path) -> String {
    let (url, name) = (server("PORTCULLIS_TEST_MYSQL"), name(folder));
    wait(async {
        let mut connection = MySqlConnection::connect(&url).await.unwrap();
        let make = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(make)).await.unwrap();
    });
    within(&url, &name)
}
