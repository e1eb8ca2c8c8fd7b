//! What must be so when everybody is gone.

use std::{collections::BTreeMap, path::Path, time::Duration};

use portcullis::{
    auth::{Auth, Credentials, SessionToken},
    model::{Account, EventKind, User, Username},
    secret::Password,
    store::{Page, Record as _, Store, Value, tables},
};

use crate::{
    acts::{self, FIRST, PEOPLE},
    company,
    history::{self, Answer, Op},
    place::Place,
};

/// Checks everything and says how much there was.
pub(crate) async fn everything(folder: &Path, place: &Place) -> String {
    // A server may still be at what the killed had asked for.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (auth, operator) = acts::open(folder, place).await;
    while auth.work(100).await.unwrap() > 0 {}
    let ops = history::read(folder);
    assert_eq!(missing(folder), None, "what nobody did");
    let store = place.open().await;
    links(&ops);
    company::check(folder, &auth, &operator, &*store, &ops).await;
    let mut account = None;
    for user in 0..PEOPLE {
        let own: Vec<&Op> = ops.iter().filter(|op| op.user == user).collect();
        let writes = writes(user, &own);
        log_ins(&own, &writes);
        sessions(&auth, &own).await;
        let name = Username::parse(&acts::name(user)).unwrap();
        let person = operator.find_user(&name).await.unwrap().unwrap();
        // After the sessions, since it makes one; before the audit trail, which it is told of.
        audit(&*store, &person, &own).await;
        passwords(&auth, user, &writes).await;
        account = Some(person.account);
    }
    let row = store.get(&tables::ACCOUNTS, account.unwrap().as_bytes()).await.unwrap().unwrap();
    let account = Account::from_row(&row).unwrap();
    assert_eq!((account.seats_taken, account.administrators), (PEOPLE as u32, 1), "counts");
    tally(&ops)
}

/// What would make the race worth nothing.
pub(crate) fn missing(folder: &Path) -> Option<&'static str> {
    let ops = history::read(folder);
    let kinds = ["log_in", "change", "reset", "log_out", "end_others"];
    let idle = kinds
        .into_iter()
        .chain(company::KINDS)
        .find(|kind| !ops.iter().any(|op| op.kind == *kind && op.is_done()));
    let met = ops.iter().any(|op| op.answer == Answer::Unknown);
    idle.or_else(|| (!met).then_some("an act that a kill met"))
}

fn tally(ops: &[Op]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for op in ops {
        let answer = match &op.answer {
            Answer::Done(..) => "done",
            Answer::Refused(_, kind) => kind,
            Answer::Unknown => "unknown",
        };
        *counts.entry((&op.kind, answer)).or_default() += 1;
    }
    format!("{counts:?}")
}

/// What set the password, the activation first.
fn writes(user: usize, own: &[&Op]) -> Vec<Op> {
    let first = Op {
        kind: "activate".to_owned(),
        user,
        old: String::new(),
        new: FIRST.to_owned(),
        by: String::new(),
        began: 0,
        answer: Answer::Done(0, String::new()),
    };
    let sets = own.iter().filter(|op| ["change", "reset"].contains(&op.kind.as_str()));
    std::iter::once(first).chain(sets.map(|op| (*op).clone())).collect()
}

/// A link opens once.
fn links(ops: &[Op]) {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for op in ops.iter().filter(|op| op.kind == "reset" && op.is_done()) {
        *used.entry(&op.by).or_default() += 1;
    }
    assert!(used.values().all(|times| *times == 1), "a link opened twice");
}

/// Who was let in knew a password that was right at some moment meanwhile, and who was turned
/// away did not know the one that was right all the while.
fn log_ins(own: &[&Op], writes: &[Op]) {
    for log_in in own.iter().filter(|op| op.kind == "log_in") {
        let Some(write) = writes.iter().find(|write| write.new == log_in.old) else {
            panic!("a password nobody set: {log_in:?}");
        };
        let others = || writes.iter().filter(|other| other.new != write.new);
        match &log_in.answer {
            Answer::Done(ended, _) => {
                assert!(write.may_be_done(), "let in by a refused password: {log_in:?}");
                assert!(write.began <= *ended, "let in before it was set: {log_in:?}");
                let over = others().find(|other| {
                    other.is_done() && write.ended() < other.began && other.ended() < log_in.began
                });
                assert!(over.is_none(), "let in by an old password: {log_in:?} after {over:?}");
            }
            Answer::Refused(ended, kind) if kind == "rejected" => {
                let meanwhile = others().any(|other| {
                    other.may_be_done() && other.ended() > write.began && other.began < *ended
                });
                let stood = write.is_done() && write.ended() < log_in.began && !meanwhile;
                assert!(!stood, "turned away with the right password: {log_in:?}");
            }
            _ => {}
        }
    }
}

/// A session that was handed out stands unless something ended it.
async fn sessions(auth: &Auth, own: &[&Op]) {
    for made in own {
        let Answer::Done(at, token) = &made.answer else { continue };
        if token.is_empty() {
            continue;
        }
        let ends = |op: &&&Op| match op.kind.as_str() {
            "change" | "reset" => !std::ptr::eq(**op, *made),
            "end_others" => op.by != *token,
            "log_out" => op.by == *token,
            _ => false,
        };
        let enders = || own.iter().filter(ends).filter(|op| op.may_be_done());
        let answer = auth.identify(&SessionToken::cookie(token).unwrap()).await;
        let stands = answer.is_ok();
        let ended = enders().find(|op| op.is_done() && op.began > *at);
        assert!(!(stands && ended.is_some()), "{made:?} stands after {ended:?}");
        if enders().all(|op| op.ended() < made.began) {
            assert!(stands, "{made:?} is gone, and nothing ended it");
        }
    }
}

/// The password that opens is the one that was set last, or one of those of which nobody knows.
async fn passwords(auth: &Auth, user: usize, writes: &[Op]) {
    let (mut opened, mut tried) = (Vec::new(), 0);
    for write in writes.iter().rev() {
        let last = |other: &Op| !(other.is_done() && write.ended() < other.began);
        let possible = write.may_be_done() && writes.iter().all(last);
        // Wrong ones are tried as well, but not so many that the password is stopped.
        if !possible && tried > 60 {
            continue;
        }
        tried += 1;
        let word = Password::new(write.new.as_str()).unwrap();
        let credentials = Credentials::new(&acts::name(user), word);
        let answer = auth.login(credentials, &acts::client()).await;
        match answer {
            Ok(_) => opened.push((possible, write)),
            Err(error) => assert_eq!(error.kind(), "rejected", "{write:?}"),
        }
    }
    assert!(matches!(opened[..], [(true, _)]), "what opens for {user}: {opened:?}");
}

/// The audit trail has an entry for each change that was acknowledged, and none for what was
/// refused.
async fn audit(store: &dyn Store, person: &User, own: &[&Op]) {
    for (kind, event) in [
        ("log_in", EventKind::LoggedIn),
        ("change", EventKind::PasswordChanged),
        ("reset", EventKind::PasswordReset),
        ("end_others", EventKind::OthersLoggedOut),
    ] {
        let done = own.iter().filter(|op| op.kind == kind && op.is_done()).count();
        let unknown = own.iter().filter(|op| op.kind == kind && op.answer == Answer::Unknown);
        let most = done + unknown.count();
        let equal = vec![
            Value::Bytes(person.id.as_bytes().to_vec()),
            Value::Text(event.as_str().to_owned()),
        ];
        let page = Page::of(&tables::EVENTS, "of_subject_kind", equal, 1_000_000).unwrap();
        let found = store.page(&page).await.unwrap().len();
        assert!((done..=most).contains(&found), "{kind}: {found} entries, {done} to {most} acts");
    }
}
