//! What holds in User Accounts whatever is done, by whom, in which order: random people make
//! random calls, and after each one everything is held against what was there before.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::collections::{BTreeMap, BTreeSet};

use house::*;
use portcullis::{
    auth::{Changes, NewAccount, NewUser, SessionToken, SignedIn},
    error::Result,
    id::{AccountId, UserId},
    model::{Account, Plan, Role, Status, User},
    policy::{Permission, Policy},
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
    Disable,
    Enable,
    SignOut,
    Remove,
    Secure,
    Temporary,
    SendReset,
    Invite(u8, &'static str),
    Revoke,
    TimePasses,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => Just(Call::LogIn),
        4 => select(&ROLES[..]).prop_map(Call::Demote),
        1 => (0..4_u8).prop_map(Call::Rename),
        3 => Just(Call::Disable),
        3 => Just(Call::Enable),
        1 => Just(Call::SignOut),
        1 => Just(Call::Remove),
        1 => Just(Call::Secure),
        1 => Just(Call::Temporary),
        1 => Just(Call::SendReset),
        2 => ((0..9_u8), select(&ROLES[..])).prop_map(|(number, role)| Call::Invite(number, role)),
        1 => Just(Call::Revoke),
        1 => Just(Call::TimePasses),
    ]
}

/// Who calls, about whom: positions among the people, taken around.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, Call)>> {
    vec((0..8_usize, 0..16_usize, call()), 1..40)
}

/// The policy of the example with a role that manages people and little else.
fn policy() -> Policy {
    let mut policy = Policy::crm();
    let held = [Permission::USERS_VIEW, Permission::USERS_MANAGE, Permission::LEADS_EDIT];
    policy.roles = policy.roles.with(Role::named("office"), held);
    policy.limits.invitations_per_day = 10_000;
    policy.limits.letters_per_mailbox = 10_000;
    policy.limits.network_failures = 10_000;
    policy
}

struct World {
    house: House,
    account: AccountId,
    /// Whoever can call: the last of them is of another company.
    callers: Vec<(UserId, String)>,
    /// Everybody who was ever there.
    people: Vec<UserId>,
    sessions: BTreeMap<UserId, SignedIn>,
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
        let mut callers = vec![(admin.id, "admin".to_owned())];
        for (name, role) in [
            ("second", "administrator"),
            ("office1", "office"),
            ("office2", "office"),
            ("manager", "company_manager"),
            ("seller", "salesperson"),
            ("junior", "junior_salesperson"),
        ] {
            let user = house.employee(name, role).await;
            callers.push((user.id, name.to_owned()));
        }
        callers.push((open("Other", "otto").await.id, "otto".to_owned()));
        let people = callers.iter().map(|(id, _)| *id).collect();
        let mut world =
            Self { house, account: admin.account, callers, people, sessions: BTreeMap::new() };
        for caller in 0..world.callers.len() {
            world.log_in(caller).await;
        }
        world
    }

    async fn log_in(&mut self, caller: usize) {
        let (id, _) = self.callers[caller].clone();
        let row = self.house.store.get(&tables::USERS, id.as_bytes()).await.unwrap().unwrap();
        let name = User::from_row(&row).unwrap().username.as_str().to_owned();
        if let Ok(begun) = self.house.try_login(&name, GOOD).await {
            // One that is temporary by now gives no session.
            self.sessions.extend(begun.signed_in().ok().map(|begun| (id, begun)));
        }
    }

    async fn users(&self) -> BTreeMap<UserId, User> {
        let equal = vec![Value::Bytes(self.account.as_bytes().to_vec())];
        let page = Page::of(&tables::USERS, "of_account", equal, 1_000).unwrap();
        let rows = self.house.store.page(&page).await.unwrap();
        rows.iter().map(|row| User::from_row(row).unwrap()).map(|user| (user.id, user)).collect()
    }

    /// Makes a call with whatever session its caller was last given.
    async fn make(&mut self, caller: usize, about: UserId, call: &Call) -> Result<()> {
        let signed_in = &self.sessions[&self.callers[caller].0];
        let (house, here) = (&self.house, client());
        let accounts = house.auth.user_accounts(&signed_in.identity)?;
        match call {
            Call::Demote(role) => {
                accounts.update(about, &Changes::new().role(role), &here).await.map(drop)
            }
            Call::Rename(number) => {
                let changes = Changes::new().username(&format!("name{number}")).name("Another");
                accounts.update(about, &changes, &here).await.map(drop)
            }
            Call::Disable => accounts.disable(about, "chance", &here).await.map(drop),
            Call::Enable => accounts.enable(about, &here).await.map(drop),
            Call::SignOut => accounts.sign_out(about, &here).await,
            Call::Remove => accounts.remove(about, "chance", &here).await,
            Call::Secure => accounts.secure(about, "chance", &here).await.map(drop),
            Call::Temporary => {
                accounts.set_temporary_password(about, &password(BETTER), &here).await
            }
            Call::SendReset => accounts.send_password_reset(about, &here).await,
            Call::Invite(number, role) => {
                let (name, email) = (format!("new{number}"), format!("new{number}@acme.example"));
                let new = NewUser::parse(&name, &email, &name, role).unwrap();
                let user = accounts.invite(&new, &here).await?;
                if user.account == self.account {
                    self.people.push(user.id);
                }
                Ok(())
            }
            Call::Revoke => accounts.revoke_invitation(about, &here).await,
            Call::LogIn | Call::TimePasses => Ok(()),
        }
    }

    async fn step(&mut self, caller: usize, about: usize, call: &Call) {
        let about = self.people[about % self.people.len()];
        match call {
            Call::LogIn => return self.log_in(caller).await,
            Call::TimePasses => return self.house.clock.turn(time::Duration::minutes(11)),
            _ => {}
        }
        let id = self.callers[caller].0;
        let before = self.users().await;
        let stands = self.stands(&self.sessions[&id].token).await;
        let result = self.make(caller, about, call).await;
        let after = self.users().await;
        let context = format!("{} {call:?} about {about}: {result:?}", self.callers[caller].1);

        let actor = before.get(&id).filter(|actor| {
            stands
                && actor.status == Status::Active
                && self.holds(&actor.role).contains("users.manage")
        });
        let changed = changed(&before, &after);
        assert!(result.is_ok() || changed.is_empty(), "refused and done: {context}");
        let of_acme = before.contains_key(&id);
        if of_acme && actor.is_none() {
            assert!(result.is_err(), "an authority that is gone: {context}");
        }
        if !of_acme {
            assert!(changed.is_empty(), "another company's users: {context}");
            if stands && before.contains_key(&about) && !matches!(call, Call::Invite(..)) {
                // Its administrator may do anything, to nobody there.
                assert_eq!(kind(result), "not_found", "{context}");
            }
        }
        for user in changed {
            if before.get(&user).is_some_and(|user| user.status == Status::Removed) {
                panic!("who is gone came back: {context}");
            }
            let own = self.holds(&actor.expect("somebody who may").role);
            for state in [before.get(&user), after.get(&user)].into_iter().flatten() {
                assert!(own.is_superset(&self.holds(&state.role)), "beyond rank: {context}");
            }
            let enabled = |users: &BTreeMap<UserId, User>| {
                users.get(&user).is_some_and(|user| user.status == Status::Active)
            };
            if !enabled(&before) && enabled(&after) {
                assert!(matches!(call, Call::Enable), "enabled by the way: {context}");
                assert_eq!(before[&user].status, Status::Disabled, "{context}");
            }
        }
        self.recount(&after, &context).await;
    }

    async fn stands(&self, token: &SessionToken) -> bool {
        self.house.auth.identify(token).await.is_ok()
    }

    fn holds(&self, role: &Role) -> BTreeSet<&'static str> {
        self.house.auth.policy().roles.permissions(role).map(Permission::as_str).collect()
    }

    async fn recount(&self, users: &BTreeMap<UserId, User>, context: &str) {
        let key = self.account.as_bytes();
        let row = self.house.store.get(&tables::ACCOUNTS, key).await.unwrap().unwrap();
        let account = Account::from_row(&row).unwrap();
        let count = |counts: fn(&User) -> bool| {
            u32::try_from(users.values().filter(|user| counts(user)).count()).unwrap()
        };
        let administrators = count(User::is_active_administrator);
        let seats = count(|user| matches!(user.status, Status::Invited | Status::Active));
        assert_eq!((account.administrators, account.seats_taken), (administrators, seats));
        assert!(administrators >= 1, "no active administrator is left: {context}");
        assert!(seats <= SEATS, "more than there are seats: {context}");
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

fn walk(store: impl Store + Clone, steps: Vec<(usize, usize, Call)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(store).await;
        for (caller, about, call) in steps {
            world.step(caller % world.callers.len(), about, &call).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn m15_no_sequence_of_calls_gains_a_permission_or_loses_the_last_administrator(
        steps in steps(),
    ) {
        walk(MemoryStore::new(), steps);
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn m15_no_sequence_of_calls_does_so_on_sqlite(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.db");
        let open = portcullis::store::sqlite::SqliteStore::open(&path);
        let store = std::sync::Arc::new(runtime.block_on(open).unwrap());
        walk(store, steps);
    }
}
