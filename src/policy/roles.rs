use std::collections::{BTreeMap, BTreeSet};

use crate::model::Role;

/// Something a role may do.
///
/// The first four are asked by the library itself. Those of leads and campaigns belong to the
/// preset [`Policy::crm`](super::Policy::crm): the library gives them to roles and never asks for
/// them. Hosts name their own, and ask with [`Identity::require`](crate::auth::Identity::require).
///
/// ```
/// use portcullis::policy::Permission;
/// const INVOICES_SEND: Permission = Permission::named("invoices.send");
/// assert_eq!(INVOICES_SEND.as_str(), "invoices.send");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(&'static str);

impl Permission {
    /// Makes its holder an administrator. The first user of an account must be one, no change
    /// leaves an account without an active one, and they can log in after the plan has ended.
    pub const ADMINISTER: Self = Self("administer");
    /// Seeing the account's users.
    pub const USERS_VIEW: Self = Self("users.view");
    /// Inviting, changing and disabling users.
    pub const USERS_MANAGE: Self = Self("users.manage");
    /// Changing the account's plan. None of [`Roles::crm`] holds it: there it is the operator's.
    pub const PLAN_CHANGE: Self = Self("plan.change");
    /// Reading the audit trail; so far, the history of each user.
    pub const AUDIT_READ: Self = Self("audit.read");
    /// Seeing everybody's leads; without it, one's own.
    pub const LEADS_VIEW_ALL: Self = Self("leads.view_all");
    /// Adding and changing leads.
    pub const LEADS_EDIT: Self = Self("leads.edit");
    /// Taking leads out as a file.
    pub const LEADS_EXPORT: Self = Self("leads.export");
    /// Sending campaigns.
    pub const CAMPAIGNS: Self = Self("campaigns");

    /// The permission of that name.
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

/// Which role may do what. [`Policy`](super::Policy) has an example of other roles.
///
/// Users keep the name of their role. One that the policy does not know (any more) allows nothing.
#[derive(Clone, Debug, Default)]
pub struct Roles(BTreeMap<Role, BTreeSet<Permission>>);

impl Roles {
    /// No roles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The six roles of [`Policy::crm`](super::Policy::crm).
    #[must_use]
    pub fn crm() -> Self {
        use Permission as P;
        let seller = [P::LEADS_EDIT];
        let lead = [P::USERS_VIEW, P::LEADS_VIEW_ALL, P::LEADS_EDIT, P::LEADS_EXPORT];
        Self::new()
            .with(
                Role::ADMINISTRATOR,
                [P::ADMINISTER, P::USERS_MANAGE, P::AUDIT_READ, P::CAMPAIGNS]
                    .into_iter()
                    .chain(lead),
            )
            .with(Role::COMPANY_MANAGER, lead.into_iter().chain([P::CAMPAIGNS]))
            .with(Role::MARKETING_MANAGER, [P::USERS_VIEW, P::LEADS_VIEW_ALL, P::CAMPAIGNS])
            .with(Role::SALES_MANAGER, lead)
            .with(Role::SALESPERSON, seller)
            .with(Role::JUNIOR_SALESPERSON, [])
    }

    /// These roles and one more, or another set of permissions for one of them.
    #[must_use]
    pub fn with(mut self, role: Role, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.0.insert(role, permissions.into_iter().collect());
        self
    }

    /// Every role, by name.
    pub fn all(&self) -> impl Iterator<Item = &Role> {
        self.0.keys()
    }

    /// Whether the role is one of these.
    #[must_use]
    pub fn knows(&self, role: &Role) -> bool {
        self.0.contains_key(role)
    }

    /// What the role may do; nothing for one the policy does not know.
    pub fn permissions(&self, role: &Role) -> impl Iterator<Item = Permission> + '_ {
        self.0.get(role).into_iter().flatten().copied()
    }

    /// Whether the role may do this.
    #[must_use]
    pub fn allows(&self, role: &Role, permission: Permission) -> bool {
        self.0.get(role).is_some_and(|held| held.contains(&permission))
    }

    /// Whether the role makes an administrator.
    #[must_use]
    pub fn is_administrator(&self, role: &Role) -> bool {
        self.allows(role, Permission::ADMINISTER)
    }

    /// A role that makes an administrator: [`Role::ADMINISTRATOR`] where it does.
    pub(crate) fn administrator(&self) -> Option<Role> {
        let usual = Some(Role::ADMINISTRATOR).filter(|role| self.is_administrator(role));
        usual.or_else(|| self.0.keys().find(|role| self.is_administrator(role)).cloned())
    }

    pub(super) fn findings(&self) -> Vec<String> {
        if self.0.keys().any(|role| self.is_administrator(role)) {
            Vec::new()
        } else {
            vec!["roles: none holds Permission::ADMINISTER, so no account can be managed".into()]
        }
    }
}
