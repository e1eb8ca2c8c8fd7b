//! The one door randomness comes through.

use rand::{TryRng, rngs::SysRng};

/// Fills buffers with bytes nobody can predict.
///
/// Everything that must not be guessed (tokens, salts, ids) is drawn here, so a test can make a
/// whole run repeat and a reviewer has one place to look.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `buffer` wholly with unpredictable bytes.
    ///
    /// # Errors
    /// [`EntropyError`] when the source cannot answer; the caller gives up what it was doing.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness did not answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the source of randomness did not answer")]
pub struct EntropyError;

/// The operating system's generator.
///
/// ```
/// use portcullis::entropy::{Entropy, SystemEntropy};
/// let mut token = [0; 32];
/// SystemEntropy.fill(&mut token)?;
/// assert_ne!(token, [0; 32]);
/// # Ok::<(), portcullis::entropy::EntropyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let mut source = SysRng;
        source.try_fill_bytes(buffer).map_err(|_| EntropyError)
    }
}
