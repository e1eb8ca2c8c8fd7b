//! What the processes do.

use std::{
    net::Ipv6Addr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use portcullis::{
    auth::{Auth, Credentials, NewAccount, NewUser, Operator, SessionToken},
    entropy::{Entropy as _, SystemEntropy},
    error::Result,
    hash::{Hashing, Params},
    mail::{Letter, MailError, Mailer},
    model::{Client, Plan, Username},
    policy::Policy,
    secret::{Password, Token},
    site::Site,
};

use crate::{company, history::History, place::Place};

/// The file that ends the race.
pub(crate) const STOP: &str = "stop";

/// How many people there are: few, so that they meet.
pub(crate) const PEOPLE: usize = 8;

/// How many acts a process has in hand at once.
const AT_ONCE: usize = 3;

/// How long a link of the race lives: so short that some expire in it and are purged, and some of
/// those while somebody opens them.
const LINK: time::Duration = time::Duration::seconds(5);

/// How many rows of a table a purge may delete: few, so that there is one to purge the next time.
const PURGED: u32 = 20;

pub(crate) const FIRST: &str = "seven green lanterns swing";

pub(crate) fn name(user: usize) -> String {
    format!("person{user}")
}

/// What people log in with: their usernames change.
pub(crate) fn address(user: usize) -> String {
    format!("{}@acme.example", name(user))
}

/// The usernames people take from each other: fewer than there are people.
pub(crate) const NICKS: u64 = 5;

/// Puts the link of a letter where every process finds it.
struct Post(PathBuf);

#[async_trait::async_trait]
impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> std::result::Result<(), MailError> {
        let (_, rest) = letter.text.split_once("?token=").unwrap_or_default();
        let token: String = rest.chars().take(Token::LENGTH).collect();
        if !token.is_empty() {
            let to = letter.to.as_str().split('@').next().unwrap();
            keep(&self.0.join("links").join(to), &token);
        }
        Ok(())
    }
}

/// Writes a file so that nobody reads half of it.
fn keep(path: &Path, text: &str) {
    let made = path.with_extension(number(u64::MAX).to_string());
    std::fs::write(&made, text).unwrap();
    std::fs::rename(made, path).unwrap();
}

/// A number below this one.
pub(crate) fn number(below: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}

/// Nobody waits here for a limit; each act comes from an address of its own.
fn policy() -> Policy {
    let mut policy = Policy::crm();
    let limits = &mut policy.limits;
    limits.free_failures = 100;
    limits.first_wait = time::Duration::MICROSECOND;
    limits.longest_wait = time::Duration::MICROSECOND;
    limits.log_ins_per_name = 1_000_000;
    limits.letters_per_mailbox = 1_000_000;
    limits.invitations_per_day = 1_000_000;
    limits.renames_per_day = 1_000_000;
    limits.renames_per_month = 1_000_000;
    limits.mailbox_pause = time::Duration::SECOND;
    policy
}

/// Each time from another network, so that none is tired of it, and from an address nothing else
/// comes from.
pub(crate) fn client() -> Client {
    let halves = [number(u64::MAX), number(u64::MAX)].map(u128::from);
    let address = Ipv6Addr::from(halves[0] << 64 | halves[1]);
    Client::new(Some(address.into()), "a process")
}

pub(crate) async fn open(folder: &Path, place: &Place) -> (Auth, Operator) {
    open_with(folder, place, time::Duration::HOUR).await
}

async fn open_with(folder: &Path, place: &Place, link: time::Duration) -> (Auth, Operator) {
    let mut policy = policy();
    policy.lifetimes.reset_link = link;
    let mut hashing = Hashing::default();
    hashing.params = Params::danger_for_tests();
    Auth::builder(place.open().await)
        .site(Site::new("Acme CRM", "https://crm.example").unwrap())
        .mailer(Post(folder.to_owned()))
        .policy(policy)
        .hashing(hashing)
        .build()
        .unwrap()
}

/// Makes the folder and the people.
pub(crate) async fn invite(folder: &Path, place: &Place) {
    for made in ["history", "kills", "links", "passwords"] {
        std::fs::create_dir(folder.join(made)).unwrap();
    }
    let (auth, operator) = open(folder, place).await;
    company::open(folder, &auth, &operator).await;
    let acting = operator.because("test");
    let account = NewAccount::new("Acme", Plan::TRIAL).unwrap().seats(50);
    let person = |user| {
        let (name, role) = (name(user), if user == 0 { "administrator" } else { "salesperson" });
        NewUser::parse(&name, &address(user), "Some Body", role).unwrap()
    };
    let opened = acting.open_account(&account, &person(0)).await.unwrap();
    let mut people = vec![opened.administrator];
    for user in 1..PEOPLE {
        people.push(acting.invite(opened.account.id, &person(user)).await.unwrap());
    }
    while auth.work(100).await.unwrap() > 0 {}
    let word = Password::new(FIRST).unwrap();
    for person in people {
        let path = folder.join("links").join(person.username.as_str());
        let token = Token::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        auth.activate(&token, &word, &client()).await.unwrap();
        keep(&folder.join("passwords").join(person.username.as_str()), FIRST);
        std::fs::remove_file(path).unwrap();
    }
}

/// One process and what it shares with the others.
pub(crate) struct Racer {
    pub(crate) auth: Auth,
    history: History,
    folder: PathBuf,
}

/// Does things until it is told to stop, or killed.
pub(crate) async fn race(folder: &Path, place: &Place) {
    let (auth, _) = open_with(folder, place, LINK).await;
    let history = History::new(folder, &format!("{}-{}", std::process::id(), number(u64::MAX)));
    let racer = Arc::new(Racer { auth, history, folder: folder.to_owned() });
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let racer = Arc::clone(&racer);
        tasks.spawn(async move {
            while !racer.folder.join(STOP).exists() {
                racer.act().await;
            }
        });
    }
    let posting = Arc::clone(&racer);
    tasks.spawn(async move {
        while !posting.folder.join(STOP).exists() {
            posting.work().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let purging = Arc::clone(&racer);
    tasks.spawn(async move {
        while !purging.folder.join(STOP).exists() {
            purging.purge().await;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    });
    tasks.join_all().await;
}

impl Racer {
    /// Does this, and writes down what came of it.
    pub(crate) async fn tell(
        &self,
        what: (&str, usize, &str, &str, &str),
        here: &Client,
        does: impl Future<Output = Result<String>>,
    ) -> Option<String> {
        let op = self.history.begin(what, &here.address.unwrap().to_string());
        let answer = does.await;
        self.history.end(op, &answer);
        answer.ok()
    }

    /// The answer of what comes before an act, or beside all acts. Where it is an error, that is
    /// written down as if it were an act of its own.
    pub(crate) fn beside<T>(&self, what: &str, answer: Result<T>) -> Option<T> {
        let error = match answer {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let here = client().address.unwrap().to_string();
        let op = self.history.begin((what, company::COMPANY, "", "", ""), &here);
        self.history.end(op, &Err(error));
        None
    }

    /// Does what nobody waits for.
    async fn work(&self) {
        self.beside("work", self.auth.work(20).await);
    }

    /// Deletes what has expired.
    async fn purge(&self) {
        let here = client();
        let does = async { self.auth.purge(PURGED).await.map(|gone| gone.to_string()) };
        self.tell(("purge", company::COMPANY, "", "", ""), &here, does).await;
    }

    /// The password that was the last to be acknowledged, as far as anybody knows.
    fn password(&self, user: usize) -> String {
        std::fs::read_to_string(self.folder.join("passwords").join(name(user))).unwrap()
    }

    fn knows(&self, user: usize, password: &str) {
        keep(&self.folder.join("passwords").join(name(user)), password);
    }

    async fn act(&self) {
        let user = usize::try_from(number(PEOPLE as u64)).unwrap();
        if number(3) == 0 {
            return company::act(self).await;
        }
        match number(12) {
            0 | 1 => self.reset(user).await,
            2..=4 => self.change(user).await,
            5 => self.end(user, "end_others").await,
            6 => self.end(user, "log_out").await,
            7 | 8 => self.rename(user).await,
            _ => drop(self.log_in(user).await),
        }
    }

    async fn log_in(&self, user: usize) -> Option<(SessionToken, String)> {
        let (word, here) = (self.password(user), client());
        let does = async {
            let word = Password::new(word.as_str()).unwrap();
            let credentials = Credentials::new(&address(user), word);
            let signed_in = self.auth.login(credentials, &here).await?.signed_in()?;
            Ok(signed_in.token.reveal().to_string())
        };
        let token = self.tell(("log_in", user, &word, "", ""), &here, does).await?;
        Some((SessionToken::cookie(&token).unwrap(), word))
    }

    async fn change(&self, user: usize) {
        let Some((token, word)) = self.log_in(user).await else { return };
        let me = self.auth.identify(&token).await;
        let Some(me) = self.beside("identify", me) else { return };
        let new = format!("{:x} quiet rivers carry stones", number(u64::MAX));
        let here = client();
        let does = async {
            let words = [word.as_str(), new.as_str()].map(|word| Password::new(word).unwrap());
            let [current, chosen] = words;
            let mine = self.auth.my_account(&me);
            let again = mine.change_password(&current, &chosen, &here).await?;
            Ok(again.token.reveal().to_string())
        };
        let by = token.reveal();
        if self.tell(("change", user, &word, &new, &by), &here, does).await.is_some() {
            self.knows(user, &new);
        }
    }

    /// Takes another username, which somebody else may want, have or have had.
    async fn rename(&self, user: usize) {
        let Some((token, word)) = self.log_in(user).await else { return };
        let me = self.auth.identify(&token).await;
        let Some(me) = self.beside("identify", me) else { return };
        let (new, here) = (format!("nick{}", number(NICKS)), client());
        let does = async {
            let (word, name) = (Password::new(&*word).unwrap(), Username::parse(&new).unwrap());
            let mine = self.auth.my_account(&me);
            mine.change_username(&word, &name, &here).await.map(|()| String::new())
        };
        let by = token.reveal();
        self.tell(("nick", user, &word, &new, &by), &here, does).await;
    }

    async fn reset(&self, user: usize) {
        let (address, asking) = (address(user), client());
        let newest = || std::fs::read_to_string(self.folder.join("links").join(name(user))).ok();
        let before = newest();
        let forgot =
            async { self.auth.forgot_password(&address, &asking).await.map(|()| String::new()) };
        self.tell(("forgot", user, "", "", ""), &asking, forgot).await;
        // The newest link, which others go for as well.
        for _ in 0..40 {
            if newest() != before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let Some(link) = newest() else { return };
        let new = format!("{:x} seven grey herons at noon", number(u64::MAX));
        let here = client();
        let does = async {
            let (link, chosen) = (Token::parse(&link).unwrap(), Password::new(&*new).unwrap());
            self.auth.reset_password(&link, &chosen, &here).await.map(|()| String::new())
        };
        if self.tell(("reset", user, "", &new, &link), &here, does).await.is_some() {
            self.knows(user, &new);
        }
    }

    async fn end(&self, user: usize, kind: &str) {
        let Some((token, word)) = self.log_in(user).await else { return };
        let me = self.auth.identify(&token).await;
        let Some(me) = self.beside("identify", me) else { return };
        let here = client();
        let does = async {
            if kind == "log_out" {
                self.auth.logout(&token, &here).await?;
            } else {
                self.auth.my_account(&me).end_other_sessions(&here).await?;
            }
            Ok(String::new())
        };
        let by = token.reveal();
        self.tell((kind, user, &word, "", &by), &here, does).await;
    }
}
