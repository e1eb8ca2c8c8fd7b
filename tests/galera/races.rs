//! Races of people whose requests are served on different nodes at the same moment.

use std::sync::Arc;

use portcullis::{
    auth::{Auth, Changes, Credentials, NewAccount, NewUser},
    error::Result,
    model::{Account, Plan, User},
    store::{Record as _, Store, tables},
};
use tokio::task::JoinSet;

use crate::{
    cluster::NODES,
    house::{BETTER, GOOD, House, TurnedClock, client, kind, password, token_in},
};

/// How many take part in a race: some on each node.
const RACERS: usize = 12;

/// A site with a process on each node, the first of which has its letters.
pub(crate) struct Site {
    pub(crate) house: House,
    pub(crate) auths: Vec<Auth>,
}

impl Site {
    pub(crate) fn on(nodes: &[Arc<dyn Store>]) -> Self {
        let house = House::new(Arc::clone(&nodes[0]));
        let another = |store: &Arc<dyn Store>| {
            let clock: TurnedClock = house.clock.clone();
            House::on(Arc::clone(store), clock, house.letters.clone()).auth
        };
        let others: Vec<_> = nodes[1..].iter().map(another).collect();
        let auths = std::iter::once(house.auth.clone()).chain(others).collect();
        Self { house, auths }
    }

    /// What became of requests that came at one moment, in turn on each node.
    async fn race<T: Send + 'static, F>(&self, ask: impl Fn(usize, Auth) -> F) -> Vec<&'static str>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            racers.spawn(ask(racer, self.auths[racer % NODES].clone()));
        }
        let mut kinds: Vec<_> = racers.join_all().await.into_iter().map(kind).collect();
        kinds.sort_unstable();
        kinds
    }

    /// An account with this many seats, whose administrator has the password [`GOOD`].
    async fn company(&self, name: &str, seats: u32) -> User {
        let account = NewAccount::new(name, Plan::TRIAL).unwrap().seats(seats);
        self.house.post().await; // what is left of before
        let address = format!("{name}@{name}.example");
        let admin = NewUser::parse(name, &address, name, "administrator").unwrap();
        let opened = self.house.operator.because("test").open_account(&account, &admin).await;
        let token = token_in(&self.house.post().await[0]);
        self.house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
        self.house.post().await;
        opened.unwrap().administrator
    }
}

fn count(kinds: &[&str], kind: &str) -> usize {
    kinds.iter().filter(|other| **other == kind).count()
}

/// Exactly so many won and all others lost. Who was not answered may have done either: the answers
/// there are must fit all the same, and the race is then run again.
#[track_caller]
fn assert_won(most: usize, kinds: &[&str], won: &str, lost: &str) {
    let answered: Vec<_> = kinds.iter().copied().filter(|kind| *kind != "unavailable").collect();
    let winners = count(&answered, won);
    let right = winners <= most && winners + count(&answered, lost) == answered.len();
    assert!(right, "{answered:?}");
    assert_eq!(answered.len(), RACERS, "the store was unavailable");
    assert_eq!(winners, most, "{answered:?}");
}

/// One link, opened on all nodes at once, opens once.
pub(crate) async fn a_link_opens_once(site: &Site) {
    site.house.furnished().await;
    let link = site.house.forgot("admin@acme.example").await;
    let link = Arc::new(link);
    let kinds = site.race(|_, auth| {
        let link = Arc::clone(&link);
        async move { auth.reset_password(&link, &password(BETTER), &client()).await }
    });
    let kinds = kinds.await;
    assert_won(1, &kinds, "ok", "rejected");
}

/// One username, given on all nodes at once, is given once.
pub(crate) async fn a_username_is_given_once(site: &Site) {
    site.company("names", 50).await;
    let me = site.house.login("names", GOOD).await.identity;
    let kinds = site.race(|racer, auth| {
        let me = me.clone();
        async move {
            let address = format!("grace{racer}@names.example");
            let new = NewUser::parse("grace", &address, "Grace", "salesperson").unwrap();
            auth.user_accounts(&me)?.invite(&new, &client()).await
        }
    });
    let kinds = kinds.await;
    assert_won(1, &kinds, "ok", "conflict");
}

/// One seat that is left, taken on all nodes at once, is taken once.
pub(crate) async fn a_seat_is_taken_once(site: &Site) {
    let boss = site.company("seats", 2).await;
    let me = site.house.login("seats", GOOD).await.identity;
    let kinds = site.race(|racer, auth| {
        let me = me.clone();
        async move {
            let name = format!("guest{racer}");
            let address = format!("{name}@seats.example");
            let new = NewUser::parse(&name, &address, "A Guest", "salesperson").unwrap();
            auth.user_accounts(&me)?.invite(&new, &client()).await
        }
    });
    let kinds = kinds.await;
    assert_won(1, &kinds, "ok", "conflict");
    let row = site.house.store.get(&tables::ACCOUNTS, boss.account.as_bytes()).await.unwrap();
    let account = Account::from_row(&row.unwrap()).unwrap();
    assert_eq!(account.seats_taken, 2);
}

/// Two administrators who demote each other, each on a node of their own: one is left.
pub(crate) async fn an_account_keeps_an_administrator(site: &Site) {
    let one = site.company("first", 50).await;
    let other = site.house.employee_of(one.account, "second", "administrator").await;
    for round in 0..4 {
        let [first, second] = ["first", "second"].map(|name| site.house.login(name, GOOD));
        let (first, second) = (first.await.identity, second.await.identity);
        let demote = |auth: Auth, me, whom: User| {
            tokio::spawn(async move {
                let changes = Changes::new().role("salesperson");
                auth.user_accounts(&me)?.update(whom.id, &changes, &client()).await
            })
        };
        let auth = |turn: usize| site.auths[(round + turn) % NODES].clone();
        let tasks = (demote(auth(0), first, other.clone()), demote(auth(1), second, one.clone()));
        let answers = (tasks.0.await.unwrap(), tasks.1.await.unwrap());
        let lost = if answers.0.is_ok() { &other } else { &one };
        let kinds = (kind(answers.0), kind(answers.1));
        assert!((kinds.0 == "ok") != (kinds.1 == "ok"), "{kinds:?}");
        let grant = site.house.operator.because("test");
        grant.grant_administrator(lost.id).await.unwrap();
    }
}

/// Guesses on all nodes at once are as many as on one.
pub(crate) async fn guesses_are_counted_together(site: &Site) {
    site.company("guessed", 50).await;
    let kinds = site.race(|_, auth| async move {
        let credentials = Credentials::new("guessed", password(BETTER));
        auth.login(credentials, &client()).await
    });
    let kinds = kinds.await;
    assert_won(5, &kinds, "rejected", "throttled");
}
