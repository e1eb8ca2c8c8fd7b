//! A time limit that needs no runtime, so that [`Auth::work`](crate::auth::Auth::work) keeps it
//! under any.
//!
//! One thread, started when there is something to watch and gone when there is not, wakes whoever
//! waits at the moment their time is up.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    io,
    pin::pin,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    thread,
    time::{Duration, Instant},
};

/// What the work comes to, or `None` where it takes longer than the limit; then it is dropped.
/// Work that blocks its thread cannot be interrupted by anybody.
pub(super) async fn within<F: Future>(limit: Duration, work: F) -> io::Result<Option<F::Output>> {
    let alarm = Alarm::set(limit)?;
    let mut work = pin!(work);
    let ended = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if alarm.is_up(context.waker()) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    Ok(ended.await)
}

/// Every moment that is watched. The number tells apart those of one instant.
struct Watched {
    moments: BTreeMap<(Instant, u64), Option<Waker>>,
    next: u64,
    /// Whether the thread runs. It stops only while it holds the lock and nothing is left.
    running: bool,
}

static WATCHED: Mutex<Watched> =
    Mutex::new(Watched { moments: BTreeMap::new(), next: 0, running: false });
static CHANGED: Condvar = Condvar::new();

fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A moment that is watched for as long as this is kept.
struct Alarm {
    key: (Instant, u64),
}

impl Alarm {
    fn set(limit: Duration) -> io::Result<Self> {
        let mut watched = watched();
        if !watched.running {
            let thread = thread::Builder::new().name("portcullis-limit".to_owned());
            // It waits for the lock that is held here.
            thread.spawn(watch)?;
            watched.running = true;
        }
        let key = (Instant::now() + limit, watched.next);
        watched.next += 1;
        watched.moments.insert(key, None);
        drop(watched);
        CHANGED.notify_one();
        Ok(Self { key })
    }

    /// Whether the time is up. Where it is not, the waker is called when it is.
    fn is_up(&self, waker: &Waker) -> bool {
        let mut watched = watched();
        // Asked under the lock: what the thread took out was up then, and is now.
        let is_up = self.key.0 <= Instant::now();
        if !is_up {
            watched.moments.insert(self.key, Some(waker.clone()));
        }
        is_up
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        watched().moments.remove(&self.key);
        CHANGED.notify_one();
    }
}

/// The thread.
fn watch() {
    let mut held = watched();
    while let Some((&(due, _), _)) = held.moments.first_key_value() {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let waker = held.moments.pop_first().and_then(|(_, waker)| waker);
            // Nobody's waker is called under the lock.
            drop(held);
            waker.inspect(Waker::wake_by_ref);
            held = watched();
        } else {
            let waited = CHANGED.wait_timeout(held, left);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
    held.running = false;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_takes_too_long_is_dropped() {
        let soon = Duration::from_millis(20);
        let late = Duration::from_secs(600);
        assert_eq!(within(soon, pending::<()>()).await.unwrap(), None);
        assert_eq!(within(late, ready(7)).await.unwrap(), Some(7));
        assert_eq!(within(Duration::ZERO, ready(7)).await.unwrap(), Some(7), "work goes first");
        let slow = async {
            tokio::time::sleep(soon).await;
            7
        };
        assert_eq!(within(late, slow).await.unwrap(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_limits_end_each_at_its_time() {
        let begun = Instant::now();
        let limits: Vec<_> = (0_u64..64)
            .map(|i| tokio::spawn(within(Duration::from_millis(i * 3), pending::<()>())))
            .collect();
        for limit in limits {
            assert_eq!(limit.await.unwrap().unwrap(), None);
        }
        assert!(begun.elapsed() >= Duration::from_millis(189));
    }

    #[tokio::test]
    async fn a_limit_that_is_dropped_leaves_nothing_to_watch() {
        let key = {
            let alarm = Alarm::set(Duration::from_secs(600)).unwrap();
            alarm.key
        };
        assert!(!watched().moments.contains_key(&key));
    }
}
