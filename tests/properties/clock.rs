use portcullis::clock::{after, from_micros, to_micros, whole_micros};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime, UtcOffset};

/// The first and last microsecond the calendar holds.
const FIRST: i64 = -377_705_116_800_000_000;
const LAST: i64 = 253_402_300_799_999_999;

proptest! {
    #[test]
    fn micros_read_back(micros in FIRST..=LAST) {
        let at = from_micros(micros).unwrap();
        prop_assert_eq!(to_micros(at), micros);
        prop_assert_eq!(whole_micros(at), at);
    }

    #[test]
    fn beyond_the_calendar_is_nothing(micros: i64) {
        prop_assert_eq!(from_micros(micros).is_some(), (FIRST..=LAST).contains(&micros));
    }

    /// Cut, never moved forward, and the same moment wherever it was written.
    #[test]
    fn a_moment_is_cut_to_micros(micros in FIRST..=LAST, nanos in 0_i64..1_000, hours in -23_i8..=23) {
        let fine = from_micros(micros).unwrap() + Duration::nanoseconds(nanos);
        let cut = whole_micros(fine);
        prop_assert!(cut <= fine && fine - cut < Duration::MICROSECOND);
        let elsewhere = fine.checked_to_offset(UtcOffset::from_hms(hours, 0, 0).unwrap());
        prop_assert!(elsewhere.is_none_or(|elsewhere| to_micros(elsewhere) == micros));
    }

    #[test]
    fn adding_stops_at_the_end(micros in FIRST..=LAST, seconds: i64, nanos: i32) {
        let at = from_micros(micros).unwrap();
        let by = Duration::new(seconds, nanos % 1_000_000_000);
        let then = after(at, by);
        let forward = !by.is_negative();
        prop_assert!(then == at || (then > at) == forward);
    }
}

#[test]
fn the_ends_of_the_calendar() {
    assert_eq!(to_micros(from_micros(FIRST).unwrap()), FIRST);
    assert_eq!(from_micros(FIRST - 1), None);
    assert_eq!(from_micros(LAST + 1), None);
    let last = from_micros(LAST).unwrap();
    assert_eq!(whole_micros(after(last, Duration::MAX)), last);
    assert_eq!(to_micros(OffsetDateTime::UNIX_EPOCH), 0);
}
