use time::OffsetDateTime;

use super::Client;
use crate::id::{AccountId, EventId, UserId};

/// What happened. Names are stable: they are stored, exported and searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EventKind {
    /// An account was opened by the operator.
    AccountOpened,
    /// A user was invited.
    Invited,
    /// An activation letter was asked for again.
    ActivationResent,
    /// An invitation was taken back.
    InvitationRevoked,
    /// An invited person chose a password.
    Activated,
    /// The set-up link was printed by the operator.
    SetUpLinkMinted,
    /// A person logged in.
    LoggedIn,
    /// A log-in was refused; the reason says why.
    LogInRefused,
    /// A person logged out.
    LoggedOut,
    /// A session was ended from a list.
    SessionEnded,
    /// A log-in beyond the sessions one person may have ended the oldest.
    SessionReplaced,
    /// All other sessions were ended.
    OthersLoggedOut,
    /// Too many wrong current passwords ended the session they came from.
    SessionEndedByGuessing,
    /// "Forgot password" was asked for.
    ResetAsked,
    /// A reset letter was made ready for a user.
    ResetSent,
    /// The password was set by a mailed link.
    PasswordReset,
    /// The password was changed in My Account.
    PasswordChanged,
    /// A current password was wrong.
    CurrentPasswordRefused,
    /// A temporary password was replaced at the log-in.
    PasswordReplaced,
    /// Somebody else set a temporary password.
    TemporaryPasswordSet,
    /// A change of e-mail address was asked for.
    EmailChangeAsked,
    /// The new address was proven, and is the person's from then on.
    EmailChanged,
    /// A change of address was taken back from the former address.
    EmailUndone,
    /// An administrator put another address in the place of one that could not be reached.
    Recovered,
    /// The former address objected to that.
    Objected,
    /// An administrator corrected the address of somebody who was invited.
    AddressCorrected,
    /// Somebody tried to take a change back with a wrong password.
    UndoRefused,
    /// A letter could not be delivered and was given up.
    LetterGivenUp,
    /// A username was changed.
    UsernameChanged,
    /// A person's name was changed by somebody else.
    NameChanged,
    /// A person chose the language letters to them are written in.
    LanguageChosen,
    /// A role was changed.
    RoleChanged,
    /// Somebody tried to do to another what their role does not let them; the reason says what.
    ActRefused,
    /// A user was locked out.
    Disabled,
    /// A user was let in again.
    Enabled,
    /// Every session of a user was ended by somebody else.
    SignedOut,
    /// A user was removed.
    Removed,
    /// A user's sessions, links and password were made void at once.
    Secured,
    /// The plan of an account was changed.
    PlanChanged,
    /// The operator agreed on another number of seats.
    SeatsChanged,
    /// Every session, link and password of an account was made void at once.
    AccountSecured,
    /// A stored name this version does not know.
    Other,
}

impl EventKind {
    /// Every kind but [`EventKind::Other`].
    pub const ALL: &'static [Self] = &[
        Self::AccountOpened,
        Self::Invited,
        Self::ActivationResent,
        Self::InvitationRevoked,
        Self::Activated,
        Self::SetUpLinkMinted,
        Self::LoggedIn,
        Self::LogInRefused,
        Self::LoggedOut,
        Self::SessionEnded,
        Self::SessionReplaced,
        Self::OthersLoggedOut,
        Self::SessionEndedByGuessing,
        Self::ResetAsked,
        Self::ResetSent,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::CurrentPasswordRefused,
        Self::PasswordReplaced,
        Self::TemporaryPasswordSet,
        Self::EmailChangeAsked,
        Self::EmailChanged,
        Self::EmailUndone,
        Self::Recovered,
        Self::Objected,
        Self::AddressCorrected,
        Self::UndoRefused,
        Self::LetterGivenUp,
        Self::UsernameChanged,
        Self::NameChanged,
        Self::LanguageChosen,
        Self::RoleChanged,
        Self::ActRefused,
        Self::Disabled,
        Self::Enabled,
        Self::SignedOut,
        Self::Removed,
        Self::Secured,
        Self::PlanChanged,
        Self::SeatsChanged,
        Self::AccountSecured,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountOpened => "account_opened",
            Self::Invited => "invited",
            Self::ActivationResent => "activation_resent",
            Self::InvitationRevoked => "invitation_revoked",
            Self::Activated => "activated",
            Self::SetUpLinkMinted => "set_up_link_minted",
            Self::LoggedIn => "logged_in",
            Self::LogInRefused => "log_in_refused",
            Self::LoggedOut => "logged_out",
            Self::SessionEnded => "session_ended",
            Self::SessionReplaced => "session_replaced",
            Self::OthersLoggedOut => "others_logged_out",
            Self::SessionEndedByGuessing => "session_ended_by_guessing",
            Self::ResetAsked => "reset_asked",
            Self::ResetSent => "reset_sent",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::CurrentPasswordRefused => "current_password_refused",
            Self::PasswordReplaced => "password_replaced",
            Self::TemporaryPasswordSet => "temporary_password_set",
            Self::EmailChangeAsked => "email_change_asked",
            Self::EmailChanged => "email_changed",
            Self::EmailUndone => "email_undone",
            Self::Recovered => "recovered",
            Self::Objected => "objected",
            Self::AddressCorrected => "address_corrected",
            Self::UndoRefused => "undo_refused",
            Self::LetterGivenUp => "letter_given_up",
            Self::UsernameChanged => "username_changed",
            Self::NameChanged => "name_changed",
            Self::LanguageChosen => "language_chosen",
            Self::RoleChanged => "role_changed",
            Self::ActRefused => "act_refused",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::SignedOut => "signed_out",
            Self::Removed => "removed",
            Self::Secured => "secured",
            Self::PlanChanged => "plan_changed",
            Self::SeatsChanged => "seats_changed",
            Self::AccountSecured => "account_secured",
            Self::Other => "other",
        }
    }

    /// The kind of that name; [`EventKind::Other`] for one from a newer version.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name).unwrap_or(Self::Other)
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// A user, under the name they had then.
    User(UserId, String),
    /// The operator of the site.
    Operator,
    /// Somebody who had not shown who they are.
    Stranger,
    /// The library itself.
    System,
}

/// One entry of the audit trail, committed with the change it tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: OffsetDateTime,
    /// What happened.
    pub kind: EventKind,
    /// In which account, where that is known.
    pub account: Option<AccountId>,
    /// Who did it.
    pub actor: Actor,
    /// To whom, with the name they had then.
    pub subject: Option<(UserId, String)>,
    /// From where.
    pub client: Client,
    /// Why: the operator's words, or the stable name of a refusal's cause; may be empty.
    pub reason: String,
    /// A keyed digest of what a stranger typed, so that repetitions show and the text does not.
    pub typed: Option<[u8; 4]>,
    /// When it may be purged; `None` for what is kept. Only what is about nobody expires.
    pub expires_at: Option<OffsetDateTime>,
}
