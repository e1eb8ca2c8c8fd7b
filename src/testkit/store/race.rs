use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::task::{JoinSet, yield_now};

/// Runs so many tasks that start at the same moment, and gives what they answered.
pub(super) async fn race<T, F>(racers: usize, run: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let ready = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for racer in 0..racers {
        let (ready, run) = (Arc::clone(&ready), run(racer));
        tasks.spawn(async move {
            // They wait awake: tasks that have to be woken first start one after the other, and
            // the first is done before the last begins.
            ready.fetch_add(1, Ordering::SeqCst);
            while ready.load(Ordering::SeqCst) < racers {
                yield_now().await;
            }
            run.await
        });
    }
    tasks.join_all().await
}

/// Runs so many tasks at the same moment and says how many of them answered yes.
pub(super) async fn winners<F>(racers: usize, run: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    race(racers, run).await.into_iter().filter(|won| *won).count()
}
