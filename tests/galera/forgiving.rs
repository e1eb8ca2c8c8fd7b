//! What is forgiven: that a node did not answer in time, so often in the whole test. A call that
//! was not answered says neither that something holds nor that it does not. A wrong answer is
//! wrong at once, whatever else was not answered.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use portcullis::store::{CommitError, StoreError};

/// How often in the whole test. A node that stands still does so for everybody; a store that does
/// not answer does it again.
const FORGIVEN: usize = 3;

/// A call that somebody went away from after so long was not answered in time. What the kit drops
/// for the sake of it is dropped within milliseconds.
const LONG: Duration = Duration::from_secs(2);

/// What is said where there was no answer, by the store's errors and by the kit.
const SILENCE: [&str; 4] = [
    "unavailable",
    "Unavailable(",
    "dropped calls keep the store from answering",
    "the store did not answer for a minute",
];

/// Counts the calls that nobody answered, and what was forgiven.
#[derive(Clone, Default)]
pub(crate) struct Forgiving {
    unanswered: Arc<AtomicUsize>,
    forgiven: Arc<AtomicUsize>,
}

impl Forgiving {
    /// A call that begins now.
    pub(crate) fn call(&self) -> Call<'_> {
        Call { counts: self, begun: Instant::now(), ended: false }
    }

    /// Whether one more that was not answered is forgiven; it is then.
    pub(crate) fn once_more(&self) -> bool {
        let before = self.forgiven.fetch_add(1, Ordering::SeqCst);
        println!("a node did not answer; {before} times before");
        before < FORGIVEN
    }

    /// Shows something after what comes `first`, and shows it again where it came to nothing
    /// because a node did not answer.
    pub(crate) async fn shown<T>(&self, first: impl AsyncFn(), show: impl AsyncFn() -> T) -> T {
        loop {
            first().await;
            let before = self.unanswered.load(Ordering::SeqCst);
            match AssertUnwindSafe(show()).catch_unwind().await {
                Ok(shown) => return shown,
                Err(panic) => {
                    let silent = self.unanswered.load(Ordering::SeqCst) > before;
                    if !(silent && is_silence(&*panic) && self.once_more()) {
                        resume_unwind(panic)
                    }
                }
            }
        }
    }

    /// Does what may be done twice, and does it again where it was not answered.
    pub(crate) async fn asked<T, E: Answer>(&self, ask: impl AsyncFn() -> Result<T, E>) -> T {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) if error.is_silence() && self.once_more() => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

/// Whether this panic says that there was no answer, and nothing of what was answered.
fn is_silence(panic: &(dyn Any + Send)) -> bool {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    SILENCE.iter().any(|silence| said.contains(silence))
}

/// A call, which counts as unanswered where the answer says so, or its caller waited in vain.
pub(crate) struct Call<'a> {
    counts: &'a Forgiving,
    begun: Instant,
    ended: bool,
}

impl Call<'_> {
    pub(crate) fn ended<T, E: Answer>(mut self, answer: &Result<T, E>) {
        self.ended = true;
        let away = answer.as_ref().is_err_and(Answer::is_silence);
        self.counts.unanswered.fetch_add(usize::from(away), Ordering::SeqCst);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let in_vain = !self.ended && self.begun.elapsed() > LONG;
        self.counts.unanswered.fetch_add(usize::from(in_vain), Ordering::SeqCst);
    }
}

/// What may say that there was no answer.
pub(crate) trait Answer: std::fmt::Debug {
    fn is_silence(&self) -> bool;
}

impl Answer for StoreError {
    fn is_silence(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Answer for CommitError {
    fn is_silence(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_silence())
    }
}

/// What a connection of the test's own meets.
impl Answer for sqlx::Error {
    fn is_silence(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often something was shown that does this with a call, and what it came to.
    async fn shown(show: impl AsyncFn(usize, Call<'_>)) -> (usize, bool) {
        let (forgiving, times) = (Forgiving::default(), AtomicUsize::new(0));
        let shown = forgiving.shown(
            async || {},
            async || {
                show(times.fetch_add(1, Ordering::SeqCst), forgiving.call()).await;
            },
        );
        let came = AssertUnwindSafe(shown).catch_unwind().await.is_ok();
        (times.into_inner(), came)
    }

    fn away() -> Result<(), StoreError> {
        Err(StoreError::unavailable("away"))
    }

    #[tokio::test]
    async fn silence_is_forgiven_three_times() {
        let silent_until = |last| {
            shown(async move |turn, call| {
                let answer = if turn < last { away() } else { Ok(()) };
                call.ended(&answer);
                assert!(answer.is_ok(), "the store failed: the store is unavailable");
            })
        };
        assert_eq!(silent_until(3).await, (4, true));
        assert_eq!(silent_until(4).await, (4, false));
    }

    #[tokio::test]
    async fn a_wrong_answer_is_not_forgiven_beside_silence() {
        let wrong = shown(async |_, call| {
            call.ended(&away());
            panic!("two of them won");
        });
        assert_eq!(wrong.await, (1, false));
    }

    #[tokio::test]
    async fn a_call_whose_caller_waited_in_vain_was_not_answered() {
        let dropped_after = |waited| {
            shown(async move |turn, mut call| {
                call.begun -= waited;
                drop(call);
                assert!(turn > 0, "dropped calls keep the store from answering");
            })
        };
        assert_eq!(dropped_after(Duration::from_secs(5)).await, (2, true));
        assert_eq!(dropped_after(Duration::from_millis(20)).await, (1, false));
    }
}
