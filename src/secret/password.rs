use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password as somebody typed it.
///
/// At most [`Password::MAX_BYTES`]: nothing longer can be made, so nothing longer reaches a hash.
///
/// ```
/// use portcullis::secret::Password;
/// let password = Password::new("correct horse battery staple")?;
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert!(Password::new("x".repeat(4_097)).is_err());
/// # Ok::<(), portcullis::secret::PasswordTooLong>(())
/// ```
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The password is longer than [`Password::MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has at most {} bytes", Password::MAX_BYTES)]
pub struct PasswordTooLong;

impl Password {
    /// The longest password read, in bytes of UTF-8 before normalisation. SP 800-63B-4 §3.1.1.2
    /// asks for at least 64 characters; this leaves room for any sentence while a request's cost
    /// stays bounded.
    pub const MAX_BYTES: usize = 4_096;

    /// Takes what was typed, as it is: no trimming, no case folding.
    ///
    /// # Errors
    /// [`PasswordTooLong`] beyond [`Password::MAX_BYTES`].
    pub fn new(typed: impl Into<String>) -> Result<Self, PasswordTooLong> {
        let typed = Zeroizing::new(typed.into());
        if typed.len() > Self::MAX_BYTES { Err(PasswordTooLong) } else { Ok(Self(typed)) }
    }

    /// The form that is hashed and measured: Unicode NFC (SP 800-63B-4 §3.1.1.2), so that one
    /// password typed on two keyboards is one password.
    pub(crate) fn normalized(&self) -> Zeroizing<String> {
        // Room for the worst case beforehand, so that no half-filled copy is left behind.
        let mut out = Zeroizing::new(String::with_capacity(self.0.len() * 3));
        out.extend(self.0.nfc());
        out
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
