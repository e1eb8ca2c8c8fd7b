//! The rows of a crowd: copies of those of somebody who came in by the front door.
#![allow(unreachable_pub)] // a part of a bench

use std::{collections::BTreeSet, sync::Arc};

use portcullis::{
    clock::{Clock as _, SystemClock, to_micros},
    secret::{Purpose, Token},
    store::{Page, Row, Store, Table, Value, memory::MemoryStore, tables},
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::{Crowd, EXPIRED, EXPIRED_FROM, INVITED, Kind, arrival, digest, id, mix, secret};
use crate::site::{Town, auth, login, no_hashing};

/// What everybody has in the audit trail.
const EVENTS_EACH: u64 = 3;

/// Where a row belongs, and the row.
pub type Placed = (&'static Table, Row);

/// Makes the rows of a crowd.
pub struct Rows {
    crowd: Crowd,
    now: OffsetDateTime,
    account: Row,
    user: Row,
    credential: Row,
    activity: Row,
    session: Row,
    events: Vec<Row>,
}

impl Rows {
    pub async fn of(crowd: Crowd) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let town = Town::found(Arc::clone(&store), 1, no_hashing()).await;
        let auth = auth(Arc::clone(&store), no_hashing());
        let token = Token::parse(&login(&auth, 0).await.token.reveal()).expect("a token");
        let sessions = store.sessions(&[token.digest(Purpose::Cookie)]).await.expect("an answer");
        let session = sessions.into_iter().next().expect("a session");
        let key = town.users[0].as_bytes().as_slice();
        let get = async |table| store.get(table, key).await.expect("an answer").expect("a row");
        let subject = vec![Value::Bytes(key.to_vec())];
        let newest = Page::of(&tables::EVENTS, "of_subject", subject, EVENTS_EACH as u32);
        let newest = newest.expect("an ordering").descending();
        Self {
            crowd,
            now: SystemClock.now(),
            account: session.account,
            user: session.user,
            credential: get(&tables::CREDENTIALS).await,
            activity: get(&tables::ACTIVITY).await,
            session: session.session,
            events: store.page(&newest).await.expect("an answer"),
        }
    }

    /// All rows of a person, and of the company before its first.
    pub fn come(&self, n: u64, rows: &mut Vec<Placed>) {
        let company = self.crowd.company_of(n);
        let (user, account) = (Crowd::person(n), id(Kind::Company, company));
        if n == 0 || self.crowd.company_of(n - 1) != company {
            rows.push(copy(&tables::ACCOUNTS, &self.account, [("id", account.clone())]));
        }
        let (name, address) = (text(&Crowd::name(n)), text(&Crowd::address(n)));
        rows.extend(words(n, &account, &user));
        let invited = n % INVITED == INVITED - 1;
        let at = moment(arrival(n));
        let later = moment(self.now + Duration::days(14));
        rows.push(copy(
            &tables::USERS,
            &self.user,
            [
                ("id", user.clone()),
                ("account", account.clone()),
                ("username", name.clone()),
                ("username_key", name.clone()),
                ("look_alike", name.clone()),
                ("email", address.clone()),
                ("email_key", address.clone()),
                ("name", text(&Crowd::full_name(n))),
                ("proven_email", if invited { Value::Null } else { address }),
                ("status", text(if invited { "invited" } else { "active" })),
                ("created_at", at.clone()),
            ],
        ));
        for (event, row) in (0..).zip(&self.events) {
            rows.push(copy(
                &tables::EVENTS,
                row,
                [
                    ("id", id(Kind::Event, n * EVENTS_EACH + event)),
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
            rows.push((&tables::INVITATIONS, Row::new(row)));
            return;
        }
        let owner = [("user", user.clone())];
        rows.push(copy(&tables::CREDENTIALS, &self.credential, owner.clone()));
        rows.push(copy(&tables::ACTIVITY, &self.activity, owner));
        rows.push(copy(
            &tables::SESSIONS,
            &self.session,
            [
                ("digest", digest(&secret(n))),
                ("id", id(Kind::Session, n)),
                ("user", user),
                ("account", account),
                ("expires_at", later),
                ("remembered", Value::Int(1)),
            ],
        ));
    }

    /// A session that ended long ago, of somebody who is gone: other people's lists are not to
    /// be longer where fewer of them share these sessions.
    pub fn expired(&self, n: u64) -> Placed {
        let owner = self.crowd.people + mix(n) % EXPIRED;
        copy(
            &tables::SESSIONS,
            &self.session,
            [
                ("digest", digest(&secret(EXPIRED_FROM + n))),
                ("id", id(Kind::Expired, n)),
                ("user", Crowd::person(owner)),
                ("account", id(Kind::Company, self.crowd.company_of(owner))),
                ("expires_at", moment(arrival(n) + Duration::days(1))),
            ],
        )
    }
}

/// The words by whose beginning a person is found: those of name, username and address, and each
/// of the three as a whole.
fn words(n: u64, account: &Value, user: &Value) -> Vec<Placed> {
    let wholes = [Crowd::full_name(n), Crowd::name(n), Crowd::address(n)];
    let parts = wholes.iter().flat_map(|whole| whole.split([' ', '@', '.']));
    let words: BTreeSet<&str> = parts.chain(wholes.iter().map(String::as_str)).collect();
    let row = |word: &str| {
        let Value::Bytes(id) = user else { unreachable!("an id") };
        let key = Sha256::new().chain_update(id).chain_update(word).finalize();
        let key = Value::Bytes(key.to_vec());
        (&tables::USER_WORDS, Row::new(vec![key, account.clone(), text(word), user.clone()]))
    };
    words.into_iter().map(row).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn moment(at: OffsetDateTime) -> Value {
    Value::Int(to_micros(at))
}

fn copy<const N: usize>(
    table: &'static Table,
    row: &Row,
    other: [(&'static str, Value); N],
) -> Placed {
    let mut row = row.clone();
    for (column, value) in other {
        row.set(table.position(column).expect("a column"), value);
    }
    (table, row)
}
