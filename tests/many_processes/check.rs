//! What must be so when everybody is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use portcullis::{
    auth::{Auth, Credentials, SessionToken},
    id::UserId,
    model::{Account, Credential, Event, EventKind, User},
    secret::Password,
    store::{Page, Record as _, Store, Value, tables},
};

use crate::{
    acts::{self, FIRST, PEOPLE},
    company,
    history::{self, Answer, Op},
    place::Place,
    refusals, rows, trail,
};

/// Checks everything and says how much there was.
pub(crate) async fn everything(folder: &Path, place: &Place) -> String {
    // A server may still be at what the killed had asked for.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (auth, operator) = acts::open(folder, place).await;
    while auth.work(100).await.unwrap() > 0 {}
    let ops = history::read(folder);
    assert_eq!(missing(folder), None, "what nobody did");
    refusals::check(&ops);
    let store = place.open().await;
    links(&ops);
    company::check(folder, &auth, &operator, &*store, &ops).await;
    rows::check(place).await;
    let (mut strong, mut weak) = (Strength::default(), Strength::default());
    let (mut account, mut named) = (None, BTreeMap::new());
    for user in 0..PEOPLE {
        let own: Vec<&Op> = ops.iter().filter(|op| op.user == user).collect();
        let writes = writes(user, &own);
        log_ins(&own, &writes, &mut strong, &mut weak);
        sessions(&auth, &own, &mut strong, &mut weak).await;
        let email = vec![Value::Text(acts::address(user))];
        let row = store.find(&tables::USERS, &tables::BY_PROVEN_EMAIL, &email).await.unwrap();
        let person = User::from_row(&row.unwrap()).unwrap();
        // After the sessions, since it makes one; before the audit trail, which it is told of.
        let last = audit(&*store, &person, &own, &mut named).await;
        passwords(&auth, user, &writes, &last).await;
        account = Some(person.account);
    }
    let shared = named.iter().find(|(_, holders): &(&String, &BTreeSet<UserId>)| holders.len() > 1);
    assert_eq!(shared, None, "a name of somebody else's within its 90 days");
    let row = store.get(&tables::ACCOUNTS, account.unwrap().as_bytes()).await.unwrap().unwrap();
    let account = Account::from_row(&row).unwrap();
    assert_eq!((account.seats_taken, account.administrators), (PEOPLE as u32, 1), "counts");
    let told = format!("{}; strong {strong:?}, weak {weak:?}", tally(&ops));
    // A third of what could be held against the history was.
    assert!(strong.log_ins * 2 > weak.log_ins, "hardly a log-in could be checked: {told}");
    assert!(strong.sessions * 2 > weak.sessions, "hardly a session could be checked: {told}");
    told
}

/// How many answers could only have been as they were, or not.
#[derive(Debug, Default)]
struct Strength {
    log_ins: usize,
    sessions: usize,
}

impl Strength {
    fn of<'a>(strong: &'a mut Self, weak: &'a mut Self, is_strong: bool) -> &'a mut Self {
        if is_strong { strong } else { weak }
    }
}

/// What would make the race worth nothing.
pub(crate) fn missing(folder: &Path) -> Option<&'static str> {
    let ops = history::read(folder);
    let kinds = ["log_in", "change", "forgot", "reset", "nick", "log_out", "end_others"];
    let idle = kinds
        .into_iter()
        .chain(company::KINDS)
        .find(|kind| !ops.iter().any(|op| op.kind == *kind && op.is_done()));
    let met = ops.iter().any(Op::is_cut_off);
    let mut purges = ops.iter().filter(|op| op.kind == "purge");
    let purged = purges.any(|op| matches!(&op.answer, Answer::Done(_, gone) if gone != "0"));
    let idle = idle.or_else(|| (!met).then_some("an act that a kill met"));
    idle.or_else(|| (!purged).then_some("a purge of something"))
}

fn tally(ops: &[Op]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for op in ops {
        let answer = match &op.answer {
            Answer::Done(..) => "done",
            Answer::Refused(_, kind) => kind,
            Answer::Failed(..) => "failed",
            Answer::Unanswered(_) => "unanswered",
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
        from: String::new(),
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
fn log_ins(own: &[&Op], writes: &[Op], strong: &mut Strength, weak: &mut Strength) {
    for log_in in own.iter().filter(|op| op.kind == "log_in") {
        let (ended, is_in) = match &log_in.answer {
            Answer::Done(ended, _) => (*ended, true),
            Answer::Refused(ended, kind) if kind == "rejected" => (*ended, false),
            _ => continue,
        };
        assert!(
            writes.iter().any(|write| write.new == log_in.old),
            "a password nobody set: {log_in:?}"
        );
        // It was not over before another was set that was there when the log-in began.
        let possible = |write: &&Op| {
            let over = writes.iter().any(|other| {
                other.is_done() && write.ended() < other.began && other.ended() < log_in.began
            });
            write.may_be_done() && write.began <= ended && !over
        };
        let right: Vec<&Op> = writes.iter().filter(possible).collect();
        let known = right.iter().any(|write| write.new == log_in.old);
        let only = matches!(right[..], [only] if only.is_done() && only.ended() < log_in.began);
        assert!(known || !is_in, "let in by a wrong password: {log_in:?}, not {right:?}");
        assert!(!only || known == is_in, "turned away with the right password: {log_in:?}");
        Strength::of(strong, weak, only).log_ins += 1;
    }
}

/// A session that was handed out stands unless something ended it.
async fn sessions(auth: &Auth, own: &[&Op], strong: &mut Strength, weak: &mut Strength) {
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
        let untouched = enders().all(|op| op.ended() < made.began);
        assert!(!untouched || stands, "{made:?} is gone, and nothing ended it");
        Strength::of(strong, weak, untouched || ended.is_some()).sessions += 1;
    }
}

/// The password that opens is the one that was set last, as the trail has it, and the history
/// agrees that it may be.
async fn passwords(auth: &Auth, user: usize, writes: &[Op], last: &str) {
    let (mut opened, mut tried) = (Vec::new(), 0);
    for write in writes.iter().rev() {
        let after = |other: &Op| !(other.is_done() && write.ended() < other.began);
        let possible = write.may_be_done() && writes.iter().all(after);
        // Wrong ones are tried as well, but not so many that the password is stopped.
        if !possible && tried > 60 {
            continue;
        }
        tried += 1;
        let word = Password::new(write.new.as_str()).unwrap();
        let credentials = Credentials::new(&acts::address(user), word);
        let answer = auth.login(credentials, &acts::client()).await;
        match answer {
            Ok(_) => opened.push((possible, write.new.as_str())),
            Err(error) => assert_eq!(error.kind(), "rejected", "{write:?}"),
        }
    }
    assert_eq!(opened, [(true, last)], "what opens for {user}");
}

/// The audit trail has an entry for each change that was acknowledged, none for what was refused,
/// and with each entry its change: the credential and the profile are as the last one says. Gives
/// the password that was set last, and notes who took which name.
async fn audit(
    store: &dyn Store,
    person: &User,
    own: &[&Op],
    named: &mut BTreeMap<String, BTreeSet<UserId>>,
) -> String {
    let equal = vec![Value::Bytes(person.id.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_subject", equal, 1_000_000).unwrap();
    let rows = store.page(&page).await.unwrap();
    let events: Vec<Event> = rows.iter().map(|row| Event::from_row(row).unwrap()).collect();
    for (kind, event) in [
        ("log_in", EventKind::LoggedIn),
        ("change", EventKind::PasswordChanged),
        ("reset", EventKind::PasswordReset),
        ("nick", EventKind::UsernameChanged),
        ("end_others", EventKind::OthersLoggedOut),
    ] {
        let of_kind: Vec<&Op> = own.iter().copied().filter(|op| op.kind == kind).collect();
        trail::each_entry_is_of_one_act(&events, event, &of_kind, true);
    }
    let last = |kinds: &[EventKind]| {
        let of_kinds = events.iter().filter(|event| kinds.contains(&event.kind));
        of_kinds.max_by_key(|event| event.at)
    };
    let act = |event: &Event| own.iter().copied().find(|op| trail::is_of(event, op));
    let set = last(&[EventKind::Activated, EventKind::PasswordChanged, EventKind::PasswordReset]);
    let row = store.get(&tables::CREDENTIALS, person.id.as_bytes()).await.unwrap().unwrap();
    let credential = Credential::from_row(&row).unwrap();
    assert_eq!(credential.changed_at, set.unwrap().at, "the credential, and its entry");
    for event in events.iter().filter(|event| event.kind == EventKind::UsernameChanged) {
        let name = act(event).unwrap().new.clone();
        named.entry(name).or_default().insert(person.id);
    }
    let name = last(&[EventKind::UsernameChanged]).and_then(act);
    let first = person.email.as_str().split('@').next().unwrap();
    let name = name.map_or(first, |op| op.new.as_str());
    assert_eq!(person.username.as_str(), name, "the profile, and its entry");
    act(set.unwrap()).map_or(FIRST.to_owned(), |op| op.new.clone())
}
