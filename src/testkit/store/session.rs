//! S6 and S8: reads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    race::race,
    sample::{at, commit, delete, found, get, insert, key, number, replace, row, with},
};
use crate::{
    secret::Digest,
    store::{
        Page, Row, Store, Table, Value,
        tables::{ACCOUNTS, BY_USERNAME, SESSIONS, USERS},
    },
};

/// Session `n` of user `n` of account `n`.
fn session(n: u64) -> Row {
    let session = with(&SESSIONS, row(&SESSIONS, n), "user", Value::Bytes(key(&USERS, n)));
    with(&SESSIONS, session, "account", Value::Bytes(key(&ACCOUNTS, n)))
}

fn digest(n: u64) -> Digest {
    Digest::from_bytes(key(&SESSIONS, n).try_into().unwrap())
}

/// S8. A session is answered with the rows of its user and its account, and with no others.
///
/// # Panics
/// Where another row comes, or none.
pub async fn a_session_comes_with_its_user_and_account(store: Arc<dyn Store>) {
    let store = &*store;
    for n in 1..4 {
        let rows = [(&ACCOUNTS, row(&ACCOUNTS, n)), (&USERS, row(&USERS, n))];
        let rows = rows.into_iter().chain([(&SESSIONS, session(n))]);
        commit(store, rows.map(|(table, row)| insert(table, row)).collect()).await;
    }
    for n in 1..4 {
        let rows = found(store.session(&digest(n)).await).expect("a session that stands");
        assert!(rows.session == session(n), "another session came");
        assert!(rows.user == row(&USERS, n), "another user came");
        assert!(rows.account == row(&ACCOUNTS, n), "another account came");
    }
    assert!(found(store.session(&digest(4)).await).is_none(), "a session nobody made");
    commit(store, vec![delete(&SESSIONS, 1)]).await;
    assert!(found(store.session(&digest(1)).await).is_none(), "a session that was deleted");
    commit(store, vec![delete(&USERS, 2)]).await;
    assert!(found(store.session(&digest(2)).await).is_none(), "a session without its user");
    commit(store, vec![delete(&ACCOUNTS, 3)]).await;
    assert!(found(store.session(&digest(3)).await).is_none(), "a session without its account");
}

/// S8. While batches rewrite a user and their account together, no answer shows the one before
/// and the other after.
///
/// # Panics
/// Where rows of two moments are answered.
pub async fn a_session_is_of_one_moment(store: Arc<dyn Store>) {
    let first = vec![
        insert(&ACCOUNTS, row(&ACCOUNTS, 1)),
        insert(&USERS, row(&USERS, 1)),
        insert(&SESSIONS, session(1)),
    ];
    commit(&*store, first).await;
    let over = Arc::new(AtomicBool::new(false));
    race(5, |racer| {
        let (store, over) = (Arc::clone(&store), Arc::clone(&over));
        async move {
            if racer > 0 {
                while !over.load(Ordering::SeqCst) {
                    let rows = found(store.session(&digest(1)).await).expect("the session stands");
                    let user = number(&USERS, &rows.user, Table::VERSION);
                    let account = number(&ACCOUNTS, &rows.account, Table::VERSION);
                    assert_eq!(user, account, "a user and an account of two moments");
                    tokio::task::yield_now().await;
                }
                return;
            }
            for version in 1..100 {
                let account = replace(&ACCOUNTS, row(&ACCOUNTS, 1), version);
                let user = replace(&USERS, row(&USERS, 1), version);
                commit(&*store, vec![account, user]).await;
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
        let session = found(reader.session(&digest(n)).await);
        is(session.map(|rows| rows.user).as_ref(), "in a session");
    }
    commit(writer, vec![delete(&SESSIONS, n)]).await;
    let gone = found(reader.session(&digest(n)).await).is_none();
    assert!(gone, "a session still opens after its log-out was answered");
}
