//! Properties of every parser and codec, for any input.
//!
//! `PROPTEST_CASES=100000 cargo test --test properties` looks longer.

mod charge;
mod clock;
mod effects;
mod email;
mod ids;
mod login_name;
mod names;
mod passwords;
mod roles;
mod rows;
mod site;
mod text;
mod token;
mod username;
