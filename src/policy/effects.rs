//! What each cause ends, who is told, and what is recorded: one table.
//!
//! Every task asks [`Cause::effects`]; none ends a session by hand. A test walks the whole
//! table against the running flows, and another keeps this copy of it true:
//!
#![doc = include_str!("effects.md")]
//!
//! A letter to the person goes to a proven address only: another may be a stranger's. Three are
//! about the mailbox itself and go there all the same: `recovered`, and `activated` and
//! `password_reset`, each of which follows the use of a link that was mailed there.
//!
//! What the operator does in an account is told to its active administrators as well
//! (`operator_acted`), also where it is in no row of the table: an invitation, its link, its end,
//! the plan, the seats.
//!
//! Two rows are nobody's own: *a company is secured* by one write of its row, after which each
//! session, link and password of everybody is dead, and everybody who is active is mailed; and *a
//! plan has ended* by its date alone, which writes and ends nothing: for as long as that lasts the
//! sessions of all but administrators are refused, a right password is answered with what to do,
//! and nobody has what the plan included.

use crate::model::{EventKind, Template, User};

/// A change that has consequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// An invited person chose the first password.
    Activated,
    /// An administrator took an invitation back.
    InvitationRevoked,
    /// The password was set by a mailed link.
    PasswordReset,
    /// The password was changed in My Account.
    PasswordChanged,
    /// A temporary password was replaced at the log-in.
    PasswordReplaced,
    /// Somebody else set a temporary password.
    TemporaryPasswordSet,
    /// All other sessions were ended from the list.
    OthersLoggedOut,
    /// The username was changed, by its person or an administrator.
    UsernameChanged,
    /// An administrator changed the name.
    NameChanged,
    /// An administrator changed the role. It is looked up at each request, so sessions go on
    /// with what the new one allows.
    RoleChanged,
    /// An administrator locked somebody out.
    Disabled,
    /// An administrator let them in again.
    Enabled,
    /// An administrator ended every session of somebody.
    SignedOut,
    /// An administrator removed somebody.
    Removed,
    /// An administrator acted on a concern: the password is void too, and the letter has a link
    /// to choose another.
    Secured,
    /// A change of e-mail address was asked for; an earlier one that waits ends.
    EmailChangeAsked,
    /// A new address was proven. The letter goes to the former one.
    EmailChanged,
    /// A change of address was taken back from the former one.
    EmailUndone,
    /// An administrator put another address in the place of one that could not be reached. The
    /// letter goes there, with a link to choose a new password; the former one can object.
    Recovered,
    /// The former address objected. The administrators are told.
    Objected,
    /// An administrator corrected the address of somebody who was invited, who gets the
    /// invitation there.
    AddressCorrected,
    /// An administrator acted on a concern of the whole company. It is done to everybody by one
    /// write of the account's row: every password is void too.
    AccountSecured,
    /// The plan of the company has ended. Nobody does it; the date passes.
    PlanEnded,
}

/// What a cause ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ends {
    /// Sessions and log-in tickets. The session that caused it is issued anew where the person
    /// goes on.
    pub sessions: bool,
    /// Reset and activation links.
    pub links: bool,
    /// Waiting changes of the e-mail address.
    pub changes: bool,
    /// The invitation.
    pub invitation: bool,
    /// Undo links: ways for a former address to take its change back. Whoever took a log-in over
    /// can end everything else, so these outlive all but what makes them pointless. The task
    /// deletes their rows.
    pub undo: bool,
}

/// The consequences of a [`Cause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effects {
    /// What ends.
    pub ends: Ends,
    /// The letter the user gets.
    pub tells: Option<Template>,
    /// A letter to another address, or to somebody else: [`Letters`](crate::outbox::Letters) says
    /// to whom each goes.
    pub also: Option<Template>,
    /// The entry in the audit trail. Only what nobody does has none.
    pub event: Option<EventKind>,
    /// Whether sessions of all but administrators are refused for as long as it lasts, and stand
    /// again afterwards.
    pub suspends: bool,
}

const EVERYTHING: Ends =
    Ends { sessions: true, links: true, changes: true, invitation: true, undo: false };
const ALL_BUT_INVITATION: Ends = Ends { invitation: false, ..EVERYTHING };
const NOTHING: Ends =
    Ends { sessions: false, links: false, changes: false, invitation: false, undo: false };
const FOR_GOOD: Ends = Ends { undo: true, ..ALL_BUT_INVITATION };
const CHANGES: Ends = Ends { changes: true, ..NOTHING };
const PLAN_ENDED: Effects =
    Effects { ends: NOTHING, tells: None, also: None, event: None, suspends: true };
const SESSIONS: Ends = Ends { links: false, changes: false, ..ALL_BUT_INVITATION };

impl Cause {
    /// Every cause.
    pub const ALL: &'static [Self] = &[
        Self::Activated,
        Self::InvitationRevoked,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::PasswordReplaced,
        Self::TemporaryPasswordSet,
        Self::OthersLoggedOut,
        Self::UsernameChanged,
        Self::NameChanged,
        Self::RoleChanged,
        Self::Disabled,
        Self::Enabled,
        Self::SignedOut,
        Self::Removed,
        Self::Secured,
        Self::EmailChangeAsked,
        Self::EmailChanged,
        Self::EmailUndone,
        Self::Recovered,
        Self::Objected,
        Self::AddressCorrected,
        Self::AccountSecured,
        Self::PlanEnded,
    ];

    /// Its row of the table.
    #[must_use]
    pub const fn effects(self) -> Effects {
        use {EventKind as E, Template as T};
        let (ends, tells, event) = match self {
            Self::Activated => (EVERYTHING, Some(T::Activated), E::Activated),
            Self::InvitationRevoked => (EVERYTHING, None, E::InvitationRevoked),
            Self::PasswordReset => (ALL_BUT_INVITATION, Some(T::PasswordReset), E::PasswordReset),
            Self::PasswordChanged => {
                (ALL_BUT_INVITATION, Some(T::PasswordChanged), E::PasswordChanged)
            }
            Self::PasswordReplaced => {
                (ALL_BUT_INVITATION, Some(T::PasswordChanged), E::PasswordReplaced)
            }
            Self::TemporaryPasswordSet => {
                (ALL_BUT_INVITATION, Some(T::TemporaryPassword), E::TemporaryPasswordSet)
            }
            Self::OthersLoggedOut => (SESSIONS, None, E::OthersLoggedOut),
            Self::UsernameChanged => (NOTHING, Some(T::UsernameChanged), E::UsernameChanged),
            Self::NameChanged => (NOTHING, Some(T::ProfileChanged), E::NameChanged),
            Self::RoleChanged => (NOTHING, Some(T::RoleChanged), E::RoleChanged),
            Self::Disabled => (ALL_BUT_INVITATION, Some(T::Disabled), E::Disabled),
            Self::Enabled => (NOTHING, Some(T::Enabled), E::Enabled),
            Self::SignedOut => (SESSIONS, None, E::SignedOut),
            Self::Removed => (FOR_GOOD, Some(T::Removed), E::Removed),
            Self::Secured => (ALL_BUT_INVITATION, Some(T::Secured), E::Secured),
            Self::EmailChangeAsked => (CHANGES, None, E::EmailChangeAsked),
            Self::EmailChanged => {
                (Ends { links: true, ..CHANGES }, Some(T::EmailChanged), E::EmailChanged)
            }
            Self::EmailUndone => (FOR_GOOD, Some(T::EmailUndone), E::EmailUndone),
            Self::Recovered => (ALL_BUT_INVITATION, Some(T::Recovered), E::Recovered),
            Self::Objected => (ALL_BUT_INVITATION, None, E::Objected),
            Self::AddressCorrected => (ALL_BUT_INVITATION, None, E::AddressCorrected),
            Self::AccountSecured => (ALL_BUT_INVITATION, Some(T::Secured), E::AccountSecured),
            Self::PlanEnded => return PLAN_ENDED,
        };
        let also = match self {
            Self::EmailChangeAsked => Some(T::EmailConfirm),
            Self::Recovered => Some(T::Objection),
            Self::Objected => Some(T::Objected),
            Self::AddressCorrected => Some(T::Activation),
            _ => None,
        };
        Effects { ends, tells, also, event: Some(event), suspends: false }
    }
}

impl Cause {
    /// Whether its letter goes to the person's address also while nobody has proven that: it
    /// brings the link that does, or tells whoever just used one.
    pub(crate) const fn concerns_the_mailbox(self) -> bool {
        matches!(self, Self::Recovered | Self::Activated | Self::PasswordReset)
    }
}

impl Ends {
    /// Ends it in the user's own row: whatever was handed out under an older stamp is dead from
    /// this write on. The invitation is a row of its own, which the task deletes.
    pub(crate) fn apply(self, user: &mut User) {
        user.stamps.sessions += i64::from(self.sessions);
        user.stamps.links += i64::from(self.links);
        user.stamps.changes += i64::from(self.changes);
    }
}

/// A letter with where it goes.
fn addressed(letter: Template) -> String {
    let to = match letter {
        Template::EmailConfirm => "the new address",
        Template::Objection => "the former address",
        Template::Objected => "the administrators",
        _ => "the corrected address",
    };
    format!("{to}: `{}`", letter.as_str())
}

/// The table in Markdown, as the documentation shows it.
#[must_use]
pub fn markdown() -> String {
    let mark = |ends| if ends { "ends" } else { "–" };
    let mut out = String::from(
        "| cause | sessions | tickets | reset links | activation links | e-mail links | undo links \
         | invitation | letter to the person | and to | event |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for cause in Cause::ALL {
        let Effects { ends, tells, also, event, suspends } = cause.effects();
        out.push_str(&format!(
            "| {cause:?} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            if suspends { "refused" } else { mark(ends.sessions) },
            mark(ends.sessions),
            mark(ends.links),
            mark(ends.links),
            mark(ends.changes),
            mark(ends.undo),
            mark(ends.invitation),
            tells.map_or("–".to_owned(), |letter| format!("`{}`", letter.as_str())),
            also.map_or("–".to_owned(), addressed),
            event.map_or("–".to_owned(), |event| format!("`{}`", event.as_str())),
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::{Record as _, Row, Value};

    /// Any user: what matters here are the stamps.
    fn user() -> User {
        let text = |text: &str| Value::Text(text.to_owned());
        let id = || Value::Bytes(vec![7; 16]);
        let (address, zero) = ("ada@acme.example", || Value::Int(0));
        let row = Row::new(vec![
            id(),
            id(),
            text("Ada"),
            text("ada"),
            text("ada"),
            text(address),
            text(address),
            text(address),
            text("Ada"),
            Value::Null,
            text("administrator"),
            zero(),
            text("active"),
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
        ]);
        User::from_row(&row).unwrap()
    }

    proptest! {
        /// Stamps never go back, for any cause; what the table ends, it ends.
        #[test]
        fn stamps_only_rise(stamps in prop::array::uniform3(0..i64::MAX)) {
            for cause in Cause::ALL {
                let ends = cause.effects().ends;
                let mut user = user();
                let [sessions, links, changes] = stamps;
                user.stamps = crate::model::Stamps { sessions, links, changes };
                let before = user.clone();
                ends.apply(&mut user);
                let after = user.stamps;
                for (before, after, ends) in [
                    (sessions, after.sessions, ends.sessions),
                    (links, after.links, ends.links),
                    (changes, after.changes, ends.changes),
                ] {
                    prop_assert_eq!(after > before, ends, "{:?}", cause);
                    prop_assert!(after >= before);
                }
                prop_assert_eq!(User { stamps: before.stamps, ..user }, before);
            }
        }
    }

    /// A cause that is not in the list would have no row in the table.
    #[test]
    fn every_cause_is_listed() {
        let position = |cause: &Cause| match cause {
            Cause::Activated => 0,
            Cause::InvitationRevoked => 1,
            Cause::PasswordReset => 2,
            Cause::PasswordChanged => 3,
            Cause::PasswordReplaced => 4,
            Cause::TemporaryPasswordSet => 5,
            Cause::OthersLoggedOut => 6,
            Cause::UsernameChanged => 7,
            Cause::NameChanged => 8,
            Cause::RoleChanged => 9,
            Cause::Disabled => 10,
            Cause::Enabled => 11,
            Cause::SignedOut => 12,
            Cause::Removed => 13,
            Cause::Secured => 14,
            Cause::EmailChangeAsked => 15,
            Cause::EmailChanged => 16,
            Cause::EmailUndone => 17,
            Cause::Recovered => 18,
            Cause::Objected => 19,
            Cause::AddressCorrected => 20,
            Cause::AccountSecured => 21,
            Cause::PlanEnded => 22,
        };
        assert!(Cause::ALL.iter().map(position).eq(0..23));
    }
}
