//! The one door time comes through.
//!
//! Nothing in the crate asks the operating system for the time except [`SystemClock`]; clippy's
//! `disallowed_methods` holds that. Stores never ask at all: every command carries its `now`.

use time::{Duration, OffsetDateTime};

/// Tells the time, in UTC.
///
/// Two processes on one database may disagree by up to five seconds; nothing in the crate needs
/// them closer.
///
/// ```
/// use portcullis::clock::{Clock, SystemClock};
/// assert!(SystemClock.now().year() >= 2026);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The present moment. It may jump, in either direction, by what an operator's correction
    /// of the machine's clock makes it jump.
    fn now(&self) -> OffsetDateTime;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // this is the door
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The form a moment has in a store: microseconds since 1970, UTC.
#[must_use]
pub fn to_micros(at: OffsetDateTime) -> i64 {
    // The years time can hold (±9999) need 59 bits; the clamp is never reached.
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// The moment a store's microseconds mean; `None` beyond the years `time` can hold.
#[must_use]
pub fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

/// `at` without what a store cannot hold, so that a moment compares equal after a round trip.
#[must_use]
pub fn whole_micros(at: OffsetDateTime) -> OffsetDateTime {
    from_micros(to_micros(at)).unwrap_or(at)
}

/// `at + by`, stopping at the end of the calendar instead of panicking.
#[must_use]
pub fn after(at: OffsetDateTime, by: Duration) -> OffsetDateTime {
    at.saturating_add(by)
}
