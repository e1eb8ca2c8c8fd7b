//! The CRM's tables, and how they come to be.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::database::{Pool, on_each};

/// A step, as each database wants it said.
struct Step {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    mysql: &'static str,
}

/// Oldest first; what was published is never changed, only followed.
const STEPS: [Step; 1] = [Step {
    name: "leads",
    sqlite: "CREATE TABLE crm_leads (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account BLOB NOT NULL,
        company TEXT NOT NULL,
        contact TEXT NOT NULL,
        stage TEXT NOT NULL,
        added_by BLOB NOT NULL,
        added_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX crm_leads_all ON crm_leads (account, id);
    CREATE INDEX crm_leads_own ON crm_leads (account, added_by, id);
    CREATE TABLE crm_first_administrator (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        user BLOB NOT NULL
    ) STRICT;",
    postgres: "CREATE TABLE crm_leads (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account BYTEA NOT NULL,
        company TEXT NOT NULL,
        contact TEXT NOT NULL,
        stage TEXT NOT NULL,
        added_by BYTEA NOT NULL,
        added_at BIGINT NOT NULL
    );
    CREATE INDEX crm_leads_all ON crm_leads (account, id);
    CREATE INDEX crm_leads_own ON crm_leads (account, added_by, id);
    CREATE TABLE crm_first_administrator (
        one BIGINT PRIMARY KEY CHECK (one = 1),
        administrator BYTEA NOT NULL
    );",
    // DDL commits by itself here: a step that was broken off goes on where it ended.
    mysql: "CREATE TABLE IF NOT EXISTS crm_leads (
        id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
        account VARBINARY(16) NOT NULL,
        company VARCHAR(120) CHARACTER SET utf8mb4 NOT NULL,
        contact VARCHAR(120) CHARACTER SET utf8mb4 NOT NULL,
        stage VARCHAR(16) CHARACTER SET utf8mb4 NOT NULL,
        added_by VARBINARY(16) NOT NULL,
        added_at BIGINT NOT NULL,
        INDEX crm_leads_all (account, id),
        INDEX crm_leads_own (account, added_by, id)
    ) ENGINE=InnoDB;
    CREATE TABLE IF NOT EXISTS crm_first_administrator (
        one BIGINT NOT NULL PRIMARY KEY,
        administrator VARBINARY(16) NOT NULL
    ) ENGINE=InnoDB;",
}];

/// Takes the steps that were not taken yet.
pub(super) async fn bring_up(pool: &Pool) -> Result<(), sqlx::Error> {
    let steps = STEPS.into_iter().zip(1_i64..).map(|(step, version)| {
        let sql = match pool {
            Pool::Sqlite(_) => step.sqlite,
            Pool::Postgres(_) => step.postgres,
            Pool::MySql(_) => step.mysql,
        };
        let (name, sql) = (Cow::Borrowed(step.name), sql.into_sql_str());
        Migration::new(version, name, MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // A table of its own for what was done: portcullis keeps its own beside it.
    migrator.dangerous_set_table_name("_crm_migrations");
    on_each!(pool, pool => migrator.run(pool).await)?;
    Ok(())
}
