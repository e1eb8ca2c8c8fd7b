//! What holds in User Accounts whatever is done, by whom, in which order: random people make
//! random calls and follow random letters, and after each one everything is held against what was
//! there before, in both companies.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::collections::{BTreeMap, BTreeSet};

use house::*;
use portcullis::{
    auth::{Changes, NewAccount, NewUser, SignedIn},
    clock::Clock as _,
    error::Result,
    id::{AccountId, UserId},
    model::{Account, EmailAddress, Plan, Role, Status, User},
    policy::{Permission, Policy},
    secret::{Purpose, Token},
    store::{Page, Record as _, Store, Value, memory::MemoryStore, tables},
};
use proptest::{collection::vec, prelude::*, sample::select};

const ROLES: [&str; 5] =
    ["administrator", "office", "company_manager", "salesperson", "junior_salesperson"];
const SEATS: u32 = 12;

#[derive(Clone, Debug)]
enum Call {
    LogIn,
    Demote(&'static str),
    Rename(u8),
    ChangeEmail(u8),
    Disable,
    Enable,
    SignOut,
    Remove,
    Secure,
    Recover(u8),
    Temporary,
    SendReset,
    Invite(u8, &'static str),
    Resend,
    Revoke,
    /// Of the caller's whole company.
    SecureAccount,
    /// The plan of the caller's company, and whether it ends soon.
    SetPlan(&'static str, bool),
    /// Somebody follows one of the last letters.
    Follow(usize),
    TimePasses,
}

impl Call {
    /// Whether it is about a person who is there already.
    fn is_about_somebody(&self) -> bool {
        !matches!(self, Self::Invite(..) | Self::SecureAccount | Self::SetPlan(..))
    }
}

fn call() -> impl Strategy<Value = Call> {
    let role = || select(&ROLES[..]);
    prop_oneof![
        3 => Just(Call::LogIn),
        4 => role().prop_map(Call::Demote),
        1 => (0..4_u8).prop_map(Call::Rename),
        1 => (0..4_u8).prop_map(Call::ChangeEmail),
        3 => Just(Call::Disable),
        3 => Just(Call::Enable),
        1 => Just(Call::SignOut),
        1 => Just(Call::Remove),
        1 => Just(Call::Secure),
        1 => (0..4_u8).prop_map(Call::Recover),
        1 => Just(Call::Temporary),
        1 => Just(Call::SendReset),
        3 => ((0..9_u8), role()).prop_map(|(number, role)| Call::Invite(number, role)),
        1 => Just(Call::Resend),
        1 => Just(Call::Revoke),
        1 => Just(Call::SecureAccount),
        1 => (select(&["trial", "ultimate"][..]), any::<bool>())
            .prop_map(|(plan, ends)| Call::SetPlan(plan, ends)),
        5 => (0..6_usize).prop_map(Call::Follow),
        1 => Just(Call::TimePasses),
    ]
}

/// Who calls, about whom: positions among the people, taken around.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, Call)>> {
    vec((0..12_usize, 0..16_usize, call()), 1..40)
}

/// The policy of the example with a role that manages people and little else.
fn policy() -> Policy {
    let mut policy = Policy::crm();
    let held = [Permission::USERS_VIEW, Permission::USERS_MANAGE, Permission::LEADS_EDIT];
    policy.roles = policy.roles.with(Role::named("office"), held);
    let held: Vec<Permission> = policy.roles.permissions(&Role::ADMINISTRATOR).collect();
    let held = held.into_iter().chain([Permission::PLAN_CHANGE]);
    policy.roles = policy.roles.with(Role::ADMINISTRATOR, held);
    policy.limits.invitations_per_day = 10_000;
    policy.limits.letters_per_mailbox = 10_000;
    policy.limits.network_failures = 10_000;
    policy
}

struct World {
    house: House,
    accounts: [AccountId; 2],
    /// Whoever can call. One of the first is of another company.
    callers: Vec<UserId>,
    /// Everybody who was ever there.
    people: Vec<UserId>,
    sessions: BTreeMap<UserId, SignedIn>,
    /// The links that were mailed.
    links: Vec<(Purpose, Token)>,
}

impl World {
    async fn new(store: impl Store + Clone) -> Self {
        let house = House::with_policy(store, policy());
        let open = async |name: &str, admin: &str| {
            let account = NewAccount::new(name, Plan::TRIAL).unwrap().seats(SEATS);
            let email = format!("{admin}@else.example");
            let admin = NewUser::parse(admin, &email, admin, "administrator").unwrap();
            let opened = house.operator.because("scene").open_account(&account, &admin).await;
            let token = token_in(&house.post().await[0]);
            house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
            opened.unwrap().administrator
        };
        let admin = open("Acme", "admin").await;
        let mut callers = vec![admin.id];
        for (name, role) in [
            ("second", "administrator"),
            ("office1", "office"),
            ("office2", "office"),
            ("manager", "company_manager"),
            ("seller", "salesperson"),
            ("junior", "junior_salesperson"),
        ] {
            callers.push(house.employee(name, role).await.id);
        }
        let otto = open("Other", "otto").await;
        callers.push(otto.id);
        let (people, accounts) = (callers.clone(), [admin.account, otto.account]);
        let (sessions, links) = (BTreeMap::new(), Vec::new());
        let mut world = Self { house, accounts, callers, people, sessions, links };
        for caller in 0..world.callers.len() {
            world.log_in(caller).await;
        }
        world
    }

    async fn log_in(&mut self, caller: usize) {
        let id = self.callers[caller];
        let row = self.house.store.get(&tables::USERS, id.as_bytes()).await.unwrap().unwrap();
        let name = User::from_row(&row).unwrap().username.as_str().to_owned();
        if let Ok(begun) = self.house.try_login(&name, GOOD).await {
            // One that is temporary by now gives no session.
            self.sessions.extend(begun.signed_in().ok().map(|begun| (id, begun)));
        }
    }

    /// Everybody of both companies.
    async fn users(&self) -> BTreeMap<UserId, User> {
        let mut users = BTreeMap::new();
        for account in self.accounts {
            let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
            let page = Page::of(&tables::USERS, "of_account", equal, 1_000).unwrap();
            let rows = self.house.store.page(&page).await.unwrap();
            let read = rows.iter().map(|row| User::from_row(row).unwrap());
            users.extend(read.map(|user| (user.id, user)));
        }
        users
    }

    async fn account(&self, id: AccountId) -> Account {
        let row = self.house.store.get(&tables::ACCOUNTS, id.as_bytes()).await.unwrap().unwrap();
        Account::from_row(&row).unwrap()
    }

    /// Makes a call with whatever session its caller was last given.
    async fn make(&mut self, caller: UserId, about: UserId, call: &Call) -> Result<()> {
        let Some(signed_in) = self.sessions.get(&caller) else {
            return Err(portcullis::error::Error::Unauthenticated);
        };
        let (house, here) = (&self.house, client());
        let accounts = house.auth.user_accounts(&signed_in.identity)?;
        let address = |name: &str, number: &u8| {
            EmailAddress::parse(&format!("{name}{number}@new.example")).unwrap()
        };
        match call {
            Call::Demote(role) => {
                accounts.update(about, &Changes::new().role(role), &here).await.map(drop)
            }
            Call::Rename(number) => {
                let changes = Changes::new().username(&format!("name{number}")).name("Another");
                accounts.update(about, &changes, &here).await.map(drop)
            }
            Call::ChangeEmail(number) => {
                let changes = Changes::new().email(address("moved", number).as_str());
                accounts.update(about, &changes, &here).await.map(drop)
            }
            Call::Recover(number) => {
                let new = address("reached", number);
                accounts.recover(about, &new, "chance", &here).await.map(drop)
            }
            Call::SecureAccount => accounts.secure_account("chance", &here).await,
            Call::SetPlan(plan, ends) => {
                let until = house.clock.now() + time::Duration::minutes(5);
                let until = ends.then_some(until);
                accounts.set_plan(&Plan::from_text(plan), until, &here).await.map(drop)
            }
            Call::Disable => accounts.disable(about, "chance", &here).await.map(drop),
            Call::Enable => accounts.enable(about, &here).await.map(drop),
            Call::SignOut => accounts.sign_out(about, &here).await,
            Call::Remove => accounts.remove(about, "chance", &here).await,
            Call::Secure => accounts.secure(about, "chance", &here).await.map(|_| ()),
            Call::Temporary => {
                accounts.set_temporary_password(about, &password(BETTER), &here).await
            }
            Call::SendReset => accounts.send_password_reset(about, &here).await,
            Call::Invite(number, role) => {
                let (name, email) = (format!("new{number}"), format!("new{number}@acme.example"));
                let new = NewUser::parse(&name, &email, &name, role).unwrap();
                let user = accounts.invite(&new, &here).await?;
                self.people.push(user.id);
                Ok(())
            }
            Call::Resend => accounts.resend_activation(about, &here).await,
            Call::Revoke => accounts.revoke_invitation(about, &here).await,
            Call::LogIn | Call::Follow(_) | Call::TimePasses => Ok(()),
        }
    }

    async fn step(&mut self, caller: usize, about: usize, call: &Call) {
        let about = self.people[about % self.people.len()];
        match call {
            Call::LogIn => return self.log_in(caller).await,
            Call::TimePasses => return self.house.clock.turn(time::Duration::minutes(11)),
            Call::Follow(number) => return self.follow(*number).await,
            _ => {}
        }
        let id = self.callers[caller];
        let before = self.users().await;
        let own = before[&id].account;
        let stands = self.stands(id).await;
        let standing = self.standing().await;
        let accounts = [self.account(self.accounts[0]).await, self.account(self.accounts[1]).await];
        let result = self.make(id, about, call).await;
        let after = self.users().await;
        let context = format!("{} {call:?} about {about}: {result:?}", before[&id].username);

        let actor = before.get(&id).filter(|actor| {
            stands
                && actor.status == Status::Active
                && self.holds(&actor.role).contains("users.manage")
        });
        let changed = changed(&before, &after);
        assert!(result.is_ok() || changed.is_empty(), "refused and done: {context}");
        if actor.is_none() {
            assert!(result.is_err(), "an authority that is gone: {context}");
        }
        let needs = match call {
            Call::SecureAccount => "administer",
            Call::SetPlan(..) => "plan.change",
            _ => "users.manage",
        };
        let may = |actor: &User| self.holds(&actor.role).contains(needs);
        assert!(result.is_err() || actor.is_some_and(may), "without {needs}: {context}");
        let foreign = before.get(&about).is_some_and(|about| about.account != own);
        if foreign && call.is_about_somebody() {
            assert!(changed.is_empty(), "another company's users: {context}");
            // What they were shown to hold when they logged in, and hold still.
            let shown =
                self.sessions.get(&id).map(|mine| mine.identity.require(Permission::USERS_MANAGE));
            if actor.is_some() && shown.is_some_and(|shown| shown.is_ok()) {
                // Whoever may do anything at home may do it to nobody there.
                let answer = result.as_ref().map_err(portcullis::error::Error::kind);
                assert_eq!(answer, Err("not_found"), "{context}");
            }
        }
        for user in changed {
            if before.get(&user).is_some_and(|user| user.status == Status::Removed) {
                panic!("who is gone came back: {context}");
            }
            let rights = self.holds(&actor.expect("somebody who may").role);
            for state in [before.get(&user), after.get(&user)].into_iter().flatten() {
                assert_eq!(state.account, own, "another company's users: {context}");
                assert!(rights.is_superset(&self.holds(&state.role)), "beyond rank: {context}");
            }
            let enabled = |users: &BTreeMap<UserId, User>| {
                users.get(&user).is_some_and(|user| user.status == Status::Active)
            };
            if !enabled(&before) && enabled(&after) {
                assert!(matches!(call, Call::Enable), "enabled by the way: {context}");
                assert_eq!(before[&user].status, Status::Disabled, "{context}");
            }
        }
        // The other company's row, and the sessions of its people, are as they were.
        for account in accounts.iter().filter(|account| account.id != own) {
            assert_eq!(self.account(account.id).await, *account, "another company: {context}");
        }
        let secured = matches!(call, Call::SecureAccount) && result.is_ok();
        for (user, stood) in standing {
            let stands = self.stands(user).await;
            if before[&user].account != own {
                assert_eq!(stands, stood, "another company's session: {context}");
            } else if secured {
                assert!(!stands, "a session that was to end: {context}");
            }
        }
        self.recount(&after, &context).await;
    }

    /// Who has a session, and whether it stands.
    async fn standing(&self) -> Vec<(UserId, bool)> {
        let mut standing = Vec::new();
        for user in self.sessions.keys() {
            standing.push((*user, self.stands(*user).await));
        }
        standing
    }

    /// Somebody uses one of the last links that were mailed, perhaps one that is dead by now. It
    /// does something to the person it was mailed for and to nobody else, and gives no right.
    async fn follow(&mut self, number: usize) {
        for letter in self.house.post().await {
            let Some((before, _)) = letter.text.split_once("?token=") else { continue };
            let purpose = match before.rsplit('/').next().unwrap() {
                "activate" => Purpose::Activation,
                "confirm" => Purpose::EmailConfirm,
                "undo" => Purpose::Undo,
                "object" => Purpose::Objection,
                _ => Purpose::Reset,
            };
            self.links.push((purpose, token_in(&letter)));
        }
        let Some(position) = self.links.len().checked_sub(1 + number) else { return };
        let (purpose, token) = self.links[position].clone();
        let (auth, here, word) = (&self.house.auth, client(), password(GOOD));
        let before = self.users().await;
        let view = auth.look_at_link(purpose, &token).await;
        let result = match purpose {
            Purpose::Activation => auth.activate(&token, &word, &here).await,
            Purpose::EmailConfirm => auth.confirm_email(&token, &here).await,
            Purpose::Undo => auth.undo_email_change(&token, &word, &here).await,
            Purpose::Objection => auth.object(&token, &here).await,
            _ => auth.reset_password(&token, &word, &here).await,
        };
        let after = self.users().await;
        let context = format!("{purpose:?} of {view:?}: {result:?}");
        assert!(view.is_ok() || result.is_err(), "a dead link did something: {context}");
        let changed = changed(&before, &after);
        assert!(result.is_ok() || changed.is_empty(), "refused and done: {context}");
        assert!(changed.len() <= 1, "more than one person: {context}");
        for user in changed {
            let (was, is) = (&before[&user], &after[&user]);
            assert_eq!(was.username.as_str(), view.as_ref().unwrap().username, "{context}");
            assert_eq!((&was.role, was.account), (&is.role, is.account), "{context}");
            let activated = purpose == Purpose::Activation;
            let status = if activated { Status::Active } else { was.status };
            assert_eq!(is.status, status, "{context}");
            if activated {
                assert_eq!(was.status, Status::Invited, "{context}");
                // From now on the role that was granted acts.
                self.callers.push(user);
                self.log_in(self.callers.len() - 1).await;
            }
        }
        self.recount(&after, &context).await;
    }

    async fn stands(&self, user: UserId) -> bool {
        let Some(signed_in) = self.sessions.get(&user) else { return false };
        self.house.auth.identify(&signed_in.token).await.is_ok()
    }

    fn holds(&self, role: &Role) -> BTreeSet<&'static str> {
        self.house.auth.policy().roles.permissions(role).map(Permission::as_str).collect()
    }

    async fn recount(&self, users: &BTreeMap<UserId, User>, context: &str) {
        for id in self.accounts {
            let account = self.account(id).await;
            let count = |counts: fn(&User) -> bool| {
                let own = users.values().filter(|user| user.account == id);
                u32::try_from(own.filter(|user| counts(user)).count()).unwrap()
            };
            let administrators = count(User::is_active_administrator);
            let seats = count(|user| matches!(user.status, Status::Invited | Status::Active));
            assert_eq!((account.administrators, account.seats_taken), (administrators, seats));
            assert!(administrators >= 1, "no active administrator is left: {context}");
            assert!(seats <= SEATS, "more than there are seats: {context}");
        }
        for user in users.values() {
            let is_one = self.holds(&user.role).contains("administer");
            assert_eq!(user.administrator, is_one && user.status != Status::Removed);
        }
    }
}

/// Whoever is not what they were.
fn changed(before: &BTreeMap<UserId, User>, after: &BTreeMap<UserId, User>) -> Vec<UserId> {
    let all: BTreeSet<UserId> = before.keys().chain(after.keys()).copied().collect();
    all.into_iter().filter(|user| before.get(user) != after.get(user)).collect()
}

fn walk<S: Store + Clone>(open: impl AsyncFnOnce() -> S, steps: Vec<(usize, usize, Call)>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().unwrap().block_on(async {
        let mut world = World::new(open().await).await;
        for (caller, about, call) in steps {
            world.step(caller % world.callers.len(), about, &call).await;
        }
    });
}

/// As many walks as a store does in a few seconds.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 100, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn m15_no_sequence_of_calls_gains_a_permission_or_loses_the_last_administrator(
        steps in steps(),
    ) {
        walk(async || MemoryStore::new(), steps);
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn m15_no_sequence_of_calls_does_so_on_sqlite(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.db");
        let open = async || portcullis::store::sqlite::SqliteStore::open(&path).await.unwrap();
        walk(async || std::sync::Arc::new(open().await), steps);
    }
}

#[cfg(feature = "postgres")]
proptest! {
    #![proptest_config(cases(5))]

    #[test]
    fn m15_no_sequence_of_calls_does_so_on_postgresql(steps in steps()) {
        walk(async || house::postgres::Schema::new().store().await, steps);
    }
}

#[cfg(feature = "mysql")]
proptest! {
    #![proptest_config(cases(5))]

    #[test]
    fn m15_no_sequence_of_calls_does_so_on_mariadb(steps in steps()) {
        walk(async || house::mysql::Database::new().await.store().await, steps);
    }
}
