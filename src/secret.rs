//! Secrets, in types that cannot leak by accident.
//!
//! Each is wiped from memory when dropped, prints `[redacted]`, cannot be serialised and cannot
//! be compared with `==`. A store sees digests only.

mod digest;
mod keyed;
mod password;
mod token;

pub use digest::{Digest, Purpose};
pub use keyed::SiteKey;
pub use password::{Password, PasswordTooLong};
pub use token::{InvalidToken, Token};
