use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use futures_executor::block_on;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use portcullis::{
    auth::{Auth, Credentials},
    clock::{Clock, from_micros},
    entropy::SystemEntropy,
    error::{Error, Result},
    hash::{Hashing, Params},
    id::BatchId,
    mail::{Letter, MailError, Mailer},
    model::{Client, Transport},
    policy::Policy,
    secret::Password,
    site::Site,
    store::{Batch, Change, Column, Kind, Row, Store, Table, Value, memory::MemoryStore, tables},
    web::Service,
};
use time::OffsetDateTime;
use tower_service::Service as _;

/// The one user's name.
pub const NAME: &str = "ada";
/// And what they log in with.
pub const PASSWORD: &str = "seven green lanterns swing";
/// [`PASSWORD`] at the least cost there is.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$clsUEPMFf6GGU0MY+zmlvsPx3/xpPQJEylBF+B+2KaU";

/// How many inputs one house takes: each passes up to two days, and a session lives for a year
/// at the most.
const INPUTS: u32 = 150;

#[derive(Clone)]
struct Hours(Arc<AtomicI64>);

impl Clock for Hours {
    fn now(&self) -> OffsetDateTime {
        let micros = 1_800_000_000_000_000 + self.0.load(Ordering::Relaxed) * 3_600_000_000;
        from_micros(micros).expect("a time of this century")
    }
}

struct Nowhere;

#[async_trait::async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: &Letter) -> Result<(), MailError> {
        Ok(())
    }
}

/// A library with one user, and its doors.
pub struct House {
    auth: Auth,
    service: Service,
    store: MemoryStore,
    clock: Hours,
    bearer: String,
    left: u32,
}

thread_local! {
    static HOUSE: RefCell<Option<House>> = const { RefCell::new(None) };
}

/// A row of these values, by their columns' names: what is not named is null, zero or empty.
fn row(table: &Table, named: &[(&str, Value)]) -> Row {
    let value =
        |column: &Column| match (named.iter().find(|(name, _)| *name == column.name), column) {
            (Some((_, value)), _) => value.clone(),
            (None, Column { nullable: true, .. }) => Value::Null,
            (None, Column { kind: Kind::Int, .. }) => Value::Int(0),
            (None, Column { kind: Kind::Text, .. }) => Value::Text(String::new()),
            (None, Column { kind: Kind::Bytes, .. }) => Value::Bytes(Vec::new()),
        };
    Row::new(table.columns.iter().map(value).collect())
}

impl House {
    /// Lets a target into a house that stands, or builds another.
    pub fn with<T>(target: impl FnOnce(&mut Self) -> T) -> T {
        HOUSE.with_borrow_mut(|house| {
            if house.as_ref().is_none_or(|house| house.left == 0) {
                *house = Some(Self::build());
            }
            let house = house.as_mut().expect("built a line above");
            house.left -= 1;
            target(house)
        })
    }

    fn build() -> Self {
        let store = MemoryStore::new();
        let clock = Hours(Arc::default());
        let mut hashing = Hashing::default();
        hashing.params = Params::danger_for_tests();
        hashing.threads = 1;
        // What is fuzzed are the parsers, not the limits; and each try comes on another day.
        let mut policy = Policy::crm();
        policy.limits.network_failures = 1_000_000;
        policy.limits.forgot_per_network = 1_000_000;
        policy.lifetimes.session = time::Duration::days(366);
        policy.lifetimes.session_idle = time::Duration::days(366);
        let (auth, _) = Auth::builder(store.clone())
            .site(Site::new("Fuzz", "https://fuzz.example").expect("a site"))
            .mailer(Nowhere)
            .hashing(hashing)
            .policy(policy)
            .clock(clock.clone())
            .build()
            .expect("a house");
        let service = Service::new(auth.clone());
        let mut house = Self { auth, service, store, clock, bearer: String::new(), left: INPUTS };
        house.furnish();
        house
    }

    fn furnish(&mut self) {
        let text = |text: &str| Value::Text(text.to_owned());
        let id = || Value::Bytes(vec![7; 16]);
        let email = "ada@fuzz.example";
        let account = row(
            &tables::ACCOUNTS,
            &[
                ("id", id()),
                ("name", text("Fuzz")),
                ("plan", text("trial")),
                ("seats_taken", Value::Int(1)),
                ("administrators", Value::Int(1)),
                ("version", Value::Int(1)),
            ],
        );
        let user = row(
            &tables::USERS,
            &[
                ("id", id()),
                ("account", id()),
                ("username", text(NAME)),
                ("username_key", text(NAME)),
                ("look_alike", text(NAME)),
                ("email", text(email)),
                ("email_key", text(email)),
                ("proven_email", text(email)),
                ("name", text("Ada")),
                ("role", text("administrator")),
                ("administrator", Value::Int(1)),
                ("status", text("active")),
                ("version", Value::Int(1)),
            ],
        );
        let credential = row(
            &tables::CREDENTIALS,
            &[("user", id()), ("hash", text(HASH)), ("version", Value::Int(1))],
        );
        let insert = |table, row| Change::Insert { table, row };
        self.commit(vec![
            insert(&tables::ACCOUNTS, account),
            insert(&tables::USERS, user),
            insert(&tables::CREDENTIALS, credential),
        ]);
        let password = Password::new(PASSWORD).expect("a password");
        let credentials = Credentials::new(NAME, password).transport(Transport::Bearer);
        let begun = block_on(self.auth.login(credentials, &Client::default()));
        let signed_in = begun.and_then(portcullis::auth::LogIn::signed_in).expect("a session");
        self.bearer = signed_in.token.reveal().to_string();
    }

    fn commit(&self, changes: Vec<Change>) {
        let now = self.clock.now();
        let id = BatchId::draw(now, &SystemEntropy).expect("an id");
        block_on(self.store.commit(&Batch::new(id, now, changes))).expect("rows that fit");
    }

    /// Failures are forgotten.
    fn another_day(&self) {
        self.clock.0.fetch_add(25, Ordering::Relaxed);
    }

    /// Puts this text in the place of the stored hash, and tries [`PASSWORD`].
    ///
    /// # Panics
    /// Where a log-in ends in anything but yes or no.
    pub fn log_in_with(&mut self, hash: &str) -> bool {
        self.another_day();
        // A right password renews the hash, so the row may be newer than what was put there.
        let row = block_on(self.store.get(&tables::CREDENTIALS, &[7; 16])).expect("an answer");
        let mut row = row.expect("the row is there");
        let column = |name| tables::CREDENTIALS.position(name).expect("a column");
        let &Value::Int(version) = row.value(column("version")) else { panic!("a number") };
        for (name, value) in [
            ("hash", Value::Text(hash.to_owned())),
            ("changed_at", Value::Int(portcullis::clock::to_micros(self.clock.now()))),
            ("temporary_until", Value::Null),
            ("version", Value::Int(version + 1)),
        ] {
            row.set(column(name), value);
        }
        self.commit(vec![Change::Replace { table: &tables::CREDENTIALS, row, version }]);
        let credentials = Credentials::new(NAME, Password::new(PASSWORD).expect("a password"));
        match block_on(self.auth.login(credentials, &Client::default())) {
            Ok(_) => true,
            Err(Error::Rejected) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Sends a request and gives the answer's status, type and text.
    ///
    /// # Panics
    /// Where the answer is not text.
    pub fn ask(
        &mut self,
        (method, path): (&str, &str),
        content_type: &str,
        body: &[u8],
        signed_in: bool,
    ) -> (u16, String, String) {
        self.another_day();
        let mut request = Request::new(Full::<std::io::Cursor<Vec<u8>>>::new(
            std::io::Cursor::new(body.to_vec()),
        ));
        *request.method_mut() = method.parse::<Method>().expect("a method");
        *request.uri_mut() = path.parse().expect("a path");
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a type"));
        if signed_in {
            let bearer = format!("Bearer {}", self.bearer);
            headers.insert(header::AUTHORIZATION, bearer.parse().expect("a header"));
        }
        let Ok(response) = block_on(self.service.call(request));
        let status = response.status().as_u16();
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.map_or("", |kind| kind.to_str().expect("ASCII")).to_owned();
        let Ok(body) = block_on(response.into_body().collect());
        (status, kind, String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8"))
    }
}
