//! How much is too much.

use std::net::IpAddr;

use portcullis::{
    auth::{Credentials, NewAccount, NewUser},
    clock::Clock as _,
    error::Error,
    model::{Client, Plan},
};
use time::Duration;

use crate::{BETTER, GOOD, House, client, just_after, just_before, kind, password, token_in};

/// A wrong log-in; each from a network of its own, so that only the name's limit is met.
async fn wrong(house: &House, login: &str, number: u8) -> &'static str {
    let address: IpAddr = [198, 18, number, 1].into();
    let credentials = Credentials::new(login, password(BETTER));
    kind(house.auth.login(credentials, &Client::new(Some(address), "")).await)
}

/// Five wrong log-ins, of which none has to wait.
async fn fail_five_times(house: &House, login: &str) {
    for number in 0..5 {
        assert_eq!(wrong(house, login, number).await, "rejected", "{login}: failure {number}");
    }
}

/// The same for a name that exists and for one that does not.
pub(crate) async fn five_failures_are_free_and_then_the_wait_doubles_to_an_hour(house: House) {
    house.furnished().await;
    for login in ["admin", "ghost"] {
        fail_five_times(&house, login).await;
        for doublings in 0..14_u8 {
            let wait = Duration::seconds(1 << doublings).min(Duration::HOUR);
            let refused = house.try_login(login, GOOD).await;
            let Err(Error::Throttled { retry_at }) = refused else { panic!("{login}: let on") };
            assert_eq!(retry_at, house.clock.now() + wait, "{login}: what is told");
            just_before(&house, wait);
            assert_eq!(wrong(&house, login, 6).await, "throttled", "{login}: before {wait}");
            just_after(&house);
            assert_eq!(wrong(&house, login, 6).await, "rejected", "{login}: after {wait}");
        }
    }
}

pub(crate) async fn failures_are_forgotten_after_a_day_without_one(house: House) {
    house.furnished().await;
    for login in ["admin", "ghost"] {
        fail_five_times(&house, login).await;
        just_before(&house, Duration::DAY);
        // Not forgotten: this one is the sixth, and makes the next wait two seconds.
        assert_eq!(wrong(&house, login, 6).await, "rejected");
        just_before(&house, Duration::seconds(2));
        assert_eq!(wrong(&house, login, 6).await, "throttled");
        // A day after the last of them, five are free again.
        house.clock.turn(Duration::DAY - Duration::seconds(2));
        just_after(&house);
        fail_five_times(&house, login).await;
        assert_eq!(wrong(&house, login, 6).await, "throttled");
    }
}

pub(crate) async fn a_success_gives_back_its_own_unit_only(house: House) {
    house.furnished().await;
    fail_five_times(&house, "admin").await;
    house.clock.turn(Duration::SECOND);
    house.login("admin", GOOD).await;
    house.clock.turn(Duration::SECOND);
    // The sixth failure, not a first one.
    assert_eq!(wrong(&house, "admin", 6).await, "rejected");
    just_before(&house, Duration::seconds(2));
    assert_eq!(kind(house.try_login("admin", GOOD).await), "throttled");
    just_after(&house);
    house.login("admin", GOOD).await;
}

fn at(address: &str) -> Client {
    Client::new(Some(address.parse().unwrap()), "")
}

pub(crate) async fn a_network_has_a_hundred_failures_in_ten_minutes(house: House) {
    house.furnished().await;
    let attempt = async |login: &str, word: &str, from: &str| {
        let credentials = Credentials::new(login, password(word));
        kind(house.auth.login(credentials, &at(from)).await)
    };
    // A /24 and a /64: their addresses share, those beside them do not.
    let v4 = (["192.0.2.1", "192.0.2.254", "::ffff:192.0.2.77"], ["192.0.3.1", "192.0.1.255"]);
    let v6 = (
        ["2001:db8:0:7::1", "2001:db8:0:7:ffff::1", "2001:db8:0:7:8000::"],
        ["2001:db8:0:8::1", "2001:db8:0:6:ffff::1"],
    );
    for (family, (within, beside)) in [v4, v6].into_iter().enumerate() {
        for number in 0..100 {
            let login = format!("stranger{family}.{number}");
            let answer = attempt(&login, BETTER, within[number % within.len()]).await;
            assert_eq!(answer, "rejected", "failure {number} from {within:?}");
        }
        for address in within {
            assert_eq!(attempt("somebody", BETTER, address).await, "throttled", "{address}");
            assert_eq!(attempt("admin", GOOD, address).await, "throttled", "{address}");
        }
        for address in beside {
            assert_eq!(attempt("admin", GOOD, address).await, "ok", "{address}");
        }
        just_before(&house, Duration::minutes(10));
        assert_eq!(attempt("admin", GOOD, within[0]).await, "throttled");
        just_after(&house);
        assert_eq!(attempt("admin", GOOD, within[0]).await, "ok");
    }
}

pub(crate) async fn a_network_asks_thirty_times_for_a_reset_in_ten_minutes(house: House) {
    house.furnished().await;
    let forgot =
        async |email: &str, from: &str| kind(house.auth.forgot_password(email, &at(from)).await);
    for number in 0..30 {
        let email = format!("stranger{number}@elsewhere.example");
        assert_eq!(forgot(&email, &format!("192.0.2.{number}")).await, "ok", "{number}");
    }
    for email in ["admin@acme.example", "nobody@elsewhere.example", "no address"] {
        assert_eq!(forgot(email, "192.0.2.200").await, "throttled", "{email}");
        assert_eq!(forgot(email, "192.0.3.200").await, "ok", "{email}");
    }
    just_before(&house, Duration::minutes(10));
    assert_eq!(forgot("nobody@elsewhere.example", "192.0.2.1").await, "throttled");
    just_after(&house);
    assert_eq!(forgot("nobody@elsewhere.example", "192.0.2.1").await, "ok");
}

pub(crate) async fn a_mailbox_gets_a_letter_in_five_minutes_and_six_a_day(house: House) {
    house.furnished().await;
    let begun = house.clock.now();
    // What is swallowed is answered as what is not, and as for an address of nobody.
    let ask = async |number: u8| {
        let from = Client::new(Some([198, 18, number, 1].into()), "");
        for email in ["admin@acme.example", "nobody@acme.example"] {
            house.auth.forgot_password(email, &from).await.unwrap();
        }
        let letters = house.post().await;
        assert!(letters.iter().all(|letter| letter.to.as_str() == "admin@acme.example"));
        letters.len()
    };
    for number in 0..6 {
        assert_eq!(ask(number).await, 1, "letter {number}");
        assert_eq!(ask(number).await, 0, "at once");
        just_before(&house, Duration::minutes(5));
        assert_eq!(ask(number).await, 0, "before five minutes have passed");
        just_after(&house);
    }
    assert_eq!(ask(6).await, 0, "a seventh");
    house.clock.turn(Duration::DAY - (house.clock.now() - begun) - Duration::MICROSECOND);
    assert_eq!(ask(7).await, 0, "before the day is over");
    just_after(&house);
    assert_eq!(ask(8).await, 1);
}

pub(crate) async fn an_account_sends_fifty_invitations_a_day(house: House) {
    // More seats than letters, so that it is the letters that run out.
    let open = async |name: &str| {
        let account = NewAccount::new(name, Plan::TRIAL).unwrap().seats(200);
        let boss = format!("boss.{name}");
        let new = NewUser::parse(&boss, &format!("{boss}@x.example"), "Bo", "administrator");
        let operator = house.operator.because("test");
        operator.open_account(&account, &new.unwrap()).await.unwrap();
        let token = token_in(&house.post().await[0]);
        house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
        house.post().await;
        boss
    };
    let (boss, other) = (open("first").await, open("second").await);
    let invite = async |boss: &str, number: u32| {
        let me = house.login(boss, GOOD).await.identity;
        let name = format!("{boss}.{number}");
        let new = NewUser::parse(&name, &format!("{name}@y.example"), "Sam", "salesperson");
        kind(house.auth.user_accounts(&me).unwrap().invite(&new.unwrap(), &client()).await)
    };
    for number in 0..50 {
        assert_eq!(invite(&boss, number).await, "ok", "{number}");
    }
    assert_eq!(invite(&boss, 50).await, "throttled");
    assert_eq!(invite(&other, 0).await, "ok", "another company's are its own");
    just_before(&house, Duration::DAY);
    assert_eq!(invite(&boss, 50).await, "throttled");
    just_after(&house);
    assert_eq!(invite(&boss, 50).await, "ok");
}
