//! What holds of every budget, whatever is charged to it.

use portcullis::store::{BudgetState, Charge, Movement, Rule};
use proptest::{collection::vec, prelude::*, sample::select};
use time::{Duration, OffsetDateTime};

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds)
}

fn rule() -> impl Strategy<Value = Rule> {
    let window = (0..6_u32, 1..60_i64)
        .prop_map(|(limit, window)| Rule::Window { limit, window: Duration::seconds(window) });
    let backoff =
        (0..6_u32, 1..9_i64, 9..99_i64, 99..999_i64).prop_map(|(free, first, longest, forget)| {
            Rule::Backoff {
                free,
                first: Duration::seconds(first),
                longest: Duration::seconds(longest),
                forget: Duration::seconds(forget),
            }
        });
    prop_oneof![window, backoff, Just(Rule::Tally { forget: Duration::DAY })]
}

fn movement() -> impl Strategy<Value = Movement> {
    prop_oneof![
        6 => Just(Movement::Take),
        2 => Just(Movement::GiveBack),
        1 => Just(Movement::Clear),
    ]
}

fn state() -> impl Strategy<Value = Option<BudgetState>> {
    let state = (0..9_u32, -50..50_i64, -50..99_i64).prop_map(|(count, opened, expires)| {
        BudgetState { count, at: at(opened), expires_at: at(expires) }
    });
    proptest::option::of(state)
}

fn settle_one(charge: Charge, state: &mut Option<BudgetState>, now: i64) -> (bool, u32) {
    let mut states = [*state];
    let verdicts = Charge::settle(&[charge], &mut states, at(now));
    *state = states[0];
    (verdicts[0].allowed, verdicts[0].count)
}

proptest! {
    /// However takes and returns follow each other, a window never has more than its limit of
    /// units out, and never a negative number.
    #[test]
    fn a_window_never_gives_more_than_its_limit(
        limit in 0..6_u32,
        window in 1..60_i64,
        steps in vec((movement(), 0..20_i64), 1..80),
    ) {
        let rule = Rule::Window { limit, window: Duration::seconds(window) };
        let (mut state, mut now) = (None, 0);
        // When the window opened that is counted here, and the units out in it.
        let (mut opened, mut out) = (None, 0_u32);
        for (movement, later) in steps {
            now += later;
            if opened.is_some_and(|opened| now >= opened + window) {
                (opened, out) = (None, 0);
            }
            let charge = Charge { key: [0; 32], rule, movement };
            let (allowed, count) = settle_one(charge, &mut state, now);
            match movement {
                Movement::Take if allowed => {
                    out += 1;
                    opened.get_or_insert(now);
                }
                Movement::Take => prop_assert!(out >= limit, "refused with {out} of {limit} out"),
                Movement::GiveBack => out = out.saturating_sub(1),
                Movement::Clear => out = 0,
            }
            if out == 0 {
                opened = None;
            }
            prop_assert!(out <= limit, "{out} units of {limit} are out");
            prop_assert_eq!(count, out);
            prop_assert_eq!(state.map_or(0, |state| state.count), out);
        }
    }

    /// Where one of several charges is refused, none of them moves anything; where all are
    /// allowed, each moves as it would alone.
    #[test]
    fn a_refused_request_takes_nothing(
        asked in vec((rule(), movement(), state()), 1..6),
        now in -60..120_i64,
    ) {
        let charges: Vec<_> = (0..).zip(&asked).map(|(n, (rule, movement, _))| {
            Charge { key: [n; 32], rule: *rule, movement: *movement }
        }).collect();
        let before: Vec<_> = asked.iter().map(|(_, _, state)| *state).collect();
        let mut after = before.clone();
        let verdicts = Charge::settle(&charges, &mut after, at(now));
        prop_assert_eq!(verdicts.len(), charges.len());
        if verdicts.iter().any(|verdict| !verdict.allowed) {
            prop_assert_eq!(&after, &before);
        } else {
            for (n, charge) in charges.iter().enumerate() {
                let mut alone = before[n];
                settle_one(*charge, &mut alone, now);
                prop_assert_eq!(after[n], alone);
            }
        }
        for (charge, verdict) in charges.iter().zip(&verdicts) {
            let moves = charge.movement != Movement::Take;
            prop_assert!(verdict.allowed || !moves, "only taking is ever refused");
            prop_assert_eq!(verdict.retry_at.is_some(), !verdict.allowed);
            prop_assert!(verdict.retry_at.is_none_or(|retry_at| retry_at > at(now)));
        }
    }

    /// What was refused is allowed at the moment it was told.
    #[test]
    fn the_moment_told_is_true(rule in rule(), state in state(), now in -60..120_i64) {
        let charge = Charge { key: [0; 32], rule, movement: Movement::Take };
        let mut states = [state];
        let verdict = Charge::settle(&[charge], &mut states, at(now))[0];
        let limitless = !matches!(rule, Rule::Window { limit: 0, .. });
        if let Some(retry_at) = verdict.retry_at.filter(|_| limitless) {
            let before = retry_at - Duration::SECOND;
            let earlier = Charge::settle(&[charge], &mut states, before.max(at(now)))[0];
            prop_assert!(!earlier.allowed);
            let later = Charge::settle(&[charge], &mut states, retry_at)[0];
            prop_assert!(later.allowed);
        }
    }

    /// What a clock that was wrong wrote keeps nobody waiting once the clock is right, and does
    /// not forget how many units a backing-off budget counted.
    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out(
        rule in rule(),
        count in 1..99_u32,
        ahead in 6..999_999_i64,
        kept in 1..999_999_i64,
    ) {
        let charge = Charge { key: [0; 32], rule, movement: Movement::Take };
        let (opened, expires_at) = (at(ahead), at(ahead + kept));
        let mut state = Some(BudgetState { count, at: opened, expires_at });
        let (allowed, taken) = settle_one(charge, &mut state, 0);
        prop_assert_eq!(allowed, !matches!(rule, Rule::Window { limit: 0, .. }));
        if allowed {
            let counted = if matches!(rule, Rule::Window { .. }) { 1 } else { count + 1 };
            prop_assert_eq!(taken, counted);
            prop_assert_eq!(state.map(|state| state.at), Some(at(0)));
        }
    }

    /// A tally counts and never refuses.
    #[test]
    fn a_tally_counts(takes in 1..200_u32) {
        let charge = Charge { key: [0; 32], rule: Rule::Tally { forget: Duration::DAY }, movement: Movement::Take };
        let mut state = None;
        for take in 1..=takes {
            prop_assert_eq!(settle_one(charge, &mut state, i64::from(take)), (true, take));
        }
    }

    /// Backing off: so many free, then waits that double, from the last unit on, up to the
    /// longest; a clock that is behind shortens none of them.
    #[test]
    fn waits_double(
        free in 0..6_u32,
        first in 1..5_i64,
        longest in 5..500_i64,
        skew in select(vec![-5_i64, 0, 5]),
    ) {
        let rule = Rule::Backoff {
            free,
            first: Duration::seconds(first),
            longest: Duration::seconds(longest),
            forget: Duration::days(1),
        };
        let charge = Charge { key: [0; 32], rule, movement: Movement::Take };
        let (mut state, mut now) = (None, 0_i64);
        for taken in 0..12_u32 {
            if let Some(doublings) = taken.checked_sub(free.max(1)) {
                let wait = (first << doublings).min(longest);
                let refused = settle_one(charge, &mut state, now + wait - 1);
                prop_assert_eq!(refused, (false, taken), "after {} units", taken);
                now += wait;
            }
            prop_assert_eq!(settle_one(charge, &mut state, now), (true, taken + 1));
            let stood = state;
            // Another process, whose clock is another, may find it free as well.
            let (allowed, _) = settle_one(charge, &mut state, now + skew);
            if allowed {
                prop_assert!(state.is_some_and(|state| state.at >= at(now)));
            }
            state = stood;
        }
    }
}
