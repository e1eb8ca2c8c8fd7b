//! Moments, for machines and for people.

use minijinja::{Value, context};
use serde::{Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment as JSON gives it: RFC 3339 in UTC.
#[derive(Clone, Copy)]
pub(super) struct Moment(pub(super) OffsetDateTime);

impl Moment {
    fn written(self) -> Option<String> {
        // Only years beyond 9999 cannot be written, and no clock shows one.
        self.0.to_offset(time::UtcOffset::UTC).format(&Rfc3339).ok()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

/// A moment as templates get it.
pub(super) fn shown(at: OffsetDateTime) -> Value {
    let (day, month, year) = (at.day(), at.month(), at.year());
    context! {
        iso => Moment(at).written().unwrap_or_default(),
        text => format!("{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute()),
    }
}

/// Seconds until a moment, as `Retry-After` gives them: rounded up, and at least one.
pub(super) fn seconds_until(at: OffsetDateTime, now: OffsetDateTime) -> u64 {
    let millis = (at - now).whole_milliseconds().max(1);
    u64::try_from(millis).unwrap_or(u64::MAX).div_ceil(1_000)
}

/// When to try again, as a sentence.
pub(super) fn retry(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let seconds = seconds_until(at, now);
    let wait = match seconds {
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("Try again in {wait}, at {hour:02}:{minute:02}:{second:02} UTC.")
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    #[test]
    fn waiting_is_rounded_up() {
        let after = |by| seconds_until(NOW + by, NOW);
        assert_eq!(after(Duration::ZERO), 1);
        assert_eq!(after(Duration::seconds(-9)), 1);
        assert_eq!(after(Duration::milliseconds(1_001)), 2);
        assert_eq!(after(Duration::seconds(8)), 8);
    }

    #[test]
    fn waiting_is_told_in_words() {
        assert_eq!(retry(NOW + Duration::SECOND, NOW), "Try again in a second, at 12:00:01 UTC.");
        assert_eq!(retry(NOW + Duration::HOUR, NOW), "Try again in 60 minutes, at 13:00:00 UTC.");
    }

    #[test]
    fn json_writes_rfc_3339_in_utc() {
        let there = datetime!(2026-11-21 14:00:00.5 +2);
        assert_eq!(serde_json::to_string(&Moment(there)).unwrap(), "\"2026-11-21T12:00:00.5Z\"");
    }
}
