//! A whole library on one store, with a clock to turn and a letter box to look into.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::sync::{Arc, Mutex};

use portcullis::{
    auth::{Auth, Credentials, LogIn, NewAccount, NewUser, Operator, SignedIn},
    clock::Clock,
    error::{Error, Result},
    hash::{Hashing, Params},
    id::AccountId,
    mail::{Letter, MailError, Mailer},
    model::{Client, Plan, User, Username},
    policy::Policy,
    secret::{Password, Token},
    site::Site,
    store::Store,
};
use time::{Duration, OffsetDateTime, macros::datetime};

pub const GOOD: &str = "seven green lanterns swing";
pub const BETTER: &str = "quiet rivers carry stones";

pub fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

pub fn client() -> Client {
    Client::new("203.0.113.7".parse().ok(), "Test")
}

#[derive(Clone)]
pub struct TurnedClock(Arc<Mutex<OffsetDateTime>>);

impl TurnedClock {
    pub fn turn(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

#[derive(Clone, Default)]
pub struct LetterBox(Arc<Mutex<Vec<Letter>>>);

#[async_trait::async_trait]
impl Mailer for LetterBox {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

impl LetterBox {
    pub fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

pub struct House {
    pub auth: Auth,
    pub operator: Operator,
    pub letters: LetterBox,
    pub clock: TurnedClock,
    pub store: Arc<dyn Store>,
}

impl House {
    pub fn new(store: impl Store + Clone) -> Self {
        Self::with_policy(store, Policy::crm())
    }

    pub fn with_policy(store: impl Store + Clone, policy: Policy) -> Self {
        let letters = LetterBox::default();
        Self::furnish(store, policy, letters.clone(), letters)
    }

    /// A house whose letters go through this mailer.
    pub fn with_mailer(store: impl Store + Clone, mailer: impl Mailer) -> Self {
        Self::furnish(store, Policy::crm(), mailer, LetterBox::default())
    }

    fn furnish(
        store: impl Store + Clone,
        policy: Policy,
        mailer: impl Mailer,
        letters: LetterBox,
    ) -> Self {
        let clock = TurnedClock(Arc::new(Mutex::new(datetime!(2026-11-21 12:00 UTC))));
        Self::build(Arc::new(store), policy, mailer, letters, clock)
    }

    /// Another process on the same store, with this mailer.
    pub fn on(store: Arc<dyn Store>, clock: TurnedClock, mailer: impl Mailer) -> Self {
        Self::build(store, Policy::crm(), mailer, LetterBox::default(), clock)
    }

    /// The same house under another policy.
    pub fn under(self, policy: Policy) -> Self {
        let Self { letters, clock, store, .. } = self;
        Self::build(store, policy, letters.clone(), letters, clock)
    }

    fn build(
        store: Arc<dyn Store>,
        policy: Policy,
        mailer: impl Mailer,
        letters: LetterBox,
        clock: TurnedClock,
    ) -> Self {
        let mut hashing = Hashing::default();
        hashing.params = Params::danger_for_tests();
        let site = Site::new("Acme CRM", "https://crm.example").unwrap();
        let (auth, operator) = Auth::builder(Arc::clone(&store))
            .site(site.support("help@crm.example"))
            .mailer(mailer)
            .policy(policy)
            .hashing(hashing)
            .clock(clock.clone())
            .build()
            .unwrap();
        Self { auth, operator, letters, clock, store }
    }

    /// Sends what is due and gives the letters.
    pub async fn post(&self) -> Vec<Letter> {
        while self.auth.work(100).await.unwrap() > 0 {}
        self.letters.take()
    }

    /// An account whose administrator `admin` is invited.
    pub async fn opened(&self) -> User {
        let account = NewAccount::new("Acme", Plan::TRIAL).unwrap().seats(50);
        let admin =
            NewUser::parse("admin", "admin@acme.example", "Ada Admin", "administrator").unwrap();
        let opened = self.operator.because("test").open_account(&account, &admin).await.unwrap();
        opened.administrator
    }

    /// An account whose administrator `admin` has the password [`GOOD`]. No letters are left.
    pub async fn furnished(&self) -> User {
        let admin = self.opened().await;
        let token = token_in(&self.post().await[0]);
        self.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
        self.post().await;
        admin
    }

    /// Somebody of this username and role in the account of `admin`, whom the operator invited,
    /// with the password [`GOOD`]. No letters are left.
    pub async fn employee(&self, username: &str, role: &str) -> User {
        let admin = Username::parse("admin").unwrap();
        let account = self.operator.find_user(&admin).await.unwrap().unwrap().account;
        self.employee_of(account, username, role).await
    }

    pub async fn employee_of(&self, account: AccountId, username: &str, role: &str) -> User {
        let email = format!("{username}@acme.example");
        let new = NewUser::parse(username, &email, username, role).unwrap();
        self.post().await;
        let user = self.operator.because("test").invite(account, &new).await.unwrap();
        let token = token_in(&self.post().await[0]);
        self.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
        self.post().await;
        user
    }

    pub async fn try_login(&self, login: &str, word: &str) -> Result<LogIn> {
        self.auth.login(Credentials::new(login, password(word)), &client()).await
    }

    pub async fn login(&self, login: &str, word: &str) -> SignedIn {
        self.try_login(login, word).await.unwrap().signed_in().unwrap()
    }

    /// Asks for a reset and gives the link's token.
    pub async fn forgot(&self, email: &str) -> Token {
        self.auth.forgot_password(email, &client()).await.unwrap();
        token_in(self.post().await.last().expect("a reset letter"))
    }
}

/// The token of the link in a letter.
pub fn token_in(letter: &Letter) -> Token {
    Token::parse(&written_token_in(letter)).unwrap()
}

pub fn written_token_in(letter: &Letter) -> String {
    let (_, rest) = letter.text.split_once("?token=").expect("a link");
    rest.chars().take(Token::LENGTH).collect()
}

#[track_caller]
pub fn kind<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.kind(),
    }
}

pub fn rules(result: Result<()>) -> Vec<&'static str> {
    match result {
        Err(Error::Invalid(violations)) => violations.iter().map(|v| v.rule).collect(),
        other => panic!("not invalid: {other:?}"),
    }
}

#[cfg(feature = "mysql")]
#[path = "mysql.rs"]
pub mod mysql;
#[cfg(feature = "postgres")]
#[path = "postgres.rs"]
pub mod postgres;

/// Makes of each `async fn(House)` one test a store.
#[macro_export]
macro_rules! on_every_store {
    ($($name:ident)*) => {
        mod on_memory {
            use super::House;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(House::new(portcullis::store::memory::MemoryStore::new())).await;
            })*
        }
        #[cfg(feature = "sqlite")]
        mod on_sqlite {
            use super::House;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("auth.db");
                let store = portcullis::store::sqlite::SqliteStore::open(&path).await.unwrap();
                super::$name(House::new(store)).await;
            })*
        }
        #[cfg(feature = "postgres")]
        mod on_postgres {
            use super::House;
            use $crate::house::postgres::Schema;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(House::new(Schema::new().store().await)).await;
            })*
        }
        #[cfg(feature = "mysql")]
        mod on_mysql {
            use super::House;
            use $crate::house::mysql::Database;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(House::new(Database::new().await.store().await)).await;
            })*
        }
    };
}
