//! What an act may be refused with in a race, which is what somebody else can have done to it
//! first; and how often the store may fail, which nobody sent away.

use crate::history::{Answer, Op};

/// What the steps before an act are refused with, where somebody ended the session meanwhile, or
/// took the right to manage people.
const SESSION: &str = "unauthenticated";
const RIGHT: &str = "forbidden";

/// What each may be refused with. Where it is nothing, nobody stands in its way.
const ALLOWED: [(&str, &[&str]); 19] = [
    // Another password was set, or the boss was locked out; or kills cut off so many log-ins by
    // this name, each of which counts as a wrong one, that there is a pause.
    ("log_in", &["rejected", "throttled"]),
    ("boss", &["rejected", "throttled"]),
    ("identify", &[SESSION]),
    ("manage", &[RIGHT]),
    ("list", &[SESSION, RIGHT]),
    // Another password was set after the session was looked at, or before.
    ("change", &["rejected", SESSION]),
    // Two want the name, or it is their own already.
    ("nick", &["rejected", SESSION, "conflict: username", "invalid: unchanged"]),
    ("forgot", &[]),
    // Somebody else used the link, or set a password otherwise; or it was too old.
    ("reset", &["rejected"]),
    ("end_others", &[SESSION]),
    ("log_out", &[]),
    ("invite", &[SESSION, RIGHT, "conflict: seats", "conflict: username"]),
    // The invitation was taken back.
    ("revoke", &[SESSION, RIGHT, "not_found"]),
    ("rename", &[SESSION, RIGHT, "not_found", "conflict: username"]),
    // It would have been the last administrator.
    ("role", &[SESSION, RIGHT, "conflict: administrators"]),
    ("disable", &[SESSION, RIGHT, "conflict: administrators"]),
    ("enable", &[SESSION, RIGHT, "conflict: seats"]),
    ("work", &[]),
    ("purge", &[]),
];

/// Whatever writes may have met the success of another five times in a row, though in more than a
/// thousand acts on each database nobody did: one in a hundred, for a slow machine, or these few.
const BUSY: &str = "busy";
const BUSY_AT_MOST: usize = 5;

/// What SQLite says to a process that waited for five seconds for others that write. Nobody did
/// that either; but let a disk stand still once, and all that wait in three processes are told.
/// On a server nobody waits for that long.
const LOCKED: &str = "database is locked";
const LOCKED_AT_MOST: usize = 15;

/// Fails where something was refused that nobody raced for, where the store failed, and where
/// nothing at all was answered to somebody who lived.
pub(crate) fn check(ops: &[Op]) {
    let (mut busy, mut locked, mut wrong) = (0, 0, Vec::new());
    for op in ops {
        match &op.answer {
            Answer::Refused(_, kind) if kind == BUSY => busy += 1,
            Answer::Refused(_, kind) if may_be(op, kind) => {}
            Answer::Failed(_, why) if why.contains(LOCKED) => locked += 1,
            Answer::Refused(..) | Answer::Failed(..) => wrong.push(op),
            Answer::Unanswered(_) if op.is_left() => wrong.push(op),
            Answer::Done(..) | Answer::Unanswered(_) => {}
        }
    }
    let some: Vec<_> = wrong.iter().take(5).collect();
    assert!(
        some.is_empty(),
        "{} of {} answers no race explains: {some:#?}",
        wrong.len(),
        ops.len()
    );
    let few = BUSY_AT_MOST.max(ops.len() / 100);
    assert!(busy <= few, "{busy} of {} were told that it is busy", ops.len());
    assert!(locked <= LOCKED_AT_MOST, "{locked} of {} waited in vain", ops.len());
}

fn may_be(op: &Op, kind: &str) -> bool {
    let known = ALLOWED.iter().find(|(act, _)| *act == op.kind);
    known.is_some_and(|(_, allowed)| allowed.contains(&kind))
}
