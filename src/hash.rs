//! Password hashing: Argon2id, on threads of its own.

mod argon2id;
mod pool;

pub use argon2id::Params;

use std::sync::Arc;

use crate::{
    entropy::{Entropy, EntropyError},
    secret::Password,
};
pub(crate) use pool::Place;
use pool::Pool;

/// How passwords are hashed, and on how much of the machine.
///
/// Memory stays within `threads` × [`Params::memory_kib`], however many log in at once. On Linux
/// these threads have a lower priority than the rest of the process, so that requests which need
/// no hash are answered while they work. [`build()`](crate::auth::Builder::build) refuses numbers
/// beyond the bounds named here and in [`Params`].
///
/// ```
/// use portcullis::hash::Hashing;
/// let hashing = Hashing::default();
/// assert_eq!(hashing.params.memory_kib, 19_456);
/// assert_eq!(hashing.queue, 64);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hashing {
    /// What a new hash costs. Stored hashes of other costs still verify, and are renewed at the
    /// next log-in.
    pub params: Params,
    /// How many hash at once, 1 to 1,024: one for each core by default.
    pub threads: usize,
    /// How many wait, 1 to 65,536; the next is answered `Busy`. Where it was measured
    /// (`benches/README.md`), a full queue of 64, the default, and two threads were through in 1.1
    /// seconds.
    pub queue: usize,
}

impl Default for Hashing {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { params: Params::default(), threads, queue: 64 }
    }
}

impl Hashing {
    /// What is wrong with these settings, in words for the developer who wrote them.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut found = self.params.findings();
        if !(1..=1_024).contains(&self.threads) {
            found.push("hashing.threads must be 1 to 1,024".into());
        }
        if !(1..=65_536).contains(&self.queue) {
            found.push("hashing.queue must be 1 to 65,536".into());
        }
        found
    }
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Whether the password is the one.
    pub(crate) matches: bool,
    /// Whether the stored hash should be made anew with the present parameters.
    pub(crate) outdated: bool,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("the queue for hashing is full")]
    Busy,
    #[error("a hashing thread ended without an answer")]
    Lost,
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Hashes and verifies passwords.
pub(crate) struct Hasher {
    params: Params,
    pool: Pool,
    entropy: Arc<dyn Entropy>,
}

impl Hasher {
    pub(crate) fn start(hashing: &Hashing, entropy: Arc<dyn Entropy>) -> std::io::Result<Self> {
        let pool = Pool::start(hashing.threads, hashing.queue, hashing.params.blocks())?;
        Ok(Self { params: hashing.params, pool, entropy })
    }

    /// Takes a place among those who hash and those who wait.
    pub(crate) fn place(&self) -> Result<Place, HashError> {
        self.pool.place()
    }

    /// Compares a password with a stored hash. Where there is none, or it cannot be read, the
    /// same work is done on nothing and the answer is no: whoever asks cannot forget to.
    pub(crate) async fn verify(
        &self,
        place: Place,
        password: &Password,
        stored: Option<&str>,
    ) -> Result<Verified, HashError> {
        tracing::trace!(target: "portcullis::hash", call = "verify");
        let password = password.normalized();
        let params = self.params;
        let stored = stored.and_then(|text| {
            let stored = argon2id::Stored::parse(text);
            if stored.is_none() {
                tracing::error!("a stored password hash cannot be read; its log-ins are refused");
            }
            stored
        });
        let job = self.pool.run(place, move |memory| match stored {
            Some(stored) => Verified {
                matches: stored.matches(&password, memory),
                outdated: !params.within(stored.params),
            },
            None => {
                argon2id::spend(&password, params, memory);
                Verified { matches: false, outdated: false }
            }
        });
        job.await.map_err(|_| HashError::Lost)
    }

    /// Hashes a new password, under a new salt of 128 bits (RFC 9106 §3.1).
    pub(crate) async fn hash(&self, password: &Password) -> Result<String, HashError> {
        tracing::trace!(target: "portcullis::hash", call = "hash");
        let password = password.normalized();
        let params = self.params;
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt)?;
        let place = self.pool.place()?;
        let job =
            self.pool.run(place, move |memory| argon2id::hash(&password, &salt, params, memory));
        job.await.ok().flatten().ok_or(HashError::Lost)
    }
}
