//! A house for the targets that need a whole one.

mod house;

pub use house::{House, NAME, PASSWORD};

/// The text of an input, where it is text.
#[must_use]
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
