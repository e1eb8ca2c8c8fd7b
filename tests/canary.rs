//! No password and no token in the log, in any `Debug`, or in any byte of the database's files:
//! not even one typed into the wrong field.

#[path = "support/house.rs"]
mod house;
#[path = "canary/log.rs"]
mod log;
#[path = "canary/secrets.rs"]
mod secrets;
#[path = "support/web.rs"]
mod web;

use std::{collections::BTreeMap, fmt::Debug, path::Path};

use house::*;
use log::Log;
use portcullis::{
    auth::{Auth, Credentials, LogIn, NewUser},
    hash::{Hashing, Params},
    model::{Account, Credential, Event, Intent, Invitation, Link, LoginName, Session, User},
    policy::Policy,
    secret::{Password, Purpose, SiteKey, Token},
    site::Site,
    store::{Record, Row, Value, sqlite::SqliteStore, tables},
    web::Service,
};
use secrets::{Secrets, contains};
use serde_json::json;
use time::Duration;
use web::{Ask, Browser, ask, send};

/// Everything a run has shown, and what it must not have shown.
#[derive(Default)]
struct Run {
    secrets: Secrets,
    shown: String,
    answers: String,
}

impl Run {
    fn word(&mut self, word: &str) -> Password {
        password(&self.secrets.typed(word))
    }

    /// What a host that logs everything it is handed would have logged.
    fn show<T: Debug>(&mut self, thing: T) -> T {
        self.shown += &format!("{thing:?}\n{thing:#?}\n");
        thing
    }

    fn token(&mut self, token: &Token) {
        self.secrets.token(&token.reveal());
        self.show(token);
    }

    async fn ask(&mut self, browser: &mut Browser, ask: Ask) -> web::Answer {
        let answer = browser.send(ask).await;
        if let Some(token) = browser.token() {
            self.secrets.token(token);
        }
        self.answers += &answer.text;
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_rests_or_is_said() {
    let log = Log::begin();
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("auth.db")).await.unwrap();
    let house = House::new(store.clone());
    let mut run = Run::default();
    run.show((&store, &house.auth, &house.operator));

    library(&house, &mut run).await;
    // The doors have limits of their own to begin with.
    house.clock.turn(Duration::hours(2));
    doors(&house, &mut run).await;
    rows(&house, &mut run).await;
    assert!(run.secrets.len() > 20, "the run was a whole one");

    std::thread::spawn(|| tracing::trace!(heard = ?"elsewhere")).join().unwrap();
    let said = log.text();
    assert_eq!(run.secrets.found_in(said.as_bytes()), Vec::<&str>::new(), "in the log");
    assert_eq!(run.secrets.found_in(run.shown.as_bytes()), Vec::<&str>::new(), "in Debug");
    // What rests in the store was left out so far: a hash, a digest and the site's key may.
    let resting = ["a hash", "a digest", "the site's key"];
    let files = bytes_of(folder.path());
    let at_rest = |files: &[u8]| -> Vec<String> {
        let found = run.secrets.found_in(files);
        found.into_iter().filter(|name| !resting.contains(name)).map(str::to_owned).collect()
    };
    assert_eq!(at_rest(&files), Vec::<String>::new(), "in the files, open");
    let whole = files;
    store.close().await;
    drop((house, store));
    assert_eq!(at_rest(&bytes_of(folder.path())), Vec::<String>::new(), "in the files, closed");

    controls(&run, &said, &whole);
}

/// The same searches find what is there.
fn controls(run: &Run, said: &str, files: &[u8]) {
    assert!(said.contains("portcullis::hash"), "the log was heard");
    assert!(said.contains("heard=\"elsewhere\""), "and so were other threads");
    assert!(run.shown.contains("admin@acme.example"), "Debug was read");
    for (name, there) in [
        ("the username", "ada.admin"),
        ("a hash", "$argon2id$"),
        ("an address", "admin@acme.example"),
    ] {
        assert!(contains(files, there.as_bytes()), "{name} is in the files");
    }
    for resting in ["a hash", "a digest", "the site's key"] {
        assert!(run.secrets.found_in(files).contains(&resting), "{resting} is in the files");
    }
    let mut secrets = Secrets::default();
    secrets.typed("Finch");
    secrets.token(&"A".repeat(Token::LENGTH));
    for (hay, found) in [
        (&b"x Finch x"[..], "Finch"),
        (b"x 46696e6368 x", "Finch"),
        (b"x RmluY2g x", "Finch"),
        (&[0; 40], "token 1"),
        (&[b'A'; 50], "token 1"),
        (&[b'0'; 70], "token 1"),
    ] {
        assert_eq!(secrets.found_in(hay), [found]);
    }
}

/// Issue 2's walk, by the library.
async fn library(house: &House, run: &mut Run) {
    let (auth, first) = (&house.auth, run.word("CanaryWrenSingsAtDawn"));
    let account = portcullis::auth::NewAccount::new("Acme", portcullis::model::Plan::TRIAL);
    let new = NewUser::parse("ada.admin", "admin@acme.example", "Ada Admin", "administrator");
    let (account, new) = (run.show(account.unwrap()), run.show(new.unwrap()));
    let opened = house.operator.because("test").open_account(&account, &new).await.unwrap();
    let admin = run.show(opened).administrator;

    // Activation, first with words that miss the requirements.
    let letters = run.show(house.post().await);
    let token = token_in(&letters[0]);
    run.token(&token);
    run.show(auth.look_at_link(Purpose::Activation, &token).await.unwrap());
    let weak = run.word("CanaryWeak");
    run.show(auth.activate(&token, &weak, &client()).await.unwrap_err());
    auth.activate(&token, &first, &client()).await.unwrap();
    run.show(auth.activate(&token, &first, &client()).await.unwrap_err());

    // Logging in: right, wrong, and with the password in the name's place.
    let credentials = run.show(Credentials::new("ada.admin", first.clone()));
    let signed_in =
        run.show(auth.login(credentials, &client()).await.unwrap().signed_in().unwrap());
    run.secrets.token(&signed_in.token.reveal());
    run.show(signed_in.identity.session().clone());
    let me = run.show(auth.identify(&signed_in.token).await.unwrap());
    let wrong = run.word("CanaryWrongFinchIsWrong");
    run.show(auth.login(Credentials::new("ada.admin", wrong), &client()).await.unwrap_err());
    let typed = run.secrets.typed("CanaryTypedIntoTheNameField");
    for name in [typed.clone(), format!("{typed} {typed}"), format!("<{typed}>")] {
        run.show(LoginName::new(&name));
        let swapped = run.show(Credentials::new(&name, password("ada.admin")));
        run.show(auth.login(swapped, &client()).await.unwrap_err());
    }
    let typed = run.secrets.typed("CanaryTypedIntoTheAddressField");
    auth.forgot_password(&typed, &client()).await.unwrap();
    auth.forgot_password(&format!("{typed} @x"), &client()).await.unwrap();

    // Forgot, reset.
    let link = house.forgot("admin@acme.example").await;
    run.token(&link);
    let second = run.word("CanaryRobinAfterTheReset");
    run.show(auth.reset_password(&link, &weak, &client()).await.unwrap_err());
    auth.reset_password(&link, &second, &client()).await.unwrap();
    run.show(auth.reset_password(&link, &second, &client()).await.unwrap_err());
    run.show(auth.identify(&signed_in.token).await.unwrap_err());
    run.show(me);

    // Changing it.
    let signed_in = house.login("ada.admin", "CanaryRobinAfterTheReset").await;
    run.secrets.token(&signed_in.token.reveal());
    let (third, mine) = (run.word("CanaryChosenInMyAccount"), auth.my_account(&signed_in.identity));
    run.show(mine);
    let not_mine = run.word("CanaryNotTheCurrentOne");
    run.show(mine.change_password(&not_mine, &third, &client()).await.unwrap_err());
    run.show(mine.change_password(&second, &weak, &client()).await.unwrap_err());
    let changed = run.show(mine.change_password(&second, &third, &client()).await.unwrap());
    run.secrets.token(&changed.token.reveal());
    let mine = auth.my_account(&changed.identity);
    run.show((mine.overview().await.unwrap(), mine.sessions().await.unwrap()));
    let accounts = auth.user_accounts(&changed.identity).unwrap();
    let sam = NewUser::parse("sam", "sam@acme.example", "Sam", "salesperson").unwrap();
    run.show(accounts.invite(&sam, &client()).await.unwrap());
    run.show(accounts.invitations().await.unwrap());
    auth.logout(&changed.token, &client()).await.unwrap();

    // A temporary password, and the ticket it leads to.
    let temporary = run.word("CanaryToldOnTheTelephone");
    let operator = house.operator.because("ticket 4711");
    run.show(&operator);
    operator.set_temporary_password(admin.id, &temporary).await.unwrap();
    let begun = auth.login(Credentials::new("ada.admin", temporary.clone()), &client()).await;
    let LogIn::PasswordChangeRequired(ticket) = run.show(begun.unwrap()) else {
        panic!("logged in with a temporary password");
    };
    let ticket = Token::parse(&ticket.reveal()).unwrap();
    run.token(&ticket);
    run.show(auth.replace_password(&ticket, &temporary, &client()).await.unwrap_err());
    let last = run.word("CanaryStandsAtTheEnd");
    let signed_in = run.show(auth.replace_password(&ticket, &last, &client()).await.unwrap());
    run.secrets.token(&signed_in.token.reveal());
    auth.logout(&signed_in.token, &client()).await.unwrap();
    run.show(house.post().await.iter().map(|letter| letter.id).collect::<Vec<_>>());
    run.show(house.operator.find_user(&admin.username).await.unwrap());
    let link = house.operator.because("test").danger_activation_link(admin.id).await;
    run.show(link.unwrap_err());
    builder(run);
}

/// What a host puts the library together with.
fn builder(run: &mut Run) {
    let mut hashing = Hashing::default();
    hashing.params = Params::danger_for_tests();
    run.secrets.kept("a key of the host's", &[0x5a; 32]);
    let key = run.show(SiteKey::from_bytes([0x5a; 32]));
    let site = Site::new("Acme CRM", "https://crm.example").unwrap();
    let store = portcullis::store::memory::MemoryStore::new();
    run.show((&hashing, &site, &store, Policy::crm()));
    let builder = Auth::builder(store).site(site).hashing(hashing).key(key);
    run.show(run_error(builder));
}

fn run_error(builder: portcullis::auth::Builder) -> (String, portcullis::auth::BuildError) {
    let shown = format!("{builder:?}");
    (shown, builder.build().unwrap_err())
}

/// The same by the doors, with requests that are wrong in every way a password can be near.
async fn doors(house: &House, run: &mut Run) {
    let service = run.show(Service::new(house.auth.clone()));
    let mut browser = Browser { service: service.clone(), cookies: BTreeMap::new() };
    let (right, wrong) = ("CanaryStandsAtTheEnd", "CanaryWrongAtTheDoor");
    run.secrets.typed(wrong);
    let api = "/auth/api/session";
    for body in [
        json!({"login": "ada.admin", "password": wrong}),
        json!({"login": wrong, "password": wrong}),
        json!({"login": "ada.admin", "password": wrong, "password_again": wrong}),
        json!({"login": "ada.admin", wrong: wrong}),
        json!({"login": "ada.admin", "password": [wrong]}),
        json!([wrong, wrong]),
        json!(wrong),
    ] {
        run.ask(&mut browser, ask("POST", api).json(&body)).await;
    }
    let broken = format!("{{\"login\":\"ada.admin\",\"password\":\"{wrong}");
    run.ask(&mut browser, ask("POST", api).body("application/json", broken)).await;
    for (path, fields) in [
        ("/auth/login", vec![("login", "ada.admin"), ("password", wrong)]),
        ("/auth/login", vec![("login", "ada.admin"), ("password", wrong), ("password", wrong)]),
        ("/auth/login", vec![("login", "ada.admin"), (wrong, wrong)]),
        ("/auth/forgot", vec![("email", wrong)]),
        ("/auth/reset", vec![("token", wrong), ("password", wrong)]),
    ] {
        run.ask(&mut browser, ask("POST", path).form(&fields)).await;
    }
    let nowhere = format!("/auth/{wrong}?password={wrong}");
    run.ask(&mut browser, ask("GET", &nowhere)).await;
    run.ask(&mut browser, ask("GET", api).with("authorization", &format!("Basic {wrong}"))).await;
    run.ask(&mut browser, ask("GET", api).bearer(wrong)).await;
    house.clock.turn(Duration::hours(2));
    let answer = run
        .ask(
            &mut browser,
            ask("POST", "/auth/login").form(&[("login", "ada.admin"), ("password", right)]),
        )
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(browser.is_in().await);
    let bodies = json!({"login": "ada.admin", "password": right, "transport": "bearer"});
    let answer = send(&service, ask("POST", api).json(&bodies)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    run.secrets.token(answer.json()["token"].as_str().unwrap());
    let answer = run.ask(&mut browser, ask("POST", "/auth/logout").form(&[])).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    // A name may be shown again to whoever typed it; what stood in a password field, never.
    assert!(!run.answers.contains(right), "a page repeats a password");
    for page in run.answers.split("</html>").filter(|page| page.contains(wrong)) {
        let others = page.replace(&format!("value=\"{wrong}\""), "");
        assert!(!others.contains(wrong) && page.contains("type=\"password\""), "{page}");
    }
}

/// What a store's own code sees: rows, and the records they are read as.
async fn rows(house: &House, run: &mut Run) {
    async fn each<R: Record + Debug>(
        house: &House,
        run: &mut Run,
        ordering: &str,
        equal: Vec<Value>,
    ) {
        let page = portcullis::store::Page::of(R::TABLE, ordering, equal, 100).unwrap();
        for row in run.show(house.store.page(&page).await.unwrap()) {
            run.show(R::from_row(&row).unwrap());
        }
    }
    each::<Account>(house, run, "all", vec![]).await;
    let accounts = portcullis::store::Page::of(&tables::ACCOUNTS, "all", vec![], 9).unwrap();
    for account in house.store.page(&accounts).await.unwrap() {
        let id = || vec![account.value(0).clone()];
        each::<User>(house, run, "of_account", id()).await;
        each::<Invitation>(house, run, "of_account", id()).await;
        each::<Event>(house, run, "of_account", id()).await;
    }
    each::<Intent>(house, run, "due", vec![]).await;
    let admin = portcullis::model::Username::parse("ada.admin").unwrap();
    let admin = house.operator.find_user(&admin).await.unwrap().unwrap().id;
    // One session more, so that one is there.
    let standing = house.login("ada.admin", "CanaryStandsAtTheEnd").await.token;
    run.secrets.token(&standing.reveal());
    let digest = Token::parse(&standing.reveal()).unwrap().digest(Purpose::Cookie);
    run.secrets.kept("a digest", digest.as_bytes());
    run.show(digest);
    let found = run.show(house.store.sessions(&[digest]).await.unwrap().remove(0));
    run.show(Session::from_row(&found.session).unwrap());
    let links = portcullis::store::Page::of(
        &tables::LINKS,
        "of_user",
        vec![Value::Bytes(admin.as_bytes().to_vec()), Value::Text("reset".to_owned())],
        9,
    );
    for row in house.store.page(&links.unwrap()).await.unwrap() {
        run.show(Link::from_row(&row).unwrap());
    }
    let row = house.store.get(&tables::CREDENTIALS, admin.as_bytes()).await.unwrap().unwrap();
    run.show(Credential::from_row(&row).unwrap());
    let (Value::Text(hash), Value::Bytes(key)) = (row.value(1), site_key(house).await) else {
        panic!("a hash is text");
    };
    run.secrets.kept("a hash", hash.rsplit('$').next().unwrap().as_bytes());
    run.secrets.kept("the site's key", &key);
}

async fn site_key(house: &House) -> Value {
    let row: Row = house.store.get(&tables::SETTINGS, b"site_key").await.unwrap().unwrap();
    row.value(1).clone()
}

/// Every byte of every file of a folder: the database, its log and its index.
fn bytes_of(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        all.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(all.len() > 4_096, "there is a database");
    all
}
