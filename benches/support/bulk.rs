//! Puts many rows into empty tables by the way each database has for it: the tables first, then
//! the rows, then the indexes, which are made faster than they are kept.
//!
//! The statements are the migrations every store publishes, so a place that was filled is one that
//! was migrated by its host.
#![allow(unreachable_pub)] // a part of a bench

#[path = "bulk/commits.rs"]
pub mod commits;
#[cfg(feature = "postgres")]
#[path = "bulk/postgres.rs"]
pub mod postgres;
#[path = "bulk/sqlite.rs"]
pub mod sqlite;

use portcullis::store::{Row, Table, sqlite::Migration};

use crate::progress::Progress;

/// A database that is being filled.
#[async_trait::async_trait]
pub trait Bulk: Send {
    /// Rows nobody else has.
    async fn put(&mut self, table: &'static Table, rows: Vec<Row>);

    /// No more rows come: makes what the tables still lack.
    async fn end(self: Box<Self>, what: &str);
}

/// The statements of migrations, in two parts: those that make tables, and those to be run when
/// the rows are there. The last of them notes that all is done.
fn parts(migrations: &[Migration]) -> (Vec<String>, Vec<String>) {
    let whole = migrations.iter().flat_map(|migration| migration.sql.split_inclusive(";\n"));
    let whole = whole.map(str::to_owned).filter(|statement| !statement.trim().is_empty());
    whole.partition(|it| it.starts_with("CREATE TABLE") || it.starts_with("ALTER TABLE"))
}

/// How far the later statements are.
fn progress(what: &str, later: &[String]) -> Progress {
    Progress::of(format!("{what}, indexes"), later.len() as u64)
}
