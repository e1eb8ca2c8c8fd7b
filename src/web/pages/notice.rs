//! What a page says about what was just done: a fixed set, so that a link cannot put words into
//! this site's mouth.

use crate::web::{query, service::Call};

/// A thing that was done.
#[derive(Clone, Copy)]
pub(super) enum Notice {
    Activated,
    EmailAsked,
    EmailConfirmed,
    EmailUndone,
    LoggedOut,
    OthersEnded,
    PasswordChanged,
    PasswordSaved,
    SessionEnded,
    SessionGone,
    UsernameChanged,
}

const ALL: &[(Notice, &str, &str)] = &[
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
        Notice::EmailUndone,
        "email-undone",
        "The change is taken back, and everybody is logged out. Choose Forgot Password now to \
         set a new password: somebody may know the one you just entered.",
    ),
    (Notice::LoggedOut, "logged-out", "You are logged out."),
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
    (Notice::SessionEnded, "session-ended", "The session has ended."),
    (Notice::SessionGone, "session-gone", "That session had ended already."),
    (Notice::UsernameChanged, "username-changed", "Your username is changed."),
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
