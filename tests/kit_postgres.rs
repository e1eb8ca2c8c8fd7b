//! The PostgreSQL store holds every clause of its contract.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "support/postgres.rs"]
mod postgres;

use portcullis::store_kit;

store_kit!(postgres::Schema::new());
