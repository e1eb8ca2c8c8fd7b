//! portcullis
#![forbid(unsafe_code)]
pub mod auth;
pub mod clock;
pub mod entropy;
pub mod error;
pub mod hash;
pub mod id;
pub mod mail;
pub mod model;
pub mod outbox;
pub mod policy;
pub mod secret;
pub mod site;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
