//! Letters that stay here instead of going out, for trying things out on one's own machine.
//!
//! They hold live links, so they are kept in memory only and shown on this machine only.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use portcullis::{
    clock::{Clock as _, SystemClock},
    mail::Letter,
};
use time::OffsetDateTime;

/// How many letters are kept.
const KEPT: usize = 1_000;

/// A mailbox for everybody. A clone is the same mailbox.
#[derive(Clone, Default)]
pub(crate) struct Mailbox(Arc<Mutex<VecDeque<Delivered>>>);

/// A letter that arrived.
#[derive(Clone)]
pub(crate) struct Delivered {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) at: OffsetDateTime,
}

impl Mailbox {
    /// Takes a letter in.
    pub(crate) fn put(&self, letter: &Letter) {
        let delivered = Delivered {
            to: letter.to.as_str().to_owned(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            html: letter.html.clone(),
            at: SystemClock.now(),
        };
        let mut letters = self.letters();
        letters.truncate(KEPT - 1);
        letters.push_front(delivered);
    }

    /// What arrived, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Delivered> {
        self.letters().iter().cloned().collect()
    }

    fn letters(&self) -> MutexGuard<'_, VecDeque<Delivered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
