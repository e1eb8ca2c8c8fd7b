//! A few threads that keep their work memory.
//!
//! Hashing on a runtime's threads starves everything else; hashing on freshly made ones takes
//! gigabytes in a storm. These are few, keep one buffer each, and refuse what they cannot do
//! soon.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use argon2::Block;
use futures_channel::oneshot;

use super::HashError;

/// A thread's work memory, as large as its largest job so far.
pub(super) type Memory = Vec<Block>;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

pub(super) struct Pool {
    shared: Arc<Shared>,
    limit: usize,
}

struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
    /// How many blocks of memory a thread keeps between jobs.
    keeps: usize,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    closed: bool,
}

impl Pool {
    pub(super) fn start(threads: usize, limit: usize, keeps: usize) -> std::io::Result<Self> {
        let shared = Shared { queue: Mutex::default(), arrived: Condvar::new(), keeps };
        let shared = Arc::new(shared);
        // Made first, so that the threads already started end if one cannot be.
        let pool = Self { shared, limit };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new()
                .name(format!("portcullis-hash-{number}"))
                .spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Queues a job; its answer comes later, or is dropped if the job panics. A job nobody waits for any more is not done.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, HashError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            if !answer.is_canceled() {
                // Nobody waiting any more is no failure.
                drop(answer.send(job(memory)));
            }
        });
        let mut queue = self.shared.lock();
        if queue.waiting.len() >= self.limit {
            return Err(HashError::Busy);
        }
        queue.waiting.push_back(job);
        drop(queue);
        self.shared.arrived.notify_one();
        Ok(answered)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Jobs run outside the lock, so a poisoned queue is still whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut memory = Memory::new();
        while let Some(job) = self.next() {
            // A job that panics drops its answer, which its caller sees; the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                tracing::error!("a password hash panicked");
            }
            // After every job alike: what it leaves behind must not tell whose it was.
            if memory.len() > self.keeps {
                memory = Memory::new();
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.waiting.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
