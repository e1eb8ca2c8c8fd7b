use std::{future::Future, sync::Arc};

use tokio::{sync::Barrier, task::JoinSet};

/// Runs so many tasks that start at the same moment, and gives what they answered.
pub(super) async fn race<T, F>(racers: usize, run: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(racers));
    let mut tasks = JoinSet::new();
    for racer in 0..racers {
        let (start, run) = (Arc::clone(&start), run(racer));
        tasks.spawn(async move {
            start.wait().await;
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
