//! A site of as many people as one likes. Everything about one of them follows from their number,
//! so nothing has to be kept to find them again.
#![allow(dead_code, unreachable_pub)] // each bench uses its part

use std::{collections::BTreeSet, sync::Arc};

use portcullis::{
    auth::SessionToken,
    clock::{Clock as _, SystemClock, to_micros},
    entropy::{Entropy, EntropyError, SystemEntropy},
    id::{BatchId, UserId},
    secret::{Purpose, Token},
    store::{Batch, Change, Page, Row, Store, Table, Value, tables},
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

use super::{
    progress::Progress,
    site::{Town, auth, login, no_hashing},
};

/// How many people a company has, but for the first.
const COMPANY: u64 = 100;
/// The first company's, unless the site is too small for it.
const BIG_COMPANY: u64 = 100_000;
/// One in so many is invited and has not come yet.
const INVITED: u64 = 25;
/// What everybody has in the audit trail.
const EVENTS_EACH: u64 = 3;
/// Sessions that ended a month ago, on a site of any size: what is there to be purged.
pub const EXPIRED: u64 = 40_000;
/// Batches on their way to the store at once.
const AT_ONCE: usize = 8;

const SYLLABLES: [&str; 16] = [
    "ba", "de", "fi", "go", "ha", "je", "ki", "lo", "ma", "ne", "pi", "ro", "sa", "te", "vi", "zo",
];

/// A number that looks like any other.
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Bytes that follow from a number.
struct Dice(u64);

impl Entropy for Dice {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for (n, part) in (0..).zip(buffer.chunks_mut(8)) {
            let bytes = mix(mix(self.0) ^ n).to_be_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        Ok(())
    }
}

pub struct Crowd {
    pub people: u64,
    /// How many of them the first company has.
    big: u64,
    /// When the first of them came; the others did a millisecond after each other.
    since: OffsetDateTime,
}

impl Crowd {
    /// Those who are there, and not only invited.
    pub fn active(&self, n: u64) -> u64 {
        let n = n % self.people;
        n - n % INVITED + mix(n) % (INVITED - 1)
    }

    /// The first of a company, its administrator; of a small one.
    pub fn administrator(&self, n: u64) -> u64 {
        let n = self.big + n % (self.people - self.big);
        n - (n - self.big) % COMPANY
    }

    pub fn name(n: u64) -> String {
        format!("u{:016x}", mix(n))
    }

    /// A first name and a last name. Some share one of them, few both.
    pub fn full_name(n: u64) -> String {
        let mut left = mix(!n);
        let mut syllables = |count| {
            let mut word = String::new();
            for _ in 0..count {
                word.push_str(SYLLABLES[(left % 16) as usize]);
                left /= 16;
            }
            word
        };
        let (first, last) = (syllables(2), syllables(3));
        format!("{first} {last}")
    }

    pub fn address(n: u64) -> String {
        format!("{}@acme.example", Self::name(n))
    }

    /// What the person's browser keeps.
    pub fn token(n: u64) -> SessionToken {
        SessionToken::cookie(&secret(n).reveal()).expect("a token")
    }

    pub fn big_company(&self) -> Value {
        self.id(Kind::Company, 0)
    }

    pub fn person(&self, n: u64) -> Value {
        self.id(Kind::Person, n)
    }

    /// Whether nothing is left to be purged: what expired last goes last.
    pub async fn is_purged(store: &dyn Store) -> bool {
        let Value::Bytes(last) = digest(&secret(Self::EXPIRED_FROM + EXPIRED - 1)) else {
            return false;
        };
        store.get(&tables::SESSIONS, &last).await.expect("an answer").is_none()
    }

    /// The numbers of expired sessions begin behind those of everybody.
    const EXPIRED_FROM: u64 = 1 << 40;

    fn company_of(&self, n: u64) -> u64 {
        if n < self.big { 0 } else { 1 + (n - self.big) / COMPANY }
    }

    /// Ids as the library draws them: in the order of time, then by chance.
    fn id(&self, kind: Kind, n: u64) -> Value {
        let at = self.since + Duration::milliseconds(n.cast_signed());
        let id = UserId::draw(at, &Dice(mix(n) ^ kind as u64)).expect("dice never fail");
        Value::Bytes(id.as_bytes().to_vec())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Company,
    Person,
    Session,
    Event,
    Expired,
}

fn secret(n: u64) -> Token {
    Token::draw(&Dice(!n)).expect("dice never fail")
}

fn digest(token: &Token) -> Value {
    Value::Bytes(token.digest(Purpose::Cookie).as_bytes().to_vec())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Rows as the library writes them, to be copied.
struct Rows {
    account: Row,
    user: Row,
    credential: Row,
    activity: Row,
    session: Row,
    events: Vec<Row>,
}

impl Rows {
    /// Those of somebody who came in by the front door.
    async fn of_a_newcomer(store: &Arc<dyn Store>) -> Self {
        let town = Town::found(Arc::clone(store), 1, no_hashing()).await;
        let auth = auth(Arc::clone(store), no_hashing());
        let token = Token::parse(&login(&auth, 0).await.token.reveal()).expect("a token");
        let sessions = store.sessions(&[token.digest(Purpose::Cookie)]).await.expect("an answer");
        let session = sessions.into_iter().next().expect("a session");
        let key = town.users[0].as_bytes().as_slice();
        let get = async |table| store.get(table, key).await.expect("an answer").expect("a row");
        let subject = vec![Value::Bytes(key.to_vec())];
        let newest = Page::of(&tables::EVENTS, "of_subject", subject, EVENTS_EACH as u32);
        let newest = newest.expect("an ordering").descending();
        Self {
            account: session.account,
            user: session.user,
            credential: get(&tables::CREDENTIALS).await,
            activity: get(&tables::ACTIVITY).await,
            session: session.session,
            events: store.page(&newest).await.expect("an answer"),
        }
    }
}

fn copy<const N: usize>(table: &'static Table, row: &Row, other: [(&str, Value); N]) -> Change {
    let mut row = row.clone();
    for (column, value) in other {
        row.set(table.position(column).expect("a column"), value);
    }
    Change::Insert { table, row }
}

/// Fills an empty store.
pub async fn fill(store: &Arc<dyn Store>, people: u64, what: String) -> Crowd {
    let now = SystemClock.now();
    let since = now - Duration::days(365);
    let crowd = Crowd { people, big: BIG_COMPANY.min(people / 2), since };
    let rows = Rows::of_a_newcomer(store).await;
    let (mut changes, mut sending) = (Vec::new(), JoinSet::new());
    let mut progress = Progress::of(what, people + EXPIRED / 10);
    let mut company = None;
    for n in 0..people {
        if company != Some(crowd.company_of(n)) {
            company = Some(crowd.company_of(n));
            changes.push(crowd.company(&rows, n));
        }
        crowd.come(&rows, n, now, &mut changes);
        send(store, &mut changes, &mut sending, 20).await;
        progress.at(n);
    }
    for n in 0..EXPIRED {
        changes.push(crowd.expired(&rows, n));
        send(store, &mut changes, &mut sending, 20).await;
        progress.at(people + n / 10);
    }
    send(store, &mut changes, &mut sending, Batch::MAX_CHANGES).await;
    while let Some(sent) = sending.join_next().await {
        sent.expect("no panic");
    }
    progress.at(people + EXPIRED / 10);
    crowd
}

/// Sends the changes where there is no room for so many more.
async fn send(
    store: &Arc<dyn Store>,
    changes: &mut Vec<Change>,
    sending: &mut JoinSet<()>,
    more: usize,
) {
    if changes.len() + more <= Batch::MAX_CHANGES {
        return;
    }
    if sending.len() >= AT_ONCE {
        sending.join_next().await.expect("one of them").expect("no panic");
    }
    let (store, changes) = (Arc::clone(store), std::mem::take(changes));
    sending.spawn(async move {
        let now = SystemClock.now();
        let id = BatchId::draw(now, &SystemEntropy).expect("randomness");
        let batch = Batch::new(id, now, changes);
        store.commit(&batch).await.expect("rows nobody else has");
    });
}

impl Crowd {
    fn company(&self, rows: &Rows, n: u64) -> Change {
        let id = self.id(Kind::Company, self.company_of(n));
        copy(&tables::ACCOUNTS, &rows.account, [("id", id)])
    }

    /// All rows of a person.
    fn come(&self, rows: &Rows, n: u64, now: OffsetDateTime, changes: &mut Vec<Change>) {
        let (user, account) = (self.person(n), self.id(Kind::Company, self.company_of(n)));
        let (name, address) = (text(&Self::name(n)), text(&Self::address(n)));
        changes.extend(self.words(n, &account, &user));
        let invited = n % INVITED == INVITED - 1;
        let at = Value::Int(to_micros(self.since + Duration::milliseconds(n.cast_signed())));
        let later = Value::Int(to_micros(now + Duration::days(14)));
        changes.push(copy(
            &tables::USERS,
            &rows.user,
            [
                ("id", user.clone()),
                ("account", account.clone()),
                ("username", name.clone()),
                ("username_key", name.clone()),
                ("look_alike", name.clone()),
                ("email", address.clone()),
                ("email_key", address.clone()),
                ("name", text(&Self::full_name(n))),
                ("proven_email", if invited { Value::Null } else { address }),
                ("status", text(if invited { "invited" } else { "active" })),
                ("created_at", at.clone()),
            ],
        ));
        for (event, row) in (0..).zip(&rows.events) {
            changes.push(copy(
                &tables::EVENTS,
                row,
                [
                    ("id", self.id(Kind::Event, n * EVENTS_EACH + event)),
                    ("at", at.clone()),
                    ("account", account.clone()),
                    ("actor_id", user.clone()),
                    ("subject", user.clone()),
                    ("subject_name", name.clone()),
                ],
            ));
        }
        if invited {
            let row = vec![user, account, text("Ada Admin"), at, later, Value::Int(1)];
            changes.push(Change::Insert { table: &tables::INVITATIONS, row: Row::new(row) });
            return;
        }
        let owner = [("user", user.clone())];
        changes.push(copy(&tables::CREDENTIALS, &rows.credential, owner.clone()));
        changes.push(copy(&tables::ACTIVITY, &rows.activity, owner));
        changes.push(copy(
            &tables::SESSIONS,
            &rows.session,
            [
                ("digest", digest(&secret(n))),
                ("id", self.id(Kind::Session, n)),
                ("user", user),
                ("account", account),
                ("expires_at", later),
                ("remembered", Value::Int(1)),
            ],
        ));
    }

    /// The words by whose beginning a person is found: those of name, username and address, and
    /// each of the three as a whole.
    fn words(&self, n: u64, account: &Value, user: &Value) -> Vec<Change> {
        let wholes = [Self::full_name(n), Self::name(n), Self::address(n)];
        let parts = wholes.iter().flat_map(|whole| whole.split([' ', '@', '.']));
        let words: BTreeSet<&str> = parts.chain(wholes.iter().map(String::as_str)).collect();
        let row = |word: &str| {
            let Value::Bytes(id) = user else { unreachable!("an id") };
            let key = Sha256::new().chain_update(id).chain_update(word).finalize();
            let key = Value::Bytes(key.to_vec());
            let row = Row::new(vec![key, account.clone(), text(word), user.clone()]);
            Change::Insert { table: &tables::USER_WORDS, row }
        };
        words.into_iter().map(row).collect()
    }

    /// A session that ended long ago, of somebody who is gone: other people's lists are not to
    /// be longer where fewer of them share these sessions.
    fn expired(&self, rows: &Rows, n: u64) -> Change {
        let ended = self.since + Duration::days(300) + Duration::milliseconds(n.cast_signed());
        let owner = self.people + mix(n) % EXPIRED;
        copy(
            &tables::SESSIONS,
            &rows.session,
            [
                ("digest", digest(&secret(Self::EXPIRED_FROM + n))),
                ("id", self.id(Kind::Expired, n)),
                ("user", self.person(owner)),
                ("account", self.id(Kind::Company, self.company_of(owner))),
                ("expires_at", Value::Int(to_micros(ended))),
            ],
        )
    }
}
