//! What the tests of the example share: the program itself, and a small HTTP client.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod client;
pub mod database;
pub mod program;

pub use client::Client;
pub use program::Crm;

use serde_json::Value;

/// The password the walks begin with, and those they change to.
pub const FIRST: &str = "quiet harbour lantern 41";
pub const SECOND: &str = "paper kite over the marsh 7";
pub const THIRD: &str = "seven grey herons at noon";

/// The token of a mailed link.
pub fn token(link: &str) -> &str {
    link.split_once("?token=").map(|(_, token)| token).expect("a link with a token")
}

/// The links in the letters to this address, newest first.
pub fn links(letters: &Value, to: &str) -> Vec<String> {
    let letters = letters.as_array().expect("letters");
    let texts = letters.iter().filter(|letter| letter["to"] == to).map(|letter| &letter["text"]);
    texts
        .flat_map(|text| text.as_str().unwrap_or("").split_whitespace())
        .filter(|word| word.contains("?token="))
        .map(str::to_owned)
        .collect()
}

/// Tries until there is something, for up to thirty seconds: letters come by themselves, and a
/// machine may be busy.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("waited too long for {what}")
}
