//! A clock the test sets.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use time::{Duration, OffsetDateTime};

use crate::clock::{Clock, from_micros, to_micros};

/// A clock that stands still until it is told otherwise. Clones show the same time.
///
/// ```
/// use portcullis::{clock::Clock, testkit::clock::ManualClock};
/// use time::Duration;
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::hours(1));
/// assert_eq!(clock.now() - before, Duration::hours(1));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl ManualClock {
    /// A clock that shows this moment, cut to whole microseconds as a store would.
    #[must_use]
    pub fn at(moment: OffsetDateTime) -> Self {
        Self { micros: Arc::new(AtomicI64::new(to_micros(moment))) }
    }

    /// Shows another moment, earlier or later.
    pub fn set(&self, moment: OffsetDateTime) {
        self.micros.store(to_micros(moment), Ordering::SeqCst);
    }

    /// Goes forward, or back by a negative duration.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.whole_microseconds()).expect("a duration of less than an age");
        self.micros.fetch_add(by, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Noon of the first day of 2026.
    fn default() -> Self {
        Self::at(
            OffsetDateTime::from_unix_timestamp(1_767_268_800).expect("a year of the calendar"),
        )
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        from_micros(self.micros.load(Ordering::SeqCst)).expect("a year of the calendar")
    }
}
