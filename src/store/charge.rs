use time::{Duration, OffsetDateTime};

use crate::clock::after;

/// How a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most `limit` units in a window that opens with the first one.
    Window {
        /// How many.
        limit: u32,
        /// In which time.
        window: Duration,
    },
    /// Some units free, at least one, then a wait that doubles with each.
    Backoff {
        /// How many are free.
        free: u32,
        /// The first wait.
        first: Duration,
        /// The longest wait.
        longest: Duration,
        /// When all is forgotten, counted from the last unit.
        forget: Duration,
    },
    /// Counts, and always allows: the caller decides by the count.
    Tally {
        /// When all is forgotten, counted from the last unit.
        forget: Duration,
    },
}

/// What is done to a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Takes a unit, if the rule allows one.
    Take,
    /// Gives back the unit that was taken for something that did not deserve it.
    GiveBack,
    /// Forgets everything.
    Clear,
}

/// One movement on one budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Which budget: a keyed digest of what it limits.
    pub key: [u8; 32],
    /// How it counts.
    pub rule: Rule,
    /// What is done.
    pub movement: Movement,
}

/// A budget as a store keeps it: a row of [`tables::BUDGETS`](super::tables::BUDGETS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetState {
    /// Units taken.
    pub count: u32,
    /// When the window opened, or the last unit was taken.
    pub at: OffsetDateTime,
    /// When the row says nothing any more.
    pub expires_at: OffsetDateTime,
}

/// What a charge was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the unit was there to take. Always so for other movements.
    pub allowed: bool,
    /// The units taken, this one included.
    pub count: u32,
    /// Where it was not allowed: when it will be.
    pub retry_at: Option<OffsetDateTime>,
}

/// How far two processes' clocks may be apart, as clause S16 says. Chosen: clocks that are set by
/// the network differ by far less. A process that is further behind takes the other's windows and
/// waits for a mistake of its clock.
const SKEW: Duration = Duration::seconds(5);

impl Charge {
    /// Settles charges against the states their budgets are in: what every store does between
    /// reading and writing them, in one place. Where one is not allowed, none is taken, so a
    /// request that is refused by one limit does not use up another.
    ///
    /// `states` holds one entry for each charge, in their order; it is left as it must be
    /// written back, `None` meaning no row. No two of the charges may have one key.
    #[must_use]
    pub fn settle(
        charges: &[Self],
        states: &mut [Option<BudgetState>],
        now: OffsetDateTime,
    ) -> Vec<Verdict> {
        let settled: Vec<_> = charges
            .iter()
            .zip(states.iter())
            .map(|(charge, state)| charge.settle_one(*state, now))
            .collect();
        if settled.iter().all(|(_, verdict)| verdict.allowed) {
            for (state, (new, _)) in states.iter_mut().zip(&settled) {
                *state = *new;
            }
        }
        settled.into_iter().map(|(_, verdict)| verdict).collect()
    }

    fn settle_one(
        &self,
        state: Option<BudgetState>,
        now: OffsetDateTime,
    ) -> (Option<BudgetState>, Verdict) {
        let standing = state.filter(|state| now < state.expires_at);
        let standing = standing.and_then(|state| self.rule.seen_at(state, now));
        let count = standing.map_or(0, |state| state.count);
        let verdict = |count| Verdict { allowed: true, count, retry_at: None };
        match self.movement {
            Movement::Clear => (None, verdict(0)),
            Movement::GiveBack => {
                let left = count.saturating_sub(1);
                let kept =
                    standing.filter(|_| left > 0).map(|state| BudgetState { count: left, ..state });
                (kept, verdict(left))
            }
            Movement::Take => {
                // It is free at the latest when it is forgotten.
                let forgotten = standing.map(|state| state.expires_at);
                let free_at = self.rule.free_at(standing, now);
                let free_at = free_at.map(|at| forgotten.map_or(at, |forgotten| at.min(forgotten)));
                if let Some(retry_at) = free_at.filter(|free_at| now < *free_at) {
                    let refused = Verdict { allowed: false, count, retry_at: Some(retry_at) };
                    return (state, refused);
                }
                let taken = self.rule.take(standing, now);
                (Some(taken), verdict(taken.count))
            }
        }
    }
}

impl Rule {
    /// The state as of `now`. Where it lies further ahead than clocks may disagree, one of them
    /// was wrong and has been put right, and nobody waits for the difference: such a window never
    /// opened, and such a wait is over. (Counting it from `now` instead would begin it anew with
    /// every try, since a refused one writes nothing.)
    fn seen_at(self, state: BudgetState, now: OffsetDateTime) -> Option<BudgetState> {
        if state.at <= after(now, SKEW) {
            return Some(state);
        }
        match self {
            Self::Window { .. } => None,
            Self::Backoff { longest, .. } => {
                Some(BudgetState { at: now.saturating_sub(longest), ..state })
            }
            Self::Tally { .. } => Some(BudgetState { at: now, ..state }),
        }
    }

    /// From when on a budget has a unit to give; `None` where it has one already.
    fn free_at(self, standing: Option<BudgetState>, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match (self, standing) {
            (Self::Window { limit: 0, window }, None) => Some(after(now, window)),
            (Self::Window { limit, window }, Some(state)) if state.count >= limit => {
                Some(after(state.at, window))
            }
            (Self::Backoff { free, first, longest, .. }, Some(state)) if state.count >= free => {
                let doublings = state.count.saturating_sub(free.max(1)).min(30);
                let wait = first.saturating_mul(1 << doublings).min(longest);
                Some(after(state.at, wait))
            }
            _ => None,
        }
    }

    fn take(self, standing: Option<BudgetState>, now: OffsetDateTime) -> BudgetState {
        let count = standing.map_or(0, |state| state.count).saturating_add(1);
        // Of two processes the one whose clock is behind does not shorten what is waited for.
        let latest = standing.map_or(now, |state| state.at.max(now));
        let (at, kept) = match self {
            Self::Window { window, .. } => (standing.map_or(now, |state| state.at), window),
            Self::Backoff { forget, .. } => (latest, forget),
            Self::Tally { forget } => (latest, forget),
        };
        BudgetState { count, at, expires_at: after(at, kept) }
    }
}
