//! What hosts test with: a clock that stands still, randomness that repeats, and a proof for
//! every clause of the store's contract.
//!
//! Nothing here belongs in a running site.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a proof fails by panicking, with words that say what did not hold"
)]

pub mod clock;
pub mod entropy;
pub mod store;
