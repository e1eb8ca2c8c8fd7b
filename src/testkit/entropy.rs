//! Randomness that repeats.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sha2::{Digest as _, Sha256};

use crate::entropy::{Entropy, EntropyError};

/// Draws the same bytes in every run: SHA-256 of the seed and a counter. Clones draw from one
/// sequence.
///
/// ```
/// use portcullis::{entropy::Entropy, testkit::entropy::SeededEntropy};
/// let draw = |seed| {
///     let mut bytes = [0; 40];
///     SeededEntropy::new(seed).fill(&mut bytes).map(|()| bytes)
/// };
/// assert_eq!(draw(7)?, draw(7)?);
/// assert_ne!(draw(7)?, draw(8)?);
/// # Ok::<(), portcullis::entropy::EntropyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: Arc<AtomicU64>,
}

impl SeededEntropy {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: Arc::new(AtomicU64::new(0)) }
    }

    /// The next number, for tests that must choose.
    #[must_use]
    pub fn number(&self) -> u64 {
        let block = self.block();
        u64::from_le_bytes(*block.first_chunk().expect("a block of 32 bytes"))
    }

    fn block(&self) -> [u8; 32] {
        let counter = self.drawn.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::new().chain_update(self.seed.to_le_bytes());
        hash.chain_update(counter.to_le_bytes()).finalize().into()
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buffer.chunks_mut(32) {
            chunk.copy_from_slice(&self.block()[..chunk.len()]);
        }
        Ok(())
    }
}
