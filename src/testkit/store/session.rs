//! S6 and S8: reads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    race::race,
    sample::{at, commit, delete, found, get, insert, key, number, raise, replace, row, with},
};
use crate::{
    secret::Digest,
    store::{
        Page, Row, SessionRows, Store, StoreError, Table, Value,
        tables::{ACCOUNTS, BY_USERNAME, SESSIONS, USERS},
    },
};

/// Session `n` of user `n` of account `n`, with a stamp that is the version of both.
fn session(n: u64) -> Row {
    let session = with(&SESSIONS, row(&SESSIONS, n), "user", Value::Bytes(key(&USERS, n)));
    let session = with(&SESSIONS, session, "account", Value::Bytes(key(&ACCOUNTS, n)));
    with(&SESSIONS, session, "user_stamp", Value::Int(1))
}

fn digest(n: u64) -> Digest {
    Digest::from_bytes(key(&SESSIONS, n).try_into().unwrap())
}

/// The session with this digest, asked for alone.
async fn alone(store: &dyn Store, digest: Digest) -> Option<SessionRows> {
    let mut rows = found(store.sessions(&[digest]).await);
    assert!(rows.len() < 2, "one digest, and more than one session");
    rows.pop()
}

/// Sessions of this user, and their account, made.
async fn settle(store: &dyn Store, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let rows = [(&ACCOUNTS, row(&ACCOUNTS, n)), (&USERS, row(&USERS, n))];
        let rows = rows.into_iter().chain([(&SESSIONS, session(n))]);
        commit(store, rows.map(|(table, row)| insert(table, row)).collect()).await;
    }
}

/// That these are the rows of session `n`.
fn is(rows: &SessionRows, n: u64) {
    assert!(rows.session == session(n), "another session came");
    assert!(rows.user == row(&USERS, n), "another user came");
    assert!(rows.account == row(&ACCOUNTS, n), "another account came");
}

/// S8. A session is answered with the rows of its user and its account, and with no others.
///
/// # Panics
/// Where another row comes, or none.
pub async fn a_session_comes_with_its_user_and_account(store: Arc<dyn Store>) {
    let store = &*store;
    settle(store, 1..4).await;
    for n in 1..4 {
        is(&alone(store, digest(n)).await.expect("a session that stands"), n);
    }
    assert!(alone(store, digest(4)).await.is_none(), "a session nobody made");
    commit(store, vec![delete(&SESSIONS, 1)]).await;
    assert!(alone(store, digest(1)).await.is_none(), "a session that was deleted");
    commit(store, vec![delete(&USERS, 2)]).await;
    assert!(alone(store, digest(2)).await.is_none(), "a session without its user");
    commit(store, vec![delete(&ACCOUNTS, 3)]).await;
    assert!(alone(store, digest(3)).await.is_none(), "a session without its account");
}

/// S8. Of many digests asked for at once, in whatever order, those that have a session are
/// answered with it, once each, however often they are asked for; the others are left out.
///
/// # Panics
/// Where a session is missing, comes twice, or comes with somebody else's rows.
pub async fn sessions_asked_for_together_come_once_each(store: Arc<dyn Store>) {
    let store = &*store;
    settle(store, 1..100).await;
    commit(store, vec![delete(&SESSIONS, 7)]).await;
    commit(store, vec![delete(&USERS, 8)]).await;
    commit(store, vec![delete(&ACCOUNTS, 9)]).await;
    assert!(found(store.sessions(&[]).await).is_empty(), "sessions nobody asked for");
    // Sizes on both sides of whatever a store takes at once.
    for size in [2, 3, 4, 5, 31, 32, 33, 64, 65, 127, SessionRows::MOST as u64] {
        // 37 and 128 share no divisor: each number comes once, in no order.
        let numbers: Vec<_> = (0..size).map(|n| (n * 37 + 5) % 128).collect();
        let digests: Vec<_> = numbers.iter().map(|n| digest(*n)).collect();
        let rows = found(store.sessions(&digests).await);
        let stands = |n: &u64| (1..100).contains(n) && !(7..10).contains(n);
        let mut expected: Vec<_> = numbers.into_iter().filter(stands).collect();
        expected.sort_unstable();
        let mut came: Vec<_> =
            rows.iter().map(|rows| number(&SESSIONS, &rows.session, "created_at") as u64).collect();
        came.sort_unstable();
        assert_eq!(came, expected, "of {size} digests");
        for rows in &rows {
            is(rows, number(&SESSIONS, &rows.session, "created_at") as u64);
        }
    }
    for digests in [[1, 1, 1], [2, 1, 2]] {
        let distinct = if digests == [1, 1, 1] { 1 } else { 2 };
        let rows = found(store.sessions(&digests.map(digest)).await);
        assert_eq!(rows.len(), distinct, "sessions asked for again");
    }
}

/// S8. Digests that are nearly the same are not the same: they differ in one bit, in what would
/// be the case of a letter, or behind a zero.
///
/// # Panics
/// Where a session is answered to another digest.
pub async fn digests_that_look_alike_stay_apart(store: Arc<dyn Store>) {
    let store = &*store;
    let one = |place: usize, byte: u8| {
        let mut digest = *b"An opened door, and whose it is.";
        digest[place] = byte;
        Digest::from_bytes(digest)
    };
    let stands = one(0, b'A');
    let others = [one(0, b'a'), one(31, b' '), one(31, 0), one(16, 0), one(31, b'.' ^ 1)];
    let rows = vec![
        insert(&ACCOUNTS, row(&ACCOUNTS, 1)),
        insert(&USERS, row(&USERS, 1)),
        insert(&SESSIONS, with(&SESSIONS, session(1), "digest", bytes(&stands))),
        insert(&SESSIONS, with(&SESSIONS, session(2), "digest", bytes(&others[2]))),
    ];
    commit(store, rows).await;
    for other in others {
        let none = other != others[2];
        assert!(alone(store, other).await.is_none() || !none, "another digest opens a session");
        let rows = found(store.sessions(&[other, others[0]]).await);
        let all_asked_for = rows.iter().all(|rows| rows.session.key() == other.as_bytes());
        assert!(all_asked_for, "another digest opens a session");
    }
    let rows = found(store.sessions(&[others[0], stands, others[1]]).await);
    assert!(rows.len() == 1 && rows[0].session.key() == stands.as_bytes(), "its own does");
}

fn bytes(digest: &Digest) -> Value {
    Value::Bytes(digest.as_bytes().to_vec())
}

/// S8. More digests than [`SessionRows::MOST`] are refused, and not cut.
///
/// # Panics
/// Where they are answered.
pub async fn no_more_sessions_than_that_are_asked_for(store: Arc<dyn Store>) {
    let digests: Vec<_> = (0..=SessionRows::MOST as u64).map(digest).collect();
    let refused = matches!(store.sessions(&digests).await, Err(StoreError::Unsupported(_)));
    assert!(refused, "one digest too many was not refused as unsupported");
}

/// S8. While batches rewrite a session, its user and their account together, no answer shows one
/// of them before and another after: neither of one session nor of several.
///
/// # Panics
/// Where rows of two moments are answered.
pub async fn a_session_is_of_one_moment(store: Arc<dyn Store>) {
    settle(&*store, 1..4).await;
    let over = Arc::new(AtomicBool::new(false));
    race(5, |racer| {
        let (store, over) = (Arc::clone(&store), Arc::clone(&over));
        async move {
            if racer > 0 {
                let digests: Vec<_> = (1..4).map(digest).take(1 + racer % 2 * 2).collect();
                while !over.load(Ordering::SeqCst) {
                    let sessions = found(store.sessions(&digests).await);
                    assert_eq!(sessions.len(), digests.len(), "the sessions stand");
                    for rows in sessions {
                        let user = number(&USERS, &rows.user, Table::VERSION);
                        let account = number(&ACCOUNTS, &rows.account, Table::VERSION);
                        assert_eq!(user, account, "a user and an account of two moments");
                        let session = number(&SESSIONS, &rows.session, "user_stamp");
                        assert_eq!(session, user, "a session and its user of two moments");
                    }
                    tokio::task::yield_now().await;
                }
                return;
            }
            for (version, n) in (1..34).flat_map(|version| (1..4).map(move |n| (version, n))) {
                let account = replace(&ACCOUNTS, row(&ACCOUNTS, n), version);
                let user = replace(&USERS, row(&USERS, n), version);
                let session = raise(&SESSIONS, n, "user_stamp", version + 1);
                commit(&*store, vec![account, user, session]).await;
                tokio::task::yield_now().await;
            }
            over.store(true, Ordering::SeqCst);
        }
    })
    .await;
}

/// S6. Whatever is read after a commit was answered shows it: by key, by unique key, in a page
/// and in a session, from many tasks at once.
///
/// # Panics
/// Where a read shows what was before.
pub async fn a_read_after_a_commit_sees_it(store: Arc<dyn Store>) {
    race(16, |racer| {
        let store = Arc::clone(&store);
        async move { see(&*store, &*store, 1 + racer as u64).await }
    })
    .await;
}

/// S6. So do reads from another handle of the same database.
///
/// # Panics
/// Where another handle shows what was before.
pub async fn another_handle_sees_it_too(place: &dyn super::Place) {
    let (one, other) = (place.open().await, place.open().await);
    race(8, |racer| {
        let (one, other) = (Arc::clone(&one), Arc::clone(&other));
        async move {
            let n = 1 + racer as u64;
            if racer % 2 == 0 { see(&*one, &*other, n).await } else { see(&*other, &*one, n).await }
        }
    })
    .await;
}

/// Writes by one handle and reads by the other, again and again.
async fn see(writer: &dyn Store, reader: &dyn Store, n: u64) {
    let rows = vec![
        insert(&ACCOUNTS, row(&ACCOUNTS, n)),
        insert(&USERS, row(&USERS, n)),
        insert(&SESSIONS, session(n)),
    ];
    commit(writer, rows).await;
    for version in 1..12 {
        commit(writer, vec![replace(&USERS, row(&USERS, n), version)]).await;
        let is = |user: Option<&Row>, way: &str| {
            let seen = user.map(|user| number(&USERS, user, Table::VERSION));
            assert_eq!(seen, Some(version + 1), "what a read {way} sees after a commit");
        };
        is(get(reader, &USERS, n).await.as_ref(), "by key");
        let user = row(&USERS, n);
        let name = [at(&USERS, &user, "username_key").clone()];
        is(found(reader.find(&USERS, &BY_USERNAME, &name).await).as_ref(), "by unique key");
        let page = Page::of(&USERS, "of_account", vec![at(&USERS, &user, "account").clone()], 5);
        is(found(reader.page(&page.unwrap()).await).first(), "in a page");
        let session = alone(reader, digest(n)).await;
        is(session.map(|rows| rows.user).as_ref(), "in a session");
    }
    commit(writer, vec![delete(&SESSIONS, n)]).await;
    let gone = alone(reader, digest(n)).await.is_none();
    assert!(gone, "a session still opens after its log-out was answered");
}
