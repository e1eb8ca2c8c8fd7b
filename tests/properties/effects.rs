use std::{collections::BTreeSet, path::Path};

use portcullis::policy::effects::{Cause, markdown};

/// The table the documentation shows is the one the code follows.
#[test]
fn the_printed_table_is_true() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy/effects.md");
    let printed = std::fs::read_to_string(&file).unwrap();
    if printed != markdown() && std::env::var_os("WRITE_EFFECTS").is_some() {
        std::fs::write(&file, markdown()).unwrap();
        panic!("src/policy/effects.md was written anew: look at the difference and run again");
    }
    assert_eq!(
        printed,
        markdown(),
        "src/policy/effects.md is old; write it with \
         `WRITE_EFFECTS=1 cargo test --test properties effects`"
    );
}

/// The audit trail tells causes apart by the event alone. Only what nobody does leaves none.
#[test]
fn each_cause_has_an_event_of_its_own() {
    let events: BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.effects().event).collect();
    assert_eq!(events.len(), Cause::ALL.len());
    let silent: Vec<_> =
        Cause::ALL.iter().filter(|cause| cause.effects().event.is_none()).collect();
    assert_eq!(silent, [&Cause::PlanEnded]);
}

/// Letters tell them apart as well, but for the two that mean "you chose a new password" and the
/// two that make it void.
#[test]
fn each_letter_tells_of_one_cause() {
    let alike = [
        [Cause::PasswordChanged, Cause::PasswordReplaced],
        [Cause::Secured, Cause::AccountSecured],
    ];
    let telling = Cause::ALL.iter().filter_map(|cause| Some((cause, cause.effects().tells?)));
    let telling: Vec<_> = telling.collect();
    for (i, (one, letter)) in telling.iter().enumerate() {
        for (other, second) in telling.iter().skip(i + 1) {
            let same = alike.iter().any(|pair| pair.contains(one) && pair.contains(other));
            assert_eq!(letter == second, same, "{one:?} {other:?}");
        }
    }
}

/// Whatever changes how somebody gets in ends everything handed out before, and they are told.
#[test]
fn a_new_password_ends_what_was_handed_out() {
    let passwords = [
        Cause::Activated,
        Cause::PasswordReset,
        Cause::PasswordChanged,
        Cause::PasswordReplaced,
        Cause::TemporaryPasswordSet,
    ];
    for cause in passwords {
        let effects = cause.effects();
        let ends = effects.ends;
        assert!(ends.sessions && ends.links && ends.changes, "{cause:?}");
        assert!(effects.tells.is_some(), "{cause:?}");
    }
}
