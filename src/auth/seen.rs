//! When this process saw sessions last, and what of that is to be written.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::{Duration, OffsetDateTime};

use crate::secret::Digest;

/// When this process saw sessions last.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Sights>);

/// A session, and when it was seen.
pub(super) type Sight = (Digest, OffsetDateTime);

#[derive(Default)]
struct Sights {
    /// Those that are not written yet.
    waiting: HashMap<Digest, OffsetDateTime>,
    /// Those that are, and when: for whoever has read a row just before.
    written: HashMap<Digest, (OffsetDateTime, OffsetDateTime)>,
    /// When the last flush began; before there was one, when the first session was seen.
    flushed: Option<OffsetDateTime>,
    /// How many flushes are under way.
    flushes: usize,
}

/// With as many that wait, a check writes them.
const MANY: usize = 10_000;

/// How many are kept at the most, of either kind.
const MOST: usize = 20_000;

/// How long a store that writes nothing is left alone by checks that find many waiting.
const PAUSE: Duration = Duration::SECOND;

/// How long what is written stays known: longer than any read lasts.
const KNOWN: Duration = Duration::MINUTE;

impl Seen {
    fn sights(&self) -> MutexGuard<'_, Sights> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a session was seen; whether it is time for the one who saw it to flush.
    pub(super) fn note(&self, digest: Digest, now: OffsetDateTime, round: Duration) -> bool {
        let mut sights = self.sights();
        if sights.waiting.len() < MOST || sights.waiting.contains_key(&digest) {
            let latest = sights.waiting.entry(digest).or_insert(now);
            *latest = now.max(*latest);
        }
        let flushed = *sights.flushed.get_or_insert(now);
        let rest = match (sights.waiting.len() < MANY, sights.flushes) {
            // Nobody flushes: there is no background task, or rounds are shorter than its own.
            (true, _) => round.saturating_mul(2),
            (false, 0) => PAUSE,
            // One that is neither polled nor dropped must not be the last.
            (false, _) => round,
        };
        // Also where the clock was set back, from which time on it would not be due for long.
        let due = (now - flushed).abs() >= rest;
        if due {
            sights.flushed = Some(now);
        }
        due
    }

    /// When a session was seen last, as far as this process still knows.
    pub(super) fn last(&self, digest: &Digest) -> Option<OffsetDateTime> {
        let sights = self.sights();
        let written = sights.written.get(digest).map(|(at, _)| *at);
        sights.waiting.get(digest).copied().max(written)
    }

    /// What waits, for a flush that begins now. What was written so long ago that no read from
    /// before can still be under way is forgotten.
    pub(super) fn begin(&self, now: OffsetDateTime) -> (Vec<Sight>, UnderWay<'_>) {
        let mut sights = self.sights();
        sights.flushed = Some(now);
        sights.flushes += 1;
        sights.written.retain(|_, (_, written)| (now - *written).abs() < KNOWN);
        let waiting = sights.waiting.iter().map(|(digest, at)| (*digest, *at)).collect();
        (waiting, UnderWay(self))
    }

    /// Which of these no other flush has written meanwhile.
    pub(super) fn unwritten(&self, of: &[Sight]) -> Vec<Sight> {
        let sights = self.sights();
        let waiting = |(digest, _): &Sight| Some((*digest, *sights.waiting.get(digest)?));
        of.iter().filter_map(waiting).collect()
    }

    /// These are written; those that were seen again meanwhile wait on.
    pub(super) fn settle(&self, written: &[Sight], now: OffsetDateTime) {
        let mut sights = self.sights();
        for (digest, at) in written {
            if sights.waiting.get(digest) == Some(at) {
                sights.waiting.remove(digest);
            }
            if sights.written.len() < MOST {
                sights.written.insert(*digest, (*at, now));
            }
        }
    }
}

/// A flush, until it ends or is dropped.
pub(super) struct UnderWay<'a>(&'a Seen);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut sights = self.0.sights();
        sights.flushes = sights.flushes.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(count: usize) -> Vec<Digest> {
        let digest = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&n.to_be_bytes());
            Digest::from_bytes(bytes)
        };
        (0..count).map(digest).collect()
    }

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const ROUND: Duration = Duration::MINUTE;

    fn due(seen: &Seen, digests: &[Digest], now: OffsetDateTime) -> usize {
        digests.iter().filter(|digest| seen.note(**digest, now, ROUND)).count()
    }

    /// Many sights are flushed soon, but a store that writes nothing is asked once a second, one
    /// that hangs once a round, and neither by every check; and what waits has an end.
    #[test]
    fn a_store_that_writes_nothing_is_neither_pressed_nor_waited_for_without_end() {
        let (seen, digests) = (Seen::default(), digests(MOST + 5));
        assert_eq!(due(&seen, &digests, START), 0, "within a second");
        let (waiting, under_way) = seen.begin(START);
        assert_eq!(waiting.len(), MOST);
        assert_eq!(due(&seen, &digests, START + PAUSE), 0, "one is under way");
        assert_eq!(due(&seen, &digests, START + ROUND), 1, "it hangs");
        drop(under_way);
        assert_eq!(due(&seen, &digests, START + ROUND + PAUSE), 1, "one check of them all");
    }

    /// Few wait for two rounds in which nobody flushes, and for no clock to catch up.
    #[test]
    fn few_wait_for_two_rounds() {
        let (seen, digests) = (Seen::default(), digests(9));
        assert_eq!(due(&seen, &digests, START), 0);
        assert_eq!(due(&seen, &digests, START + ROUND * 2 - Duration::MICROSECOND), 0);
        assert_eq!(due(&seen, &digests, START + ROUND * 2), 1);
        assert_eq!(due(&seen, &digests, START - Duration::HOUR), 1, "the clock was set back");
    }

    /// What is written is known for as long as somebody may have read the row before, and what was
    /// seen again meanwhile waits on.
    #[test]
    fn what_is_written_is_known_for_a_while() {
        let (seen, digests) = (Seen::default(), digests(3));
        due(&seen, &digests, START);
        let (waiting, _) = seen.begin(START);
        let again = START + Duration::SECOND;
        seen.note(digests[1], again, ROUND);
        seen.settle(&waiting, START);
        assert_eq!(seen.last(&digests[0]), Some(START));
        assert_eq!(seen.last(&digests[1]), Some(again));
        assert_eq!(seen.unwritten(&waiting), [(digests[1], again)]);
        assert_eq!(seen.begin(START + KNOWN).0, [(digests[1], again)]);
        assert_eq!(seen.last(&digests[0]), None);
    }
}
