use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Account, Plan};

/// Something a plan includes or does not. These belong to the preset
/// [`Policy::crm`](super::Policy::crm), and the library itself asks for none of them; hosts name
/// their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature(&'static str);

impl Feature {
    /// Taking leads out as a file.
    pub const LEADS_EXPORT: Self = Self("leads.export");
    /// Sending campaigns.
    pub const CAMPAIGNS: Self = Self("campaigns");
    /// Reports across teams.
    pub const REPORTS: Self = Self("reports");

    /// The feature of that name.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Which plan includes which features, and how many users.
///
/// ```
/// use portcullis::{model::Plan, policy::{Feature, Plans}};
/// const REMINDERS: Feature = Feature::named("reminders");
/// let plans = Plans::new()
///     .with(Plan::named("free"), [])
///     .with_seats(Plan::named("free"), 3)
///     .with(Plan::named("paid"), [REMINDERS]); // for any number of users
/// assert_eq!(plans.seats(&Plan::named("free")), Some(3));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plans(BTreeMap<Plan, Included>);

/// What one plan includes.
#[derive(Clone, Debug, Default)]
struct Included {
    features: BTreeSet<Feature>,
    /// `None` for any number.
    seats: Option<u32>,
}

impl Plans {
    /// No plans.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The four plans of [`Policy::crm`](super::Policy::crm): Trial for 50 users, Essential for
    /// 100, Advanced for 500, Ultimate for any number. The numbers are our own, wide enough that
    /// nobody meets them by accident; a host that sells seats states its own.
    #[must_use]
    pub fn crm() -> Self {
        Self::new()
            .with(Plan::TRIAL, [])
            .with_seats(Plan::TRIAL, 50)
            .with(Plan::ESSENTIAL, [Feature::LEADS_EXPORT])
            .with_seats(Plan::ESSENTIAL, 100)
            .with(Plan::ADVANCED, [Feature::LEADS_EXPORT, Feature::CAMPAIGNS])
            .with_seats(Plan::ADVANCED, 500)
            .with(Plan::ULTIMATE, [Feature::LEADS_EXPORT, Feature::CAMPAIGNS, Feature::REPORTS])
    }

    /// These plans and one more, or another set of features for one of them. It has any number of
    /// seats unless [`with_seats`](Self::with_seats) says otherwise.
    #[must_use]
    pub fn with(mut self, plan: Plan, features: impl IntoIterator<Item = Feature>) -> Self {
        self.0.entry(plan).or_default().features = features.into_iter().collect();
        self
    }

    /// These plans, one of which is for so many users. One that was not among them begins without
    /// features.
    #[must_use]
    pub fn with_seats(mut self, plan: Plan, seats: u32) -> Self {
        self.0.entry(plan).or_default().seats = Some(seats);
        self
    }

    /// Every plan, by name.
    pub fn all(&self) -> impl Iterator<Item = &Plan> {
        self.0.keys()
    }

    /// Whether the plan is one of these.
    #[must_use]
    pub fn knows(&self, plan: &Plan) -> bool {
        self.0.contains_key(plan)
    }

    /// What the plan includes; nothing for one the policy does not know.
    pub fn features(&self, plan: &Plan) -> impl Iterator<Item = Feature> + '_ {
        self.0.get(plan).into_iter().flat_map(|included| &included.features).copied()
    }

    /// How many users the plan includes: `None` for any number, and none at all for a plan the
    /// policy does not know.
    #[must_use]
    pub fn seats(&self, plan: &Plan) -> Option<u32> {
        self.0.get(plan).map_or(Some(0), |included| included.seats)
    }

    /// How many users an account may have: what was agreed for it alone, else what its plan
    /// includes. `None` for any number.
    #[must_use]
    pub fn seats_of(&self, account: &Account) -> Option<u32> {
        account.seats.or_else(|| self.seats(&account.plan))
    }

    /// Whether another user fits into an account.
    #[must_use]
    pub fn has_free_seat(&self, account: &Account) -> bool {
        self.seats_of(account).is_none_or(|seats| account.seats_taken < seats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_and_features_are_said_in_any_order() {
        let plan = Plan::named("small");
        let first = Plans::new().with_seats(plan.clone(), 3).with(plan.clone(), [Feature::REPORTS]);
        let then = Plans::new().with(plan.clone(), [Feature::REPORTS]).with_seats(plan.clone(), 3);
        for plans in [first, then] {
            assert_eq!(plans.seats(&plan), Some(3));
            assert!(plans.features(&plan).eq([Feature::REPORTS]));
        }
    }

    /// What nobody sells includes nothing.
    #[test]
    fn a_plan_nobody_knows_has_no_seats() {
        let plans = Plans::crm();
        assert_eq!(plans.seats(&Plan::named("golden")), Some(0));
        assert_eq!(plans.seats(&Plan::ULTIMATE), None);
    }
}
