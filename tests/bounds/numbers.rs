//! The numbers themselves, as they are promised: each is written down here a second time, so that
//! nobody changes one by the way.

use portcullis::policy::{Lifetimes, Limits, Policy};
use time::Duration;

#[test]
fn the_limits_are_those_that_are_promised() {
    let limits = Limits::default();
    for (name, is, promised) in [
        ("free failures for a name", limits.free_failures, 5),
        ("failures in a row that stop a password", limits.failures_in_a_row, 100),
        ("log-ins for a name", limits.log_ins_per_name, 600),
        ("failures of a network", limits.network_failures, 100),
        ("forgotten passwords of a network", limits.forgot_per_network, 30),
        ("letters to a mailbox in a day", limits.letters_per_mailbox, 6),
        ("invitations of an account in a day", limits.invitations_per_day, 50),
        ("addresses one person asks for in a day", limits.email_changes_per_day, 6),
        ("usernames an account gives in a day", limits.renames_per_day, 200),
        ("changes of one's own username", limits.renames_per_month, 3),
        ("wrong passwords with an undo link", limits.undo_failures, 5),
        ("wrong current passwords of a session", limits.current_password_failures, 5),
    ] {
        assert_eq!(is, promised, "{name}");
    }
    for (name, is, promised) in [
        ("the first wait", limits.first_wait, Duration::seconds(1)),
        ("the longest wait", limits.longest_wait, Duration::hours(1)),
        ("failures are forgotten after", limits.forget_failures, Duration::hours(24)),
        ("a network's window", limits.network_window, Duration::minutes(10)),
        ("between two letters to a mailbox", limits.mailbox_pause, Duration::minutes(5)),
    ] {
        assert_eq!(is, promised, "{name}");
    }
    assert_eq!(limits.sessions_per_user, None, "unless a host chooses");
}

#[test]
fn the_lifetimes_are_those_that_are_promised() {
    let lifetimes = Lifetimes::default();
    for (name, is, promised) in [
        ("a reset link", lifetimes.reset_link, Duration::minutes(60)),
        ("an activation link", lifetimes.activation_link, Duration::hours(72)),
        ("an invitation", lifetimes.invitation, Duration::days(14)),
        ("the link that proves an address", lifetimes.email_change, Duration::hours(24)),
        ("the link that takes a change back", lifetimes.undo, Duration::hours(72)),
        ("a released username", lifetimes.released_name, Duration::days(90)),
        ("a password that was shown", lifetimes.confirmation, Duration::minutes(5)),
        ("a temporary password", lifetimes.temporary_password, Duration::hours(24)),
        ("a ticket", lifetimes.ticket, Duration::minutes(10)),
        ("an idle session", lifetimes.session_idle, Duration::minutes(30)),
        ("a session", lifetimes.session, Duration::hours(12)),
        ("a remembered session", lifetimes.remembered_session, Duration::days(14)),
        ("last seen", lifetimes.last_seen, Duration::minutes(1)),
        ("finding out about a reset", lifetimes.reset_errand, Duration::hours(4)),
        ("a letter", lifetimes.letter, Duration::days(3)),
    ] {
        assert_eq!(is, promised, "{name}");
    }
}

/// The preset, with which every test runs, sets no numbers of its own.
#[test]
fn the_preset_keeps_them() {
    let crm = Policy::crm();
    assert_eq!(format!("{:?}", crm.limits), format!("{:?}", Limits::default()));
    assert_eq!(format!("{:?}", crm.lifetimes), format!("{:?}", Lifetimes::default()));
}
