//! What is allowed: pure rules over facts, no I/O.

pub mod effects;
mod lifetimes;
mod limits;
mod passwords;
mod plans;
mod roles;

pub use lifetimes::Lifetimes;
pub use limits::Limits;
pub use passwords::{PasswordPolicy, Personal, Requirement, Requirements};
pub use plans::{Feature, Plans};
pub use roles::{Permission, Roles};

/// One requirement that was missed, told to the person who can do something about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The field of the request.
    pub field: &'static str,
    /// The rule's stable name.
    pub rule: &'static str,
    /// The rule in words. Never what was typed.
    pub message: String,
}

impl Violation {
    /// A missed requirement.
    #[must_use]
    pub fn new(field: &'static str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { field, rule, message: message.into() }
    }
}

/// Everything a site may decide for itself.
///
/// ```
/// use portcullis::{model::Role, policy::{Permission, Policy}};
/// let policy = Policy::crm();
/// assert!(policy.roles.allows(&Role::ADMINISTRATOR, Permission::USERS_MANAGE));
/// assert!(!policy.roles.allows(&Role::from_text("made_up"), Permission::USERS_VIEW));
/// ```
///
/// Start from the preset and change what is different. Here, other roles, plans and limits:
///
/// ```
/// use portcullis::{model::{Plan, Role}, policy::{Feature, Permission, Plans, Policy, Roles}};
/// use time::Duration;
///
/// const INVOICES_SEND: Permission = Permission::named("invoices.send");
/// const REMINDERS: Feature = Feature::named("reminders");
///
/// let mut policy = Policy::crm();
/// policy.roles = Roles::new()
///     .with(
///         Role::named("owner"),
///         [Permission::ADMINISTER, Permission::USERS_VIEW, Permission::USERS_MANAGE, INVOICES_SEND],
///     )
///     .with(Role::named("clerk"), [INVOICES_SEND]);
/// policy.plans = Plans::new().with(Plan::named("free"), []).with(Plan::named("paid"), [REMINDERS]);
/// policy.limits.invitations_per_day = 200;
/// policy.lifetimes.session_idle = Duration::HOUR;
/// // `Auth::builder(…).policy(policy)` refuses what contradicts itself; this does not.
/// assert!(policy.findings().is_empty());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// What a password must be.
    pub passwords: PasswordPolicy,
    /// Which role may do what.
    pub roles: Roles,
    /// Which plan includes what.
    pub plans: Plans,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How much is too much.
    pub limits: Limits,
    /// Whether administrators may set temporary passwords for others. ASVS 5.0 §6.4.6 advises
    /// against it, and there are people without a mailbox.
    pub temporary_passwords: bool,
}

impl Policy {
    /// The preset for a product of the CRM kind: six roles, four plans.
    #[must_use]
    pub fn crm() -> Self {
        Self {
            passwords: PasswordPolicy::default(),
            roles: Roles::crm(),
            plans: Plans::crm(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            temporary_passwords: true,
        }
    }

    /// What contradicts itself in this policy, in words for the developer who wrote it; empty
    /// when nothing does.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut found = self.passwords.findings();
        found.extend(self.roles.findings());
        found.extend(self.lifetimes.findings());
        found.extend(self.limits.findings());
        found
    }
}
