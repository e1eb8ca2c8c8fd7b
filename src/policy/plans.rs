use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;

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

/// Which plan includes which features.
#[derive(Clone, Debug, Default)]
pub struct Plans(BTreeMap<Plan, BTreeSet<Feature>>);

impl Plans {
    /// No plans.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The four plans of [`Policy::crm`](super::Policy::crm).
    #[must_use]
    pub fn crm() -> Self {
        Self::new()
            .with(Plan::TRIAL, [])
            .with(Plan::ESSENTIAL, [Feature::LEADS_EXPORT])
            .with(Plan::ADVANCED, [Feature::LEADS_EXPORT, Feature::CAMPAIGNS])
            .with(Plan::ULTIMATE, [Feature::LEADS_EXPORT, Feature::CAMPAIGNS, Feature::REPORTS])
    }

    /// These plans and one more, or another set of features for one of them.
    #[must_use]
    pub fn with(mut self, plan: Plan, features: impl IntoIterator<Item = Feature>) -> Self {
        self.0.insert(plan, features.into_iter().collect());
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
        self.0.get(plan).into_iter().flatten().copied()
    }
}
