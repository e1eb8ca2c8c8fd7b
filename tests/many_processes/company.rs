//! A company whose three bosses invite, rename, promote, demote and lock each other out, all at
//! once and in every process; and what must be so of it afterwards.

use std::{collections::BTreeSet, path::Path};

use portcullis::{
    auth::{Auth, Changes, Credentials, Identity, NewAccount, NewUser, Operator, Wanted},
    error::Result,
    id::UserId,
    model::{Account, Client, Event, EventKind, Plan, Status, User, Username},
    secret::{Password, Token},
    store::{Page, Record as _, Store, Value, tables},
};

use crate::{
    acts::{self, FIRST, Racer, client, number},
    history::{Answer, Op},
    trail,
};

/// Who may manage people, where nobody takes it away.
const BOSSES: usize = 3;

/// How many fit in, bosses included: fewer than there are names to invite.
const SEATS: u32 = 5;

/// The names guests are given: few, so that two are given one at once, and more than fit in.
const NAMES: u64 = 9;

/// What stands for the company where the history wants to know of whom.
pub(crate) const COMPANY: usize = 1_000;

/// What must have happened to make the race worth something.
pub(crate) const KINDS: [&str; 6] = ["invite", "revoke", "rename", "role", "disable", "enable"];

fn boss(number: usize) -> String {
    format!("boss{number}")
}

fn guest() -> String {
    format!("guest{}", number(NAMES))
}

/// Opens it, with its bosses logged in once.
pub(crate) async fn open(folder: &Path, auth: &Auth, operator: &Operator) {
    let acting = operator.because("test");
    let account = NewAccount::new("Bosses", Plan::TRIAL).unwrap().seats(SEATS);
    let new = |name: &str| {
        NewUser::parse(name, &format!("{name}@boss.example"), "The Boss", "administrator").unwrap()
    };
    let opened = acting.open_account(&account, &new(&boss(0))).await.unwrap();
    for number in 1..BOSSES {
        acting.invite(opened.account.id, &new(&boss(number))).await.unwrap();
    }
    while auth.work(100).await.unwrap() > 0 {}
    for number in 0..BOSSES {
        let path = folder.join("links").join(boss(number));
        let token = Token::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        auth.activate(&token, &Password::new(FIRST).unwrap(), &client()).await.unwrap();
    }
}

/// One of the bosses does something to another, or to a guest.
pub(crate) async fn act(racer: &Racer) {
    let me = usize::try_from(number(BOSSES as u64)).unwrap();
    let credentials = Credentials::new(&boss(me), Password::new(FIRST).unwrap());
    // Locked out by another boss, perhaps, or no boss any more.
    let begun = racer.auth.login(credentials, &client()).await;
    let Some(begun) = racer.beside("boss", begun) else { return };
    let me = begun.signed_in().unwrap().identity;
    let Some(accounts) = racer.beside("manage", racer.auth.user_accounts(&me)) else { return };
    let Some(all) = racer.beside("list", accounts.list(&Wanted::new()).await) else { return };
    let some = |begins: &str, status: Status| {
        let mut users = all.users.iter().map(|profile| &profile.user);
        let fits =
            |user: &&User| user.username.as_str().starts_with(begins) && user.status == status;
        let found: Vec<&User> = users.by_ref().filter(fits).collect();
        let chosen = usize::try_from(number(found.len().max(1) as u64)).unwrap();
        found.get(chosen).map(|user| user.id)
    };
    let here = client();
    match number(9) {
        0..=2 => invite(racer, &me).await,
        3 => {
            let Some(guest) = some("guest", Status::Invited) else { return };
            let does = async { accounts.revoke_invitation(guest, &here).await };
            tell(racer, "revoke", (guest, ""), &here, does).await;
        }
        4 => {
            let (Some(target), new) = (some("guest", Status::Invited), guest()) else { return };
            let changes = Changes::new().username(&new);
            let does = async { accounts.update(target, &changes, &here).await.map(drop) };
            tell(racer, "rename", (target, &new), &here, does).await;
        }
        5 | 6 => {
            let Some(target) = some("boss", Status::Active) else { return };
            let new = if number(2) == 0 { "administrator" } else { "salesperson" };
            let changes = Changes::new().role(new);
            let does = async { accounts.update(target, &changes, &here).await.map(drop) };
            tell(racer, "role", (target, new), &here, does).await;
        }
        7 => {
            let Some(target) = some("boss", Status::Active) else { return };
            let does = async { accounts.disable(target, "a race", &here).await.map(drop) };
            tell(racer, "disable", (target, ""), &here, does).await;
        }
        _ => {
            let Some(target) = some("boss", Status::Disabled) else { return };
            let does = async { accounts.enable(target, &here).await.map(drop) };
            tell(racer, "enable", (target, ""), &here, does).await;
        }
    }
}

async fn invite(racer: &Racer, me: &Identity) {
    let (name, here) = (guest(), client());
    let address = format!("{name}@guest.example");
    let new = NewUser::parse(&name, &address, "A Guest", "salesperson").unwrap();
    let does = async {
        let invited = racer.auth.user_accounts(me)?.invite(&new, &here).await?;
        Ok(invited.id.to_string())
    };
    racer.tell(("invite", COMPANY, "", &name, ""), &here, does).await;
}

async fn tell(
    racer: &Racer,
    kind: &str,
    (target, new): (UserId, &str),
    here: &Client,
    does: impl Future<Output = Result<()>>,
) {
    let does = async { does.await.map(|()| String::new()) };
    racer.tell((kind, COMPANY, &target.to_string(), new, ""), here, does).await;
}

/// Everything that must be so of it.
pub(crate) async fn check(
    folder: &Path,
    auth: &Auth,
    operator: &Operator,
    store: &dyn Store,
    ops: &[Op],
) {
    let first = Username::parse(&boss(0)).unwrap();
    let first = operator.find_user(&first).await.unwrap().unwrap();
    let account = store.get(&tables::ACCOUNTS, first.account.as_bytes()).await.unwrap().unwrap();
    let account = Account::from_row(&account).unwrap();
    let equal = || vec![Value::Bytes(account.id.as_bytes().to_vec())];
    let page = Page::of(&tables::USERS, "of_account", equal(), 100_000).unwrap();
    let rows = store.page(&page).await.unwrap();
    let users: Vec<User> = rows.iter().map(|row| User::from_row(row).unwrap()).collect();

    let seats = users.iter().filter(|user| is_seated(user)).count();
    assert_eq!(account.seats_taken as usize, seats, "the count of seats");
    assert!(account.seats_taken <= SEATS, "{seats} people on {SEATS} seats");
    let administrators = users.iter().filter(|user| user.is_active_administrator()).count();
    assert_eq!(account.administrators as usize, administrators, "the count of administrators");
    assert!(administrators > 0, "nobody is left who may manage people");

    let page = Page::of(&tables::EVENTS, "of_account", equal(), 1_000_000).unwrap();
    let rows = store.page(&page).await.unwrap();
    let events: Vec<Event> = rows.iter().map(|row| Event::from_row(row).unwrap()).collect();
    for (kind, event) in [
        ("invite", EventKind::Invited),
        ("revoke", EventKind::InvitationRevoked),
        ("rename", EventKind::UsernameChanged),
        ("role", EventKind::RoleChanged),
        ("disable", EventKind::Disabled),
        ("enable", EventKind::Enabled),
    ] {
        let own: Vec<&Op> = ops.iter().filter(|op| op.kind == kind).collect();
        // What was so already is done, and is no change: two who lock one boss out at once.
        let always = ["invite", "revoke"].contains(&kind);
        trail::each_entry_is_of_one_act(&events, event, &own, always);
    }
    as_recorded(&users, &events, ops);
    outcomes(&users, ops);
    found(folder, auth, &users).await;
}

fn is_seated(user: &User) -> bool {
    matches!(user.status, Status::Invited | Status::Active)
}

/// Each row of a person is what the last entry about it says, also where nobody was answered: what
/// was done was done wholly.
fn as_recorded(users: &[User], events: &[Event], ops: &[Op]) {
    for user in users {
        let of = |kinds: &[EventKind]| {
            let about = |event: &&Event| event.subject.as_ref().is_some_and(|it| it.0 == user.id);
            let own = events.iter().filter(about).filter(|event| kinds.contains(&event.kind));
            own.max_by_key(|event| event.at)
        };
        let act = |event: &Event| trail::act_of(event, ops);
        if let Some(op) = of(&[EventKind::RoleChanged]).and_then(act) {
            assert_eq!(user.role.as_str(), op.new, "{}: {op:?}", user.username);
        }
        if let Some(op) = of(&[EventKind::Invited, EventKind::UsernameChanged]).and_then(act) {
            assert_eq!(user.username.as_str(), op.new, "{op:?}");
        }
        if let Some(event) = of(&[EventKind::Disabled, EventKind::Enabled]) {
            let status =
                if event.kind == EventKind::Disabled { Status::Disabled } else { Status::Active };
            assert_eq!(user.status, status, "{}: {event:?}", user.username);
        }
    }
    // Whoever was invited is there, but for those whose invitation was taken back.
    let known: BTreeSet<UserId> = users.iter().map(|user| user.id).collect();
    let about = |kind: EventKind| -> BTreeSet<UserId> {
        let of_kind = events.iter().filter(|event| event.kind == kind);
        of_kind.filter_map(|event| Some(event.subject.as_ref()?.0)).collect()
    };
    let (invited, revoked) = (about(EventKind::Invited), about(EventKind::InvitationRevoked));
    for id in &invited {
        assert_ne!(known.contains(id), revoked.contains(id), "{id}: there, or taken back");
    }
    assert!(known.is_superset(&(&invited - &revoked)) && invited.is_superset(&revoked));
}

/// Who was invited is there under their id, and has a name and a role somebody gave them last.
fn outcomes(users: &[User], ops: &[Op]) {
    let known: BTreeSet<String> = users.iter().map(|user| user.id.to_string()).collect();
    for op in ops.iter().filter(|op| op.kind == "invite") {
        if let Answer::Done(_, id) = &op.answer {
            let gone =
                ops.iter().any(|op| op.kind == "revoke" && op.old == *id && op.may_be_done());
            assert!(known.contains(id) || gone, "{op:?} is nowhere");
        }
    }
    for user in users {
        let id = user.id.to_string();
        let of = |kind: &'static str| {
            let is_it = move |op: &&Op| op.kind == kind && op.may_be_done();
            let id = id.clone();
            ops.iter().filter(is_it).filter(move |op| op.old == id)
        };
        // One that was over before another began, which was done, is no longer what stands.
        let last = |kind: &'static str| -> Vec<&Op> {
            let over =
                |one: &&Op| !of(kind).any(|other| other.is_done() && one.ended() < other.began);
            of(kind).filter(over).collect()
        };
        let roles = last("role");
        let all_alike = !roles.is_empty() && roles.iter().all(|op| op.new == roles[0].new);
        if all_alike && roles.iter().any(|op| op.is_done()) {
            assert_eq!(user.role.as_str(), roles[0].new, "{}", user.username);
        }
        let locked = last("disable");
        let never_freed = of("enable").next().is_none();
        if never_freed && locked.iter().any(|op| op.is_done()) {
            assert_eq!(user.status, Status::Disabled, "{}", user.username);
        }
        let names = last("rename");
        if let [only] = names[..]
            && only.is_done()
            && user.status == Status::Invited
        {
            assert_eq!(user.username.as_str(), only.new);
        }
    }
}

/// The words people are found by keep step with what they are called.
async fn found(folder: &Path, auth: &Auth, users: &[User]) {
    let boss = users.iter().find(|user| user.is_active_administrator()).unwrap();
    // Tries while the boss was locked out may have stopped the password.
    auth.forgot_password(boss.email.as_str(), &client()).await.unwrap();
    while auth.work(100).await.unwrap() > 0 {}
    let link = std::fs::read_to_string(folder.join("links").join(boss.username.as_str())).unwrap();
    let new = || Password::new("a password for the last day").unwrap();
    auth.reset_password(&Token::parse(&link).unwrap(), &new(), &client()).await.unwrap();
    let credentials = Credentials::new(boss.username.as_str(), new());
    let me = auth.login(credentials, &acts::client()).await.unwrap().signed_in().unwrap();
    let accounts = auth.user_accounts(&me.identity).unwrap();
    for name in (0..NAMES).map(|number| format!("guest{number}")) {
        let listed = accounts.list(&Wanted::new().query(&name)).await.unwrap();
        let listed: BTreeSet<UserId> = listed.users.iter().map(|found| found.user.id).collect();
        let called = users.iter().filter(|user| {
            user.username.as_str() == name || user.email.as_str().starts_with(&name)
        });
        let called: BTreeSet<UserId> =
            called.filter(|user| user.status != Status::Removed).map(|user| user.id).collect();
        assert_eq!(listed, called, "{name}");
    }
}
