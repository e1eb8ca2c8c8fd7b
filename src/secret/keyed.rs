use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The site's own key, under which typed names become digests.
///
/// People type passwords into name fields, so limits and the audit trail keep HMAC-SHA-256 of
/// what strangers typed, never the text. The key is drawn at the first use and kept in the
/// store; a host that wants the two apart hands its own to the builder.
#[derive(Clone)]
pub struct SiteKey(Zeroizing<[u8; 32]>);

impl SiteKey {
    /// The key these bytes are. They should be drawn at random and be the same in every process
    /// of the site.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for keeping them.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest of `parts` for `domain`. Each part is preceded by its length, so that no two
    /// lists of parts read the same.
    pub(crate) fn digest(&self, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else {
            // HMAC takes a key of any length (RFC 2104), so this arm is never taken.
            return [0; 32];
        };
        for part in std::iter::once(&domain.as_bytes()).chain(parts) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
