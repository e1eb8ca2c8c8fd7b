//! The main job in a real browser, as a person does it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod administrator;
mod driver;
mod house;
mod keyboard;
mod person;
mod plan;
mod shots;
#[path = "../support/mod.rs"]
mod support;
mod walk;
mod without;
