use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Digest, Purpose};
use crate::entropy::{Entropy, EntropyError};

/// 256 random bits that open something: a session, or a mailed link.
///
/// Written as 43 base64url characters. It exists in the cookie or the letter and nowhere else;
/// what a store keeps is its [`Digest`].
///
/// ```
/// use portcullis::{entropy::SystemEntropy, secret::Token};
/// let token = Token::draw(&SystemEntropy)?;
/// let written = token.reveal();
/// assert_eq!(written.len(), 43);
/// assert!(Token::parse(&written).is_ok());
/// assert_eq!(format!("{token:?}"), "[redacted]");
/// # Ok::<(), portcullis::entropy::EntropyError>(())
/// ```
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

/// The text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid token")]
pub struct InvalidToken;

impl Token {
    /// How many characters a written token has.
    pub const LENGTH: usize = 43;

    /// Draws a new token.
    ///
    /// # Errors
    /// [`EntropyError`] when the source of randomness does not answer.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// Reads a written token. Each token has one spelling: stray bits at the end are refused.
    ///
    /// # Errors
    /// [`InvalidToken`] for anything but 43 characters of canonical base64url.
    pub fn parse(written: &str) -> Result<Self, InvalidToken> {
        if written.len() != Self::LENGTH {
            return Err(InvalidToken);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        match BASE64URL_NOPAD.decode_mut(written.as_bytes(), bytes.as_mut_slice()) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(InvalidToken),
        }
    }

    /// The token as it stands in a cookie or a link. Do not log it, do not store it.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(self.0.as_slice()))
    }

    /// What a store keeps: SHA-256 over the purpose and the token. A fast hash is right here,
    /// since 256 random bits cannot be searched; the purpose keeps a token of one kind from
    /// being taken for another.
    #[must_use]
    pub fn digest(&self, purpose: Purpose) -> Digest {
        let hash = Sha256::new()
            .chain_update(purpose.as_str())
            .chain_update([0])
            .chain_update(self.0.as_slice())
            .finalize();
        Digest::from_bytes(hash.into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
