//! Whether a name or an address belongs to somebody must not show: not in the answer, and not in
//! the work. The *sequence* of store and hash calls is compared, call by call.

#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "support/listening.rs"]
mod listening;

use house::*;
use listening::{Listening, hearing};
use portcullis::{model::Role, policy::Policy, store::memory::MemoryStore};

/// Without a limit on sessions, and with one: then whoever opens a session looks at those there
/// are, and nobody else does.
fn policies() -> [Policy; 2] {
    let mut limited = Policy::crm();
    limited.limits.sessions_per_user = Some(2);
    [Policy::crm(), limited]
}

/// A house whose store is listened to, with an active, an invited and a disabled user, and one
/// whose temporary password has run out.
async fn peopled(policy: Policy) -> (House, Listening) {
    let store = Listening::new(MemoryStore::new());
    let house = House::with_policy(store.clone(), policy);
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = portcullis::auth::NewUser::parse(
        "ivy",
        "ivy@acme.example",
        "Ivy Invited",
        Role::SALESPERSON.as_str(),
    );
    accounts.invite(&new.unwrap(), &client()).await.unwrap();
    let dora = house.employee("dora", "salesperson").await;
    accounts.disable(dora.id, "left", &client()).await.unwrap();
    let theo = house.employee("theo", "salesperson").await;
    accounts.set_temporary_password(theo.id, &password(GOOD), &client()).await.unwrap();
    house.clock.turn(time::Duration::hours(25));
    house.post().await;
    // The site's key is drawn once and kept; that is no part of any comparison.
    assert_eq!(kind(house.try_login("warm up", BETTER).await), "rejected");
    (house, store)
}

#[tokio::test]
async fn a_log_in_costs_the_same_for_known_and_unknown() {
    for policy in policies() {
        let (house, store) = peopled(policy).await;
        let mut heard = Vec::new();
        // Known with a wrong password, unknown, invited; then with the right one, disabled and run
        // out; then the same written as addresses.
        let people =
            [("admin", BETTER), ("nobody", GOOD), ("ivy", GOOD), ("dora", GOOD), ("theo", GOOD)];
        for (login, word) in people {
            heard.push(hearing(&store, async { kind(house.try_login(login, word).await) }).await);
        }
        let mut by_address = Vec::new();
        for (login, word) in people {
            let login = format!("{login}@acme.example");
            let heard = hearing(&store, async { kind(house.try_login(&login, word).await) }).await;
            by_address.push(heard);
        }
        for heard in [heard, by_address] {
            let (answer, first) = &heard[0];
            assert_eq!(*answer, "rejected");
            assert!(first.iter().filter(|call| call.as_str() == "hash").count() == 1, "{first:?}");
            for other in &heard {
                assert_eq!(other, &heard[0]);
            }
        }
    }
}

#[tokio::test]
async fn a_right_password_of_a_stopped_user_costs_the_same_as_a_wrong_one() {
    for policy in policies() {
        let (house, store) = peopled(policy).await;
        // A failure, an hour, a failure: the waits pass, the row of failures grows.
        for _ in 0..100 {
            assert_eq!(kind(house.try_login("admin", BETTER).await), "rejected");
            house.clock.turn(time::Duration::hours(1));
        }
        let right = hearing(&store, async { kind(house.try_login("admin", GOOD).await) }).await;
        house.clock.turn(time::Duration::hours(1));
        let wrong = hearing(&store, async { kind(house.try_login("admin", BETTER).await) }).await;
        assert_eq!(right.0, "rejected", "a hundred in a row stop the password");
        assert_eq!(right, wrong);
        // Until it is reset.
        let token = house.forgot("admin@acme.example").await;
        house.auth.reset_password(&token, &password(BETTER), &client()).await.unwrap();
        house.clock.turn(time::Duration::hours(1));
        house.login("admin", BETTER).await;
    }
}

#[tokio::test]
async fn forgot_password_costs_the_same_for_known_and_unknown() {
    for policy in policies() {
        let (house, store) = peopled(policy).await;
        let addresses =
            ["admin@acme.example", "nobody@acme.example", "ivy@acme.example", "not an address"];
        // The first time, and again while an errand is open and the mailbox pauses.
        for _ in 0..2 {
            let mut heard = Vec::new();
            for address in addresses {
                let asked = async { kind(house.auth.forgot_password(address, &client()).await) };
                heard.push(hearing(&store, asked).await);
            }
            for other in &heard {
                assert_eq!(other, &heard[0]);
            }
            assert_eq!(heard[0].0, "ok");
        }
    }
}

#[tokio::test]
async fn the_limit_speaks_before_any_hash_and_alike() {
    for policy in policies() {
        let (house, store) = peopled(policy).await;
        let mut last = Vec::new();
        for login in ["admin", "nobody"] {
            let mut heard = None;
            for _ in 0..6 {
                heard = Some(
                    hearing(&store, async { kind(house.try_login(login, BETTER).await) }).await,
                );
            }
            last.push(heard.unwrap());
        }
        assert_eq!(last[0].0, "throttled");
        assert_eq!(last[0], last[1]);
        assert!(!last[0].1.iter().any(|call| call == "hash"));
    }
}
