//! What must be so of the tables, asked of the database itself: nothing belongs to nobody, and
//! nothing is there twice.

use crate::place::Place;

/// What hangs on a person, and goes with them.
const THEIRS: [&str; 7] = [
    "activity",
    "credentials",
    "email_changes",
    "invitations",
    "released_names",
    "sessions",
    "user_words",
];

/// What is there once, where it is there.
const ONCE: [(&str, &str); 6] = [
    ("users", "username_key"),
    ("users", "look_alike"),
    ("users", "proven_email"),
    ("sessions", "id"),
    ("outbox", "once"),
    ("events", "id"),
];

pub(crate) async fn check(place: &Place) {
    for table in THEIRS {
        let orphans = place.count(&orphans(table, "")).await;
        assert_eq!(orphans, 0, "rows of {table} whose person is gone");
    }
    // An activation link outlives an invitation that was taken back, and leads nowhere.
    let others = orphans("links", "AND {links}.[purpose] <> 'activation'");
    assert_eq!(place.count(&others).await, 0, "links whose person is gone");
    for (table, key) in ONCE {
        let twice = format!(
            "SELECT COUNT(*) FROM (SELECT [{key}] FROM {{{table}}} WHERE [{key}] IS NOT NULL \
             GROUP BY [{key}] HAVING COUNT(*) > 1) AS twice"
        );
        assert_eq!(place.count(&twice).await, 0, "{table} with one {key}");
    }
    // Whoever is invited has an invitation and no password, and whoever is active the other way.
    for (status, table, missing) in [
        ("invited", "invitations", true),
        ("invited", "credentials", false),
        ("active", "credentials", true),
        ("active", "invitations", false),
    ] {
        let there = if missing { "IS NULL" } else { "IS NOT NULL" };
        let wrong = format!(
            "SELECT COUNT(*) FROM {{users}} LEFT JOIN {{{table}}} ON {{users}}.[id] = \
             {{{table}}}.[user] WHERE {{users}}.[status] = '{status}' AND {{{table}}}.[user] {there}"
        );
        assert_eq!(place.count(&wrong).await, 0, "{status}, and {table}: missing {missing}");
    }
    let everybody = place.count("SELECT COUNT(*) FROM {users}").await;
    assert!(everybody > 0, "the right tables were looked at");
}

fn orphans(table: &str, and: &str) -> String {
    format!(
        "SELECT COUNT(*) FROM {{{table}}} LEFT JOIN {{users}} ON {{users}}.[id] = \
         {{{table}}}.[user] WHERE {{users}}.[id] IS NULL {and}"
    )
}
