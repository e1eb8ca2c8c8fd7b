//! The main job in a real browser, as a person does it.

mod driver;
mod person;
mod shots;
#[path = "../support/mod.rs"]
mod support;
mod walk;
