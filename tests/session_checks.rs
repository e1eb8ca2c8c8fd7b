//! Session checks that happen at the same moment share a read, and nobody notices but the store.

#[path = "support/held.rs"]
mod held;
#[path = "support/house.rs"]
#[macro_use]
mod house;

use futures_util::future::{join, join_all, poll_immediate};
use held::Held;
use house::*;
use portcullis::store::memory::MemoryStore;

on_every_store! {
    many_checks_at_once_tell_each_who_they_are
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
    people.push((None, portcullis::auth::SessionToken::cookie(&made_up).unwrap()));
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
