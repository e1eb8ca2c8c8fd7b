//! A site with people and sessions, at the cost of real parameters, on any store.
#![allow(dead_code, unreachable_pub)] // each bench uses its part

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use portcullis::{
    auth::{Auth, Credentials, NewAccount, NewUser, SessionToken, SignedIn},
    clock::{Clock as _, SystemClock},
    entropy::SystemEntropy,
    error::Error,
    hash::{Hashing, Params},
    id::{BatchId, SessionId, UserId},
    mail::{Letter, MailError, Mailer},
    model::{Client, Plan},
    secret::{Password, Purpose, Token},
    site::Site,
    store::{Batch, Change, Row, Store, Table, Value, tables},
};

pub const PASSWORD: &str = "seven green lanterns swing";

/// The site's people: their first is `admin`.
pub struct Town {
    pub store: Arc<dyn Store>,
    pub users: Vec<UserId>,
}

#[derive(Clone, Default)]
struct LetterBox(Arc<Mutex<Vec<Letter>>>);

#[async_trait::async_trait]
impl Mailer for LetterBox {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.0.lock().expect("no panic").push(letter.clone());
        Ok(())
    }
}

/// Default hashing, but on so many threads.
pub fn hashing(threads: usize) -> Hashing {
    let mut hashing = Hashing::default();
    hashing.threads = threads;
    hashing
}

/// Hashing that costs next to nothing, to see what else a log-in costs.
pub fn no_hashing() -> Hashing {
    let mut hashing = hashing(1);
    hashing.params = Params::danger_for_tests();
    hashing
}

pub fn auth(store: impl Store, hashing: Hashing) -> Auth {
    furnish(store, hashing, LetterBox::default()).0
}

fn furnish(
    store: impl Store,
    hashing: Hashing,
    letters: LetterBox,
) -> (Auth, portcullis::auth::Operator) {
    Auth::builder(store)
        .site(Site::new("Acme CRM", "https://crm.example").expect("a site"))
        .mailer(letters)
        .hashing(hashing)
        .build()
        .expect("a whole library")
}

/// The name of a person by number.
pub fn name(number: usize) -> String {
    if number == 0 { "admin".to_owned() } else { format!("person{number}") }
}

/// The machine of a person by number: each in a network of its own, since a network is limited.
pub fn client(number: usize) -> Client {
    let [.., a, b] = number.to_be_bytes();
    Client::new(Some(Ipv4Addr::new(10, a, b, 1).into()), "bench")
}

pub async fn try_login(auth: &Auth, number: usize) -> Result<SignedIn, Error> {
    let password = Password::new(PASSWORD).expect("a password");
    let credentials = Credentials::new(&name(number), password);
    auth.login(credentials, &client(number)).await?.signed_in()
}

pub async fn login(auth: &Auth, number: usize) -> SignedIn {
    try_login(auth, number).await.expect("the right password")
}

impl Town {
    /// One person who came in by the front door, and copies of them.
    pub async fn found(store: impl Store + Clone, people: usize, hashing: Hashing) -> Self {
        let letters = LetterBox::default();
        let (auth, operator) = furnish(store.clone(), hashing, letters.clone());
        let account = NewAccount::new("Acme", Plan::TRIAL).expect("an account").seats(u32::MAX);
        let admin = NewUser::parse("admin", "admin@acme.example", "Ada Admin", "administrator");
        let admin = admin.expect("a user");
        let opened = operator.because("bench").open_account(&account, &admin).await;
        let admin = opened.expect("an open account").administrator.id;
        while auth.work(100).await.expect("letters sent") > 0 {}
        let letter = letters.0.lock().expect("no panic").pop().expect("a letter");
        let (_, rest) = letter.text.split_once("?token=").expect("a link");
        let token: String = rest.chars().take(Token::LENGTH).collect();
        let token = Token::parse(&token).expect("a token");
        let password = Password::new(PASSWORD).expect("a password");
        auth.activate(&token, &password, &client(0)).await.expect("an active user");
        login(&auth, 0).await; // from here on the site's key is there
        let mut town = Self { store: Arc::new(store), users: vec![admin] };
        town.grow(people).await;
        town
    }

    async fn grow(&mut self, people: usize) {
        let key = self.users[0].as_bytes().as_slice();
        let mut copies = Vec::new();
        for table in [&tables::USERS, &tables::CREDENTIALS, &tables::ACTIVITY] {
            let row = self.store.get(table, key).await.expect("an answer");
            copies.push((table, row.expect("the administrator's row")));
        }
        let mut changes = Vec::new();
        for number in 1..people {
            let id = UserId::draw(SystemClock.now(), &SystemEntropy).expect("randomness");
            for (table, original) in &copies {
                let mut row = original.clone();
                row.set(0, Value::Bytes(id.as_bytes().to_vec()));
                let name = name(number);
                let address = format!("{name}@acme.example");
                for column in ["username", "username_key", "look_alike"] {
                    put(table, &mut row, column, &name);
                }
                for column in ["email", "email_key", "proven_email"] {
                    put(table, &mut row, column, &address);
                }
                changes.push(Change::Insert { table, row });
            }
            self.users.push(id);
        }
        self.commit(changes).await;
    }

    /// So many sessions, spread over everybody, and their tokens.
    pub async fn sessions(&self, auth: &Auth, count: usize) -> Vec<SessionToken> {
        let original = login(auth, 0).await.token.reveal();
        let original = Token::parse(&original).expect("a token").digest(Purpose::Cookie);
        let rows = self.store.sessions(&[original]).await.expect("an answer");
        let row = rows.into_iter().next().expect("a session").session;
        let mut tokens = Vec::with_capacity(count);
        let mut changes = Vec::with_capacity(count);
        for number in 0..count {
            let token = Token::draw(&SystemEntropy).expect("randomness");
            let id = SessionId::draw(SystemClock.now(), &SystemEntropy).expect("randomness");
            let user = self.users[number % self.users.len()];
            let mut row = row.clone();
            let digest = token.digest(Purpose::Cookie);
            row.set(0, Value::Bytes(digest.as_bytes().to_vec()));
            row.set(1, Value::Bytes(id.as_bytes().to_vec()));
            row.set(2, Value::Bytes(user.as_bytes().to_vec()));
            changes.push(Change::Insert { table: &tables::SESSIONS, row });
            tokens.push(SessionToken::cookie(&token.reveal()).expect("a token"));
        }
        self.commit(changes).await;
        tokens
    }

    async fn commit(&self, changes: Vec<Change>) {
        for slice in changes.chunks(Batch::MAX_CHANGES) {
            let now = SystemClock.now();
            let id = BatchId::draw(now, &SystemEntropy).expect("randomness");
            let batch = Batch::new(id, now, slice.to_vec());
            self.store.commit(&batch).await.expect("rows nobody else has");
        }
    }
}

fn put(table: &Table, row: &mut Row, column: &str, text: &str) {
    if let Some(position) = table.position(column) {
        row.set(position, Value::Text(text.to_owned()));
    }
}
