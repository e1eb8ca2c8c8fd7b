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
    /// How many places there are: those that hash, and those that wait.
    places: usize,
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
    /// Places taken.
    taken: usize,
    closed: bool,
}

/// The right to have one job done. Whoever has work to do before it knows the job takes its place
/// first, so that what cannot be done costs nothing.
pub(crate) struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.taken = queue.taken.saturating_sub(1);
    }
}

impl Pool {
    pub(super) fn start(threads: usize, limit: usize, keeps: usize) -> std::io::Result<Self> {
        let shared = Shared { queue: Mutex::default(), arrived: Condvar::new(), keeps };
        let shared = Arc::new(shared);
        // Made first, so that the threads already started end if one cannot be.
        let pool = Self { shared, places: threads.saturating_add(limit) };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new()
                .name(format!("portcullis-hash-{number}"))
                .spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Takes a place, held until its job is done or it is dropped.
    pub(super) fn place(&self) -> Result<Place, HashError> {
        let mut queue = self.shared.lock();
        if queue.taken >= self.places {
            return Err(HashError::Busy);
        }
        queue.taken += 1;
        drop(queue);
        Ok(Place(Arc::clone(&self.shared)))
    }

    /// Queues a job; its answer comes later, or is dropped if the job panics. A job nobody waits
    /// for any more is not done.
    pub(super) fn run<T: Send + 'static>(
        &self,
        place: Place,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            // Free again before whoever waits for the answer can ask for another.
            let done = if answer.is_canceled() { None } else { Some(job(memory)) };
            drop(place);
            if let Some(done) = done {
                // Nobody waiting any more is no failure.
                drop(answer.send(done));
            }
        });
        self.shared.lock().waiting.push_back(job);
        self.shared.arrived.notify_one();
        answered
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
        give_way();
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

/// How far hashing stands back: where the processors are all in use, a thread of this niceness
/// gets a third of what another gets, and one that wakes up to answer a request goes first. More
/// would let whoever keeps the machine busy keep everybody from logging in.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Lowers the priority of this thread, and of no other.
#[cfg(target_os = "linux")]
fn give_way() {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "hashing runs at the priority of everything else");
    }
}

/// Elsewhere a single thread's priority cannot be lowered without unsafe code.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped_and_when_its_job_is_done() {
        let pool = Pool::start(1, 1, usize::MAX).unwrap();
        let (first, second) = (pool.place().unwrap(), pool.place().unwrap());
        assert!(matches!(pool.place(), Err(HashError::Busy)));
        drop(first);
        let third = pool.place().unwrap();
        assert!(matches!(pool.place(), Err(HashError::Busy)));
        // Done, done for nobody, and panicked.
        assert_eq!(wait(pool.run(second, |_| 7)), Some(7));
        drop(pool.run(third, |_| 8));
        let fourth = pool.place().unwrap();
        assert_eq!(wait(pool.run(fourth, |_| -> u8 { panic!("on purpose") })), None);
        while pool.shared.lock().taken > 0 {
            std::thread::yield_now();
        }
        assert!(pool.place().is_ok());
    }

    fn wait<T>(mut answered: oneshot::Receiver<T>) -> Option<T> {
        loop {
            match answered.try_recv() {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => std::thread::yield_now(),
                Err(_) => return None,
            }
        }
    }
}
