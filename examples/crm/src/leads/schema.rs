//! The CRM's tables, and how they come to be.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
};

/// Oldest first; what was published is never changed, only followed.
const STEPS: [(&str, &str); 1] = [(
    "leads",
    "CREATE TABLE crm_leads (
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
)];

/// Takes the steps that were not taken yet.
pub(super) async fn bring_up(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let steps = STEPS.into_iter().zip(1_i64..).map(|((name, sql), version)| {
        let sql = sql.into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // A table of its own for what was done: portcullis keeps its own beside it.
    migrator.dangerous_set_table_name("_crm_migrations");
    Ok(migrator.run(pool).await?)
}
