//! The tables, as data: stores make theirs from these descriptions. What else a new one takes
//! stands in CONTRIBUTING.md, under "Adding a table or a column".

use super::{Column, Kind, Ordering, Table, Unique};

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false, personal: false }
}
const fn bytes(name: &'static str) -> Column {
    column(name, Kind::Bytes)
}
const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}
const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}
/// The column, where it may be null.
const fn maybe(of: Column) -> Column {
    Column { nullable: true, ..of }
}
/// The column, where it says something about a person.
const fn personal(of: Column) -> Column {
    Column { personal: true, ..of }
}

/// Customer companies.
pub static ACCOUNTS: Table = Table {
    name: "accounts",
    columns: &[
        bytes("id"),
        text("name"),
        text("plan"),
        maybe(int("plan_until")),
        maybe(int("seats")),
        int("seats_taken"),
        int("administrators"),
        int("stamp"),
        maybe(int("secured_at")),
        int("created_at"),
        int("version"),
    ],
    uniques: &[],
    orderings: &[Ordering { name: "all", equal: &[], by: &["id"] }],
    expires: None,
};

/// [`USERS`] by username.
pub const BY_USERNAME: Unique = Unique { name: "username", columns: &["username_key"] };
/// [`USERS`] by what their username looks like.
pub const BY_LOOK_ALIKE: Unique = Unique { name: "look_alike", columns: &["look_alike"] };
/// [`USERS`] by proven address.
pub const BY_PROVEN_EMAIL: Unique = Unique { name: "proven_email", columns: &["proven_email"] };

/// People.
pub static USERS: Table = Table {
    name: "users",
    columns: &[
        bytes("id"),
        bytes("account"),
        personal(text("username")),
        personal(text("username_key")),
        personal(text("look_alike")),
        personal(text("email")),
        personal(text("email_key")),
        personal(maybe(text("proven_email"))),
        personal(text("name")),
        maybe(text("language")),
        text("role"),
        int("administrator"),
        text("status"),
        int("session_stamp"),
        int("link_stamp"),
        int("change_stamp"),
        int("created_at"),
        int("version"),
    ],
    uniques: &[BY_USERNAME, BY_LOOK_ALIKE, BY_PROVEN_EMAIL],
    orderings: &[
        Ordering { name: "of_account", equal: &["account"], by: &["username_key"] },
        Ordering {
            name: "of_account_status",
            equal: &["account", "status"],
            by: &["username_key"],
        },
        Ordering {
            name: "administrators",
            equal: &["account", "administrator"],
            by: &["username_key"],
        },
        Ordering { name: "by_email", equal: &["email_key"], by: &["id"] },
    ],
    expires: None,
};

/// The beginnings by which people are found: each word of a name, a username and an address.
/// The key is made of the user and the word.
pub static USER_WORDS: Table = Table {
    name: "user_words",
    columns: &[bytes("key"), bytes("account"), personal(text("word")), bytes("user")],
    uniques: &[],
    orderings: &[Ordering { name: "of_account", equal: &["account"], by: &["word", "key"] }],
    expires: None,
};

/// When each user was last active: apart from their row, so that activity never conflicts with
/// a change.
pub static ACTIVITY: Table = Table {
    name: "activity",
    columns: &[bytes("user"), personal(int("last_login_at"))],
    uniques: &[],
    orderings: &[],
    expires: None,
};

/// Password hashes, apart from people.
pub static CREDENTIALS: Table = Table {
    name: "credentials",
    columns: &[
        bytes("user"),
        text("hash"),
        int("changed_at"),
        maybe(int("temporary_until")),
        maybe(int("secured_at")),
        int("version"),
    ],
    uniques: &[],
    orderings: &[],
    expires: None,
};

/// Former addresses that can still take a change back.
pub static EMAIL_CHANGES: Table = Table {
    name: "email_changes",
    columns: &[
        bytes("id"),
        bytes("user"),
        bytes("account"),
        personal(text("old_email")),
        personal(maybe(text("old_username"))),
        text("hash"),
        maybe(int("temporary_until")),
        int("at"),
        int("expires_at"),
    ],
    uniques: &[],
    orderings: &[Ordering { name: "of_user", equal: &["user"], by: &["at", "id"] }],
    expires: Some("expires_at"),
};

/// Usernames that were given up and are kept back, by digest.
pub static RELEASED_NAMES: Table = Table {
    name: "released_names",
    columns: &[bytes("digest"), bytes("user"), int("expires_at"), int("version")],
    uniques: &[],
    orderings: &[],
    expires: Some("expires_at"),
};

/// [`SESSIONS`] by the id lists show.
pub const SESSION_BY_ID: Unique = Unique { name: "id", columns: &["id"] };

/// Log-ins.
pub static SESSIONS: Table = Table {
    name: "sessions",
    columns: &[
        bytes("digest"),
        bytes("id"),
        bytes("user"),
        bytes("account"),
        text("transport"),
        int("user_stamp"),
        int("account_stamp"),
        int("created_at"),
        int("expires_at"),
        int("confirmed_at"),
        personal(int("last_seen_at")),
        int("remembered"),
        personal(maybe(text("address"))),
        personal(text("agent")),
    ],
    uniques: &[SESSION_BY_ID],
    orderings: &[Ordering { name: "of_user", equal: &["user"], by: &["created_at", "id"] }],
    expires: Some("expires_at"),
};

/// Mailed links and log-in tickets.
pub static LINKS: Table = Table {
    name: "links",
    columns: &[
        bytes("digest"),
        text("purpose"),
        bytes("user"),
        bytes("account"),
        personal(text("email")),
        maybe(text("transport")),
        int("remembered"),
        maybe(bytes("change")),
        int("user_stamp"),
        int("account_stamp"),
        int("created_at"),
        int("expires_at"),
    ],
    uniques: &[],
    orderings: &[Ordering {
        name: "of_user",
        equal: &["user", "purpose"],
        by: &["created_at", "digest"],
    }],
    expires: Some("expires_at"),
};

/// Who is asked to join.
pub static INVITATIONS: Table = Table {
    name: "invitations",
    columns: &[
        bytes("user"),
        bytes("account"),
        personal(text("inviter")),
        int("created_at"),
        int("expires_at"),
        int("version"),
    ],
    uniques: &[],
    orderings: &[Ordering { name: "of_account", equal: &["account"], by: &["created_at", "user"] }],
    expires: None,
};

/// The audit trail. What is about nobody expires, so that strangers cannot fill a store for good.
pub static EVENTS: Table = Table {
    name: "events",
    columns: &[
        bytes("id"),
        int("at"),
        text("kind"),
        maybe(bytes("account")),
        text("actor"),
        maybe(bytes("actor_id")),
        personal(text("actor_name")),
        maybe(bytes("subject")),
        personal(text("subject_name")),
        personal(maybe(text("address"))),
        personal(text("agent")),
        text("reason"),
        maybe(bytes("typed")),
        maybe(int("expires_at")),
    ],
    uniques: &[],
    orderings: &[
        Ordering { name: "of_account", equal: &["account"], by: &["at", "id"] },
        Ordering { name: "of_subject", equal: &["subject"], by: &["at", "id"] },
        Ordering { name: "of_subject_kind", equal: &["subject", "kind"], by: &["at", "id"] },
    ],
    expires: Some("expires_at"),
};

/// [`OUTBOX`] by what may be open only once.
pub const ONCE: Unique = Unique { name: "once", columns: &["once"] };

/// Work to be done later: letters above all.
pub static OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        bytes("id"),
        text("errand"),
        maybe(bytes("once")),
        int("created_at"),
        int("due_at"),
        int("dead_at"),
        int("attempts"),
        personal(text("email")),
        maybe(text("template")),
        maybe(bytes("user")),
        maybe(bytes("account")),
        personal(text("inviter")),
        personal(text("detail")),
        int("stamp"),
        maybe(bytes("change")),
        maybe(bytes("minted")),
        personal(maybe(text("address"))),
        personal(text("agent")),
        int("version"),
    ],
    uniques: &[ONCE],
    orderings: &[Ordering { name: "due", equal: &[], by: &["due_at", "id"] }],
    expires: None,
};

/// Counters of what is limited.
pub static BUDGETS: Table = Table {
    name: "budgets",
    columns: &[bytes("key"), int("count"), int("at"), int("expires_at")],
    uniques: &[],
    orderings: &[],
    expires: Some("expires_at"),
};

/// What the site remembers of itself: its key, by name.
pub static SETTINGS: Table = Table {
    name: "settings",
    columns: &[bytes("name"), bytes("value"), int("version")],
    uniques: &[],
    orderings: &[],
    expires: None,
};

/// Batches that were applied. Written by the store itself.
pub static BATCHES: Table = Table {
    name: "batches",
    columns: &[bytes("id"), int("expires_at")],
    uniques: &[],
    orderings: &[],
    expires: Some("expires_at"),
};

pub(super) const ALL: &[&Table] = &[
    &ACCOUNTS,
    &USERS,
    &USER_WORDS,
    &ACTIVITY,
    &CREDENTIALS,
    &EMAIL_CHANGES,
    &RELEASED_NAMES,
    &SESSIONS,
    &LINKS,
    &INVITATIONS,
    &EVENTS,
    &OUTBOX,
    &BUDGETS,
    &SETTINGS,
    &BATCHES,
];

/// Something a later contract version added to what the first one had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// The contract version it came with.
    pub contract: u32,
    /// Its table's name.
    pub table: &'static str,
    /// What it is.
    pub part: Part,
}

/// A part of a table's description, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole table.
    Table,
    /// One column. In rows that stood before it is null, or zero, or empty.
    Column(&'static str),
    /// One unique key.
    Unique(&'static str),
    /// One ordering.
    Ordering(&'static str),
}

/// Everything that was not there from the first contract version on: whoever adds to a table
/// above and raises [`CONTRACT`](super::CONTRACT) writes it down here, and migrations follow.
pub const ADDED: &[Added] = &[];
