//! Threads that wait for the disk, so that no async executor has to.
//!
//! The answer comes back through a channel of futures, which every runtime can await.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use futures_channel::oneshot;
use portcullis::store::StoreError;
use redb::Database;

type Job = Box<dyn FnOnce(&Database) + Send>;

/// A few threads and the jobs that wait for them.
pub(crate) struct Hands {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Hands {
    pub(crate) fn hire(count: usize, database: &Arc<Database>) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count {
            let (waiting, database) = (Arc::clone(&waiting), Arc::clone(database));
            let thread = thread::Builder::new().name("own-store".to_owned());
            threads.push(thread.spawn(move || {
                loop {
                    // The lock is held while one of them waits for a job, not while it does one.
                    let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    job(&database);
                }
            })?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Has one of them do something. Where the caller is gone before it was begun, it is not
    /// begun; once it is, it is finished, whoever still waits.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |database| {
            if !answer.is_canceled() {
                let _ = answer.send(job(database)); // nobody may be there to hear it
            }
        });
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?.map_err(StoreError::unavailable)
    }
}

impl Drop for Hands {
    /// Lets them finish what was asked and go, so that the file is closed when the store is gone.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // one that panicked has gone as well
        }
    }
}

fn gone() -> StoreError {
    StoreError::unavailable("a thread of the store has gone")
}
