//! Tells the background loop that there is work, without knowing its runtime.

use std::{
    future::poll_fn,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

/// Rung after a commit that left work behind.
#[derive(Default)]
pub(crate) struct Bell {
    rung: AtomicBool,
    listener: Mutex<Option<Waker>>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listener) = listener {
            listener.wake();
        }
    }

    /// Waits until it is rung. One listener at a time: the background loop.
    #[cfg_attr(not(feature = "background"), allow(dead_code))]
    pub(crate) async fn heard(&self) {
        poll_fn(|context| {
            let waker = context.waker().clone();
            *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
            if self.rung.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
