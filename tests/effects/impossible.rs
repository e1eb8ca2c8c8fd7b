//! In which states a cause can find somebody, and what nobody has when it strikes.

use portcullis::policy::effects::Cause;

use crate::thing::Kind;

/// What somebody may be when a cause strikes. Together they hold everything anybody can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Active, logged in, with a reset link, an e-mail link and an undo link.
    LoggedIn,
    /// Active with a temporary password: a ticket instead of the session, and the same links.
    AtTheTicket,
    /// Invited: an invitation and its link.
    Invited,
    /// Locked out: an undo link.
    LockedOut,
}

/// The states a cause is walked in.
pub(crate) fn states(cause: Cause) -> &'static [State] {
    use State::{AtTheTicket, Invited, LockedOut, LoggedIn};
    match cause {
        Cause::Activated | Cause::InvitationRevoked | Cause::AddressCorrected => &[Invited],
        Cause::PasswordChanged | Cause::OthersLoggedOut => &[LoggedIn],
        Cause::PasswordReplaced => &[AtTheTicket],
        Cause::Enabled => &[LockedOut],
        // The company is secured once: whoever is invited is walked first.
        Cause::AccountSecured | Cause::PlanEnded => &[Invited, AtTheTicket, LoggedIn],
        _ => &[LoggedIn, AtTheTicket],
    }
}

/// Why nobody has such a thing when this cause strikes, where nobody can.
pub(crate) fn cannot_be(cause: Cause, kind: Kind) -> Option<&'static str> {
    let invited = states(cause).contains(&State::Invited);
    let active =
        states(cause).iter().any(|state| matches!(state, State::LoggedIn | State::AtTheTicket));
    match (cause, kind) {
        (_, Kind::ActivationLink | Kind::Invitation) => {
            (!invited).then_some("whoever is not invited any more has used or lost both")
        }
        (Cause::Enabled, Kind::UndoLink) => None,
        (Cause::Enabled, _) => {
            Some("being locked out ended it, and nobody locked out gets another")
        }
        (Cause::PasswordChanged | Cause::OthersLoggedOut, Kind::Ticket) => {
            Some("it takes a session, and whoever has a temporary password has none")
        }
        (Cause::PasswordReplaced, Kind::Session) => {
            Some("it takes a temporary password, and setting that ended every session")
        }
        (Cause::EmailChanged, Kind::EmailLink) => {
            Some("one stands at a time, and this is the one that is used")
        }
        _ => (!active).then_some("whoever is invited has no password and no proven address"),
    }
}
