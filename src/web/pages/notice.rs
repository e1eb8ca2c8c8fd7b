//! What a page says about what was just done: a fixed set, so that a link cannot put words into
//! this site's mouth.

use crate::web::{query, service::Call};

/// A thing that was done.
#[derive(Clone, Copy)]
pub(super) enum Notice {
    AccountSecured,
    Activated,
    EmailAsked,
    EmailConfirmed,
    EmailLinkSent,
    EmailUndone,
    ActivationSent,
    Disabled,
    Enabled,
    InvitationRevoked,
    Invited,
    LanguageChosen,
    LoggedOut,
    Objected,
    OthersEnded,
    PasswordChanged,
    PasswordSaved,
    PlanChanged,
    ProfileSaved,
    Recovered,
    Removed,
    ResetSent,
    Secured,
    SecuredWithoutLink,
    SessionEnded,
    SessionGone,
    UsernameChanged,
    SignedOut,
    TemporarySet,
}

const ALL: &[(Notice, &str, &str)] = &[
    (
        Notice::AccountSecured,
        "account-secured",
        "The account is secured: everybody is logged out, and no password works any more. A link \
         to choose a new one is on its way to each of you whose address is proven.",
    ),
    (Notice::Activated, "activated", "Your log-in is ready. Log in with the password you chose."),
    (
        Notice::EmailAsked,
        "email-asked",
        "A letter is on its way to the new address. It becomes yours when you follow its link.",
    ),
    (
        Notice::EmailConfirmed,
        "email-confirmed",
        "The address is confirmed: letters go there from now on, and you can log in with it.",
    ),
    (
        Notice::EmailLinkSent,
        "email-link-sent",
        "A letter is on its way to the new address. It counts once its link was followed.",
    ),
    (
        Notice::EmailUndone,
        "email-undone",
        "The change is taken back, and everybody is logged out. Choose Forgot Password now to \
         set a new password: somebody may know the one you just entered.",
    ),
    (Notice::ActivationSent, "activation-sent", "The activation letter is on its way."),
    (Notice::Disabled, "disabled", "The log-in is disabled, and every session has ended."),
    (Notice::Enabled, "enabled", "The log-in works again."),
    (Notice::InvitationRevoked, "revoked", "The invitation is taken back."),
    (Notice::Invited, "invited", "The invitation is on its way."),
    (Notice::LanguageChosen, "language-chosen", "Letters to you are written in that language now."),
    (Notice::LoggedOut, "logged-out", "You are logged out."),
    (
        Notice::Objected,
        "objected",
        "Your objection stands: everybody is logged out of that log-in, and its administrators \
         are warned.",
    ),
    (Notice::OthersEnded, "others-ended", "All other sessions have ended."),
    (
        Notice::PasswordChanged,
        "password-changed",
        "Your password is changed, and your other devices are logged out.",
    ),
    (
        Notice::PasswordSaved,
        "password-saved",
        "Your new password is saved, and every device is logged out. Log in with it.",
    ),
    (Notice::PlanChanged, "plan-changed", "The plan is changed, for everybody at once."),
    (Notice::ProfileSaved, "profile-saved", "The profile is saved, and the person is told."),
    (
        Notice::Recovered,
        "recovered",
        "The new address is theirs, and a link to choose a new password is on its way there.",
    ),
    (Notice::Removed, "removed", "The person is removed."),
    (
        Notice::ResetSent,
        "reset-sent",
        "The Password Reset Email is on its way to the stored address.",
    ),
    (
        Notice::Secured,
        "secured",
        "Sessions, links and the password are void. A link to choose a new one is on its way.",
    ),
    (
        Notice::SecuredWithoutLink,
        "secured-without-link",
        "Sessions, links and the password are void. No link was mailed, because nobody has proven \
         that the address is theirs. Choose Help who cannot reach the mailbox below, with another \
         address or with this one again.",
    ),
    (Notice::SessionEnded, "session-ended", "The session has ended."),
    (Notice::SessionGone, "session-gone", "That session had ended already."),
    (Notice::UsernameChanged, "username-changed", "Your username is changed."),
    (Notice::SignedOut, "signed-out", "Every session of theirs has ended."),
    (
        Notice::TemporarySet,
        "temporary-set",
        "The temporary password is set. Tell it to the person yourself: it works for a day, and \
         the next log-in asks for a new one.",
    ),
];

impl Notice {
    /// The page with this notice on it.
    pub(super) fn on(self, path: &str) -> String {
        let code = ALL.iter().find(|(notice, ..)| *notice as u8 == self as u8);
        let code = code.map_or("", |(_, code, _)| *code);
        format!("{path}?notice={code}")
    }
}

/// The words of the notice a page was asked to show.
pub(super) fn asked(call: &Call) -> Option<&'static str> {
    let code = query::only(call.asked.query.as_deref(), "notice")?;
    ALL.iter().find(|(_, known, _)| *known == code.as_str()).map(|(.., words)| *words)
}
