//! Session checks that happen at the same moment share a read, and nobody notices but the store.

#[path = "support/held.rs"]
mod held;
#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::sync::Arc;

use futures_util::future::{join, join_all, poll_immediate};
use held::Held;
use house::*;
use portcullis::{
    auth::{SessionToken, SignedIn},
    entropy::SystemEntropy,
    id::BatchId,
    policy::Policy,
    store::{
        Batch, Change, Page, Value,
        memory::MemoryStore,
        tables::{EVENTS, SESSION_BY_ID, SESSIONS},
    },
};
use time::Duration;

on_every_store! {
    many_checks_at_once_tell_each_who_they_are
    many_touches_in_one_batch_lift_each_to_its_own_and_lower_none
}

/// Of more sessions than one statement is about, some of which were seen later than it says, and
/// some of which are gone.
async fn many_touches_in_one_batch_lift_each_to_its_own_and_lower_none(house: House) {
    house.furnished().await;
    let mut sessions = Vec::new();
    for n in 0..50_i64 {
        let signed = house.login("admin", GOOD).await;
        let id = Value::Bytes(signed.identity.session().id.as_bytes().to_vec());
        let row = house.store.find(&SESSIONS, &SESSION_BY_ID, &[id]).await.unwrap().unwrap();
        if n % 7 == 3 {
            house.auth.logout(&signed.token, &client()).await.unwrap();
        }
        sessions.push((row.key().to_vec(), n));
    }
    let at = SESSIONS.position("last_seen_at").unwrap();
    let now = house.store.get(&SESSIONS, &sessions[0].0).await.unwrap().unwrap();
    let Value::Int(now) = *now.value(at) else { panic!("a moment") };
    let raise = |(key, n): &(Vec<u8>, i64)| Change::Raise {
        table: &SESSIONS,
        key: key.clone(),
        column: "last_seen_at",
        to: now + (n - 10) * 1_000_000,
    };
    let at_moment = time::OffsetDateTime::UNIX_EPOCH;
    let id = BatchId::draw(at_moment, &SystemEntropy).unwrap();
    let changes = sessions.iter().map(raise).collect();
    house.store.commit(&Batch::new(id, at_moment, changes)).await.unwrap();
    for (key, n) in &sessions {
        let found = house.store.get(&SESSIONS, key).await.unwrap();
        let seen = found.map(|row| row.value(at).clone());
        let expected = (n % 7 != 3).then(|| Value::Int(now + (n - 10).max(0) * 1_000_000));
        assert_eq!(seen, expected, "{n}");
    }
}

/// More at once than one read asks for, of people who stand, of one who has logged out, and with
/// tokens nobody has.
async fn many_checks_at_once_tell_each_who_they_are(house: House) {
    house.furnished().await;
    let mut people = Vec::new();
    for name in ["ben", "cleo", "dora", "emil", "fay"] {
        let user = house.employee(name, "salesperson").await;
        for _ in 0..3 {
            let token = house.login(name, GOOD).await.token;
            people.push((Some(user.id), token));
        }
    }
    let gone = house.login("ben", GOOD).await.token;
    house.auth.logout(&gone, &client()).await.unwrap();
    people.push((None, gone));
    let made_up = "A".repeat(43);
    people.push((None, SessionToken::cookie(&made_up).unwrap()));
    let (auth, people) = (&house.auth, &people);
    for _ in 0..5 {
        let checks = (0..300).map(|n| {
            let (user, token) = &people[n * 7 % people.len()];
            async move {
                let me = auth.identify(token).await;
                assert_eq!(me.as_ref().ok().map(|me| me.user().id), *user);
                assert_eq!(kind(me), if user.is_some() { "ok" } else { "unauthenticated" });
            }
        });
        join_all(checks).await;
    }
}

#[tokio::test]
async fn a_log_out_is_seen_by_whoever_checks_after_it_whatever_is_under_way() {
    let store = Held::new(MemoryStore::new());
    let house = House::new(store.clone());
    house.furnished().await;
    let token = house.login("admin", GOOD).await.token;
    // Checks that read the session while it stands, and whose answers are on their way.
    store.hold(true);
    let mut before: Vec<_> = (0..20).map(|_| Box::pin(house.auth.identify(&token))).collect();
    for check in &mut before {
        assert!(poll_immediate(check).await.is_none(), "held back");
    }
    // The log-out, which reads for itself, is answered before the next checks come.
    store.hold(false);
    house.auth.logout(&token, &client()).await.unwrap();
    let mut after: Vec<_> = (0..20).map(|_| Box::pin(house.auth.identify(&token))).collect();
    for check in &mut after {
        assert!(poll_immediate(check).await.is_none(), "answered by what is under way");
    }
    store.release();
    // All of them together: who is not polled holds up others.
    let (before, after) = join(join_all(before), join_all(after)).await;
    for answer in after {
        assert_eq!(kind(answer), "unauthenticated");
    }
    let answers: Vec<_> = before.into_iter().map(kind).collect();
    assert!(answers.contains(&"ok"), "those who had asked before were signed in then");
}

/// "Last seen" is written for 512 sessions at a time, by whoever flushes, and for none that was
/// written less than a minute ago.
#[tokio::test]
async fn a_flush_is_one_commit_for_512_sessions_and_none_within_a_minute() {
    let store = Held::new(MemoryStore::new());
    let house = House::new(store.clone());
    house.furnished().await;
    let mut tokens = Vec::new();
    for _ in 0..513 {
        tokens.push(house.login("admin", GOOD).await.token);
    }
    let (auth, store) = (&house.auth, &store);
    let seen = async |tokens: &[SessionToken]| {
        let before = store.commits();
        for token in tokens {
            for _ in 0..2 {
                auth.identify(token).await.unwrap();
            }
        }
        assert_eq!(store.commits(), before, "a check writes nothing where somebody flushes");
        auth.flush_activity().await.unwrap();
        store.commits() - before
    };
    assert_eq!(seen(&tokens).await, 0, "they have only just logged in");
    house.clock.turn(Duration::seconds(61));
    assert_eq!(seen(&tokens[..512]).await, 1);
    house.clock.turn(Duration::seconds(59));
    assert_eq!(seen(&tokens[..512]).await, 0, "within a minute");
    house.clock.turn(Duration::seconds(2));
    assert_eq!(seen(&tokens).await, 2, "one more than a batch holds");
    assert_eq!(seen(&tokens).await, 0);
}

/// Sessions seen while the store writes nothing, or whose flush was dropped, do not look idle for
/// it later; and not every check asks such a store again.
#[tokio::test]
async fn what_a_flush_did_not_write_waits_for_the_next() {
    let store = Held::new(MemoryStore::new());
    let house = House::new(store.clone());
    house.furnished().await;
    let token = house.login("admin", GOOD).await.token;
    let mut others = Vec::new();
    for _ in 0..9 {
        others.push(house.login("admin", GOOD).await.token);
    }
    let auth = &house.auth;
    house.clock.turn(Duration::seconds(61));
    auth.identify(&token).await.unwrap();

    store.hold_commits(true);
    assert!(poll_immediate(Box::pin(auth.flush_activity())).await.is_none());
    store.hold_commits(false);
    store.fail_commits(true);
    auth.flush_activity().await.unwrap_err();
    house.clock.turn(Duration::seconds(121));
    let before = store.commits();
    for token in &others {
        auth.identify(token).await.unwrap();
    }
    assert_eq!(store.commits() - before, 2, "one flush, sent twice");
    store.fail_commits(false);
    // A row that is locked fails this flush; what was seen waits for the next.
    store.conflict(true);
    assert_eq!(auth.flush_activity().await.unwrap_err().kind(), "busy");
    store.conflict(false);

    let before = store.commits();
    auth.flush_activity().await.unwrap();
    auth.flush_activity().await.unwrap();
    assert_eq!(store.commits() - before, 1);
    house.clock.turn(Duration::minutes(29));
    auth.identify(&others[0]).await.unwrap();
}

/// What this process saw counts before it is written, for whoever asks: the next check, the
/// person's own acts, the list of sessions, a limit on them, the audit trail.
#[tokio::test]
async fn a_session_in_use_is_not_idle_for_want_of_a_flush() {
    let store = Held::new(MemoryStore::new());
    let mut policy = Policy::crm();
    policy.limits.sessions_per_user = Some(2);
    let house = House::with_policy(store.clone(), policy);
    let admin = house.furnished().await;
    let auth = &house.auth;
    let stands = async |token: &SessionToken| auth.identify(token).await.is_ok();
    let first = house.login("admin", GOOD).await;
    house.clock.turn(Duration::SECOND);
    let second = house.login("admin", GOOD).await;
    house.clock.turn(Duration::minutes(22));
    let before = store.commits();
    assert!(stands(&first.token).await && stands(&second.token).await);
    assert_eq!(store.commits(), before, "nobody has written that they were seen");
    house.clock.turn(Duration::minutes(11));

    // Nor while a flush is on its way, or was dropped, or came to nothing.
    store.hold_commits(true);
    let mut flush = Box::pin(auth.flush_activity());
    assert!(poll_immediate(&mut flush).await.is_none());
    assert!(stands(&first.token).await, "while it is written");
    drop(flush);
    store.hold_commits(false);
    store.fail_commits(true);
    auth.flush_activity().await.unwrap_err();
    let me = auth.identify(&first.token).await.unwrap();
    let listed = auth.my_account(&me).sessions().await.unwrap();
    assert_eq!(listed.len(), 2, "both are shown");
    store.fail_commits(false);

    // Two are allowed, so the oldest goes.
    let third = house.login("admin", GOOD).await;
    assert!(!stands(&first.token).await && stands(&second.token).await);
    // Acts by one that its row calls idle. A sight does not revive what they end.
    let me = auth.identify(&second.token).await.unwrap();
    auth.my_account(&me).end_other_sessions(&client()).await.unwrap();
    assert!(!stands(&third.token).await && stands(&second.token).await);
    auth.logout(&second.token, &client()).await.unwrap();
    let of = vec![Value::Bytes(admin.id.as_bytes().to_vec()), Value::Text("logged_out".into())];
    let told = house.store.page(&Page::of(&EVENTS, "of_subject_kind", of, 9).unwrap()).await;
    assert_eq!(told.unwrap().len(), 1, "the log-out of a session in use is recorded");
}

/// A sight counts as long as what is written: a session nobody uses ends.
#[tokio::test]
async fn a_sight_keeps_nothing_longer_than_a_row() {
    let store = Held::new(MemoryStore::new());
    let house = House::new(store.clone());
    house.furnished().await;
    let [gone, again] = [house.login("admin", GOOD).await, house.login("admin", GOOD).await];
    store.fail_commits(true);
    house.clock.turn(Duration::minutes(20));
    house.auth.identify(&gone.token).await.unwrap();
    let me = house.auth.identify(&again.token).await.unwrap();
    store.fail_commits(false);
    house.auth.my_account(&me).end_other_sessions(&client()).await.unwrap();
    store.fail_commits(true);
    house.clock.turn(Duration::minutes(20));
    let check = async |session: &SignedIn| kind(house.auth.identify(&session.token).await);
    assert_eq!(check(&gone).await, "unauthenticated", "its stamp is old, its sight is fresh");
    assert_eq!(check(&again).await, "ok");
    house.clock.turn(Duration::minutes(30) - Duration::MICROSECOND);
    assert_eq!(check(&again).await, "ok", "seen half an hour ago, which nobody has written");
    house.clock.turn(Duration::minutes(30));
    assert_eq!(check(&again).await, "unauthenticated");
}

/// A check that read the row before it was written that the session was seen, and judges it after.
#[tokio::test]
async fn a_flush_between_a_check_and_its_answer_makes_nobody_idle() {
    let store = Held::new(MemoryStore::new());
    let house = House::new(store.clone());
    house.furnished().await;
    let token = house.login("admin", GOOD).await.token;
    house.clock.turn(Duration::minutes(22));
    house.auth.identify(&token).await.unwrap();
    house.clock.turn(Duration::minutes(11));
    store.hold(true);
    let mut check = Box::pin(house.auth.identify(&token));
    assert!(poll_immediate(&mut check).await.is_none(), "it has read, and is not answered");
    store.hold(false);
    let before = store.commits();
    house.auth.flush_activity().await.unwrap();
    house.auth.flush_activity().await.unwrap();
    assert_eq!(store.commits() - before, 1);
    store.release();
    check.await.unwrap();
}

/// Two processes see a session in turn: each goes by the later of what it saw and what is written.
#[tokio::test]
async fn the_later_of_a_sight_and_a_row_counts() {
    let shared = Arc::new(MemoryStore::new());
    let mine = Held::new(Arc::clone(&shared));
    let house = House::new(mine.clone());
    house.furnished().await;
    let other = House::on(shared, house.clock.clone(), LetterBox::default());
    let token = house.login("admin", GOOD).await.token;
    house.clock.turn(Duration::minutes(22));
    house.auth.identify(&token).await.unwrap();
    mine.fail_commits(true);
    house.clock.turn(Duration::minutes(7));
    other.auth.identify(&token).await.unwrap();
    other.auth.flush_activity().await.unwrap();
    house.clock.turn(Duration::minutes(29));
    house.auth.identify(&token).await.unwrap();
}
