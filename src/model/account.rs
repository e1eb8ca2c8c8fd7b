use time::OffsetDateTime;

use super::{Plan, Status, User};
use crate::id::AccountId;

/// One customer company.
///
/// Its row carries the counts that must never be wrong, so every change of one of them goes
/// through its version and two at the same instant cannot both pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The company's name.
    pub name: String,
    /// The plan it is on.
    pub plan: Plan,
    /// When the plan ends; `None` for one without an end.
    pub plan_until: Option<OffsetDateTime>,
    /// How many users it may have, where that was agreed for it alone; `None` for as many as its
    /// plan includes. [`Plans::seats_of`](crate::policy::Plans::seats_of) knows both.
    pub seats: Option<u32>,
    /// How many it has, invited and active ones together.
    pub seats_taken: u32,
    /// How many of them are active administrators.
    pub administrators: u32,
    /// Raised to end every session of the company at once.
    pub stamp: i64,
    /// When the whole company was secured: passwords chosen at that moment or before are dead.
    pub secured_at: Option<OffsetDateTime>,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// Grows with every write.
    pub version: i64,
}

impl Account {
    /// Whether the plan has ended by `now`.
    #[must_use]
    pub fn plan_ended(&self, now: OffsetDateTime) -> bool {
        self.plan_until.is_some_and(|until| until <= now)
    }

    /// Carries the account's counts over a change of one user: `None` where there was none, or
    /// will be none.
    pub(crate) fn count(&mut self, before: Option<&User>, after: Option<&User>) {
        let seat = |user: Option<&User>| {
            user.is_some_and(|user| matches!(user.status, Status::Invited | Status::Active))
        };
        let administrator = |user: Option<&User>| user.is_some_and(User::is_active_administrator);
        let carry = |count: u32, before: bool, after: bool| {
            count.saturating_add(u32::from(after)).saturating_sub(u32::from(before))
        };
        self.seats_taken = carry(self.seats_taken, seat(before), seat(after));
        self.administrators =
            carry(self.administrators, administrator(before), administrator(after));
    }
}
