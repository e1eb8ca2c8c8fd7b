//! portcullis
#![forbid(unsafe_code)]
pub mod clock;
pub mod entropy;
pub mod id;
pub mod model;
pub mod policy;
pub mod secret;
pub mod store;
