use portcullis::{
    clock::{after, from_micros},
    store::{BudgetState, Charge, Movement, Rule, Verdict},
};
use proptest::{collection::vec, prelude::*};
use time::{Duration, OffsetDateTime};

fn charge(rule: Rule, movement: Movement) -> Charge {
    Charge { key: [7; 32], rule, movement }
}

fn settle(
    rule: Rule,
    movement: Movement,
    state: &mut Option<BudgetState>,
    now: OffsetDateTime,
) -> Verdict {
    let mut states = [*state];
    let verdicts = Charge::settle(&[charge(rule, movement)], &mut states, now);
    *state = states[0];
    verdicts[0]
}

fn start() -> OffsetDateTime {
    from_micros(1_800_000_000_000_000).unwrap()
}

fn movement() -> impl Strategy<Value = Movement> {
    prop_oneof![8 => Just(Movement::Take), 2 => Just(Movement::GiveBack), 1 => Just(Movement::Clear)]
}

fn moment() -> impl Strategy<Value = OffsetDateTime> {
    prop_oneof![
        (-377_705_116_800_000_000_i64..=253_402_300_799_999_999),
        Just(-377_705_116_800_000_000),
        Just(253_402_300_799_999_999),
        Just(0),
    ]
    .prop_map(|micros| from_micros(micros).unwrap())
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (any::<i64>(), -999_999_999_i32..=999_999_999).prop_map(|(s, n)| Duration::new(s, n)),
        (0_i64..100_000).prop_map(Duration::seconds),
        Just(Duration::MAX),
        Just(Duration::MIN),
        Just(Duration::ZERO),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (any::<u32>(), duration()).prop_map(|(limit, window)| Rule::Window { limit, window }),
        (prop_oneof![any::<u32>(), 0..9_u32], duration(), duration(), duration()).prop_map(
            |(free, first, longest, forget)| Rule::Backoff { free, first, longest, forget }
        ),
        Just(Rule::Tally { forget: Duration::DAY }),
    ]
}

proptest! {
    /// A window against a count kept by hand.
    #[test]
    fn a_window_never_exceeds_its_limit(
        limit in 1_u32..6,
        steps in vec((movement(), 0_i64..40), 1..60),
    ) {
        let window = Duration::seconds(100);
        let rule = Rule::Window { limit, window };
        let (mut state, mut now) = (None, start());
        let (mut opened, mut taken) = (now, 0_u32);
        for (movement, seconds) in steps {
            now += Duration::seconds(seconds);
            if taken > 0 && now - opened >= window {
                taken = 0;
            }
            let before = state;
            let verdict = settle(rule, movement, &mut state, now);
            match movement {
                Movement::Take if taken == limit => {
                    prop_assert!(!verdict.allowed);
                    prop_assert_eq!(state, before, "a refusal takes nothing");
                    prop_assert_eq!(verdict.retry_at, Some(opened + window));
                }
                Movement::Take => {
                    prop_assert!(verdict.allowed);
                    if taken == 0 {
                        opened = now;
                    }
                    taken += 1;
                }
                Movement::GiveBack => taken = taken.saturating_sub(1),
                Movement::Clear => taken = 0,
            }
            let standing = state.filter(|state| now < state.expires_at);
            prop_assert_eq!(standing.map_or(0, |state| state.count), taken);
            prop_assert!(taken <= limit && verdict.count == taken);
        }
    }

    /// Somebody who tries again at the very moment they may: each wait is twice the one before,
    /// up to the longest.
    #[test]
    fn waits_double_up_to_the_longest(free in 0_u32..6, first in 1_i64..10, longest in 10_i64..5_000) {
        let rule = Rule::Backoff {
            free,
            first: Duration::seconds(first),
            longest: Duration::seconds(longest),
            forget: Duration::days(1),
        };
        let (mut state, mut now) = (None, start());
        // With none free, the first one is: there is nothing yet to wait for.
        for _ in 0..free.max(1) {
            prop_assert!(settle(rule, Movement::Take, &mut state, now).allowed);
        }
        let mut expected = first;
        for _ in 0..40 {
            let before = state;
            let refused = settle(rule, Movement::Take, &mut state, now);
            prop_assert!(!refused.allowed && state == before);
            let wait = refused.retry_at.unwrap() - now;
            prop_assert_eq!(wait, Duration::seconds(expected.min(longest)));
            now += wait;
            let early = now - Duration::MICROSECOND;
            prop_assert!(!settle(rule, Movement::Take, &mut state, early).allowed);
            prop_assert!(settle(rule, Movement::Take, &mut state, now).allowed);
            expected = expected.saturating_mul(2);
        }
        // And it is forgotten in the end.
        now += Duration::days(1);
        prop_assert_eq!(settle(rule, Movement::Take, &mut state, now).count, 1);
    }

    /// A right password gives back its own unit and nothing more: whoever knows one cannot buy
    /// tries at another.
    #[test]
    fn a_success_leaves_the_count_as_it_was(failures in 0_u32..5) {
        let rule = Rule::Backoff {
            free: 5,
            first: Duration::SECOND,
            longest: Duration::HOUR,
            forget: Duration::DAY,
        };
        let (mut state, now) = (None, start());
        for _ in 0..failures {
            settle(rule, Movement::Take, &mut state, now);
        }
        settle(rule, Movement::Take, &mut state, now);
        prop_assert_eq!(settle(rule, Movement::GiveBack, &mut state, now).count, failures);
        prop_assert_eq!(state.map_or(0, |state| state.count), failures);
    }

    /// One refusal, and none of the others is charged.
    #[test]
    fn all_or_none(spent in 0_usize..4, units in vec(0_u32..3, 4)) {
        let now = start();
        let window = Duration::HOUR;
        let charges: Vec<_> = (0..4)
            .map(|i| charge(Rule::Window { limit: if i == spent { 1 } else { 9 }, window }, Movement::Take))
            .collect();
        let mut states: Vec<_> = units
            .iter()
            .enumerate()
            .map(|(i, units)| {
                let count = if i == spent { 1 } else { *units };
                (count > 0).then(|| BudgetState { count, at: now, expires_at: now + window })
            })
            .collect();
        let before = states.clone();
        let verdicts = Charge::settle(&charges, &mut states, now);
        prop_assert_eq!(states, before);
        let refused: Vec<_> = verdicts.iter().map(|verdict| !verdict.allowed).collect();
        prop_assert_eq!(refused, (0..4).map(|i| i == spent).collect::<Vec<_>>());
    }

    /// Any rule, any state, any time: an answer, never a panic, and never a count that moves by
    /// more than one.
    #[test]
    fn any_times_have_an_answer(
        rule in rule(),
        movement in movement(),
        state in prop::option::of((any::<u32>(), moment(), moment())),
        now in moment(),
    ) {
        let mut state =
            state.map(|(count, at, expires_at)| BudgetState { count, at, expires_at });
        let before = state;
        // A window that lies ahead of any clock that is right never opened.
        let opened = |state: &BudgetState| {
            !matches!(rule, Rule::Window { .. }) || state.at <= after(now, Duration::seconds(5))
        };
        let standing = before.filter(|state| now < state.expires_at).filter(opened);
        let standing = standing.map_or(0, |state| state.count);
        let verdict = settle(rule, movement, &mut state, now);
        prop_assert!(verdict.allowed == verdict.retry_at.is_none());
        prop_assert!(verdict.retry_at.is_none_or(|at| at > now));
        match (movement, verdict.allowed) {
            (Movement::Take, true) => prop_assert_eq!(verdict.count, standing.saturating_add(1)),
            (Movement::Take, false) => prop_assert_eq!(state, before),
            (Movement::GiveBack, _) => prop_assert_eq!(verdict.count, standing.saturating_sub(1)),
            (Movement::Clear, _) => prop_assert_eq!(state, None),
        }
    }

    /// A clock that is behind, by no more than clocks may be, gives nobody a new budget.
    #[test]
    fn going_back_in_time_frees_nothing(seconds in 0_i64..=5) {
        let rule = Rule::Window { limit: 1, window: Duration::minutes(10) };
        let mut state = None;
        settle(rule, Movement::Take, &mut state, start());
        let earlier = after(start(), -Duration::seconds(seconds));
        prop_assert!(!settle(rule, Movement::Take, &mut state, earlier).allowed);
    }
}
