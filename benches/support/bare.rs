//! The hash alone, in the two ways a site could run it without this library.
#![allow(dead_code, unreachable_pub)] // each bench uses its part

use std::{sync::mpsc, thread};

use argon2::{Algorithm, Argon2, Block, Version};
use portcullis::hash::Params;
use tokio::sync::oneshot;

use super::site::PASSWORD;

const SALT: &[u8; 16] = b"sixteen bytes...";

fn context() -> Argon2<'static> {
    let Params { memory_kib, passes, lanes, .. } = Params::default();
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(32)).expect("sound");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// One thread that keeps its work memory and does nothing but hash: the least a verification can
/// cost with this implementation of Argon2.
pub struct Kept {
    jobs: mpsc::Sender<oneshot::Sender<u8>>,
}

impl Kept {
    pub fn start() -> Self {
        let (jobs, waiting) = mpsc::channel::<oneshot::Sender<u8>>();
        thread::spawn(move || {
            // As the library's threads do: a thread that is interrupted more often also hashes a
            // little more slowly, which is not what is to be compared.
            #[cfg(target_os = "linux")]
            rustix::process::nice(5).expect("a lower priority");
            let context = context();
            let mut memory = vec![Block::default(); context.params().block_count()];
            while let Ok(job) = waiting.recv() {
                let mut out = [0; 32];
                context
                    .hash_password_into_with_memory(
                        PASSWORD.as_bytes(),
                        SALT,
                        &mut out,
                        &mut memory,
                    )
                    .expect("sound parameters");
                let _ = job.send(out[0]);
            }
        });
        Self { jobs }
    }

    pub async fn verify(&self) {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(answer).expect("the thread lives");
        std::hint::black_box(answered.await.expect("an answer"));
    }
}

/// What most sites do: a blocking task that allocates, hashes and frees.
pub async fn one_shot() {
    let hashed = tokio::task::spawn_blocking(|| {
        let mut out = [0; 32];
        let done = context().hash_password_into(PASSWORD.as_bytes(), SALT, &mut out);
        done.expect("sound parameters");
        out[0]
    });
    std::hint::black_box(hashed.await.expect("an answer"));
}
