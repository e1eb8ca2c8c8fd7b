use std::collections::BTreeSet;

use portcullis::{
    model::{EventKind, Plan, Role, Status, Template, Transport},
    policy::{Permission, Policy},
    secret::Purpose,
};
use proptest::prelude::*;

use super::text::any_text;

const PERMISSIONS: [Permission; 8] = [
    Permission::ADMINISTER,
    Permission::USERS_VIEW,
    Permission::USERS_MANAGE,
    Permission::AUDIT_READ,
    Permission::LEADS_VIEW_ALL,
    Permission::LEADS_EDIT,
    Permission::LEADS_EXPORT,
    Permission::CAMPAIGNS,
];

proptest! {
    /// Also one that is spelt nearly like a known one.
    #[test]
    fn an_unknown_role_may_do_nothing(
        text in prop_oneof![any_text(), "[aA]dministrator[ \0]?", "ADMINISTRATOR", "sales[a-z]{0,6}"],
    ) {
        let policy = Policy::crm();
        let role = Role::from_text(&text);
        if !policy.roles.knows(&role) {
            prop_assert_eq!(policy.roles.permissions(&role).count(), 0);
            prop_assert!(!PERMISSIONS.iter().any(|p| policy.roles.allows(&role, *p)));
            prop_assert!(!policy.roles.is_administrator(&role));
        }
        let plan = Plan::from_text(&text);
        prop_assert!(policy.plans.knows(&plan) || policy.plans.features(&plan).count() == 0);
    }
}

#[test]
fn the_preset_names_what_it_knows() {
    let policy = Policy::crm();
    assert_eq!(policy.findings(), Vec::<String>::new());
    let all = PERMISSIONS.iter().all(|p| policy.roles.allows(&Role::ADMINISTRATOR, *p));
    assert!(all, "an administrator lacks nothing, or could not give it");
    let nearly = ["Administrator", "administrator ", "administrator\0", "admin", ""];
    assert!(!nearly.iter().any(|name| policy.roles.knows(&Role::from_text(name))));
}

/// Stored names: each is its own, and reads back.
#[test]
fn stable_names_read_back() {
    fn check<T: Copy + PartialEq + std::fmt::Debug>(
        all: &[T],
        name: impl Fn(T) -> &'static str,
        find: impl Fn(&str) -> Option<T>,
    ) {
        let names: BTreeSet<_> = all.iter().map(|one| name(*one)).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|one| find(name(*one)) == Some(*one)));
        assert_eq!(find("made up"), None);
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
    check(Purpose::ALL, Purpose::as_str, Purpose::from_name);
    check(Status::ALL, Status::as_str, Status::from_name);
    check(Template::ALL, Template::as_str, Template::from_name);
    check(Transport::ALL, Transport::as_str, Transport::from_name);
    let known = |name: &str| Some(EventKind::from_name(name)).filter(|k| *k != EventKind::Other);
    check(EventKind::ALL, EventKind::as_str, known);
}
