//! The JSON contract, walked as curl would walk it against the running program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod leads;
mod plans;
mod program;
mod renames;
mod roles;
#[path = "../support/mod.rs"]
mod support;
mod walk;
mod wrong;

use serde_json::json;
use support::{Client, Crm, FIRST, token};

/// Sets the account up and logs the administrator in.
fn set_up(crm: &Crm) -> Client {
    let mut client = crm.client();
    let link = crm.set_up_link();
    let body = json!({"token": token(&link), "password": FIRST});
    assert_eq!(client.call("POST", "/activation", &body).status, 204);
    log_in(&mut client, FIRST);
    client
}

fn log_in(client: &mut Client, password: &str) {
    let answer = client.call("POST", "/session", &json!({"login": "admin", "password": password}));
    assert_eq!(answer.status, 200, "{}", answer.body);
}
