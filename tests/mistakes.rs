//! Mistakes other libraries shipped, each under what happened there. On every store. Those that
//! need a door are in `web_api/mistakes.rs`; those that a row's own tests already walk carry the
//! number in their name there.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Credentials, NewUser},
    model::{Status, User},
    secret::Token,
    store::{Record as _, tables},
};
use time::Duration;

on_every_store! {
    an_expired_invitation_and_forgot_password_activate_nobody_cve_2023_48220
    a_case_folded_address_is_mailed_nothing_cve_2019_19844
    a_request_in_flight_does_not_resurrect_a_session_that_was_logged_out
    a_link_of_one_purpose_opens_nothing_of_another
}

async fn row(house: &House, user: &User) -> User {
    let row = house.store.get(&tables::USERS, user.id.as_bytes()).await.unwrap().unwrap();
    User::from_row(&row).unwrap()
}

async fn ivy(house: &House) -> (User, Token) {
    let me = house.login("admin", GOOD).await.identity;
    let new = NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson").unwrap();
    let ivy = house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    (ivy, token)
}

/// There an invitation that had ended could still be used, and "forgot password" let its person
/// in without it.
async fn an_expired_invitation_and_forgot_password_activate_nobody_cve_2023_48220(house: House) {
    house.furnished().await;
    let (ivy, link) = ivy(&house).await;
    house.clock.turn(Duration::days(14) + Duration::seconds(1));
    house.auth.forgot_password("ivy@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty(), "nothing is mailed once the invitation has ended");
    for attempt in [
        house.auth.activate(&link, &password(GOOD), &client()).await,
        house.auth.reset_password(&link, &password(GOOD), &client()).await,
    ] {
        assert_eq!(kind(attempt), "rejected");
    }
    assert_eq!(kind(house.try_login("ivy", GOOD).await), "rejected");
    assert_eq!(row(&house, &ivy).await.status, Status::Invited);
}

/// There `mıke@…`, with a dotless i, found Mike, and the link went to the address that was typed.
async fn a_case_folded_address_is_mailed_nothing_cve_2019_19844(house: House) {
    let admin = house.furnished().await;
    house.employee_of(admin.account, "mike.kiss", "salesperson").await;
    house.clock.turn(Duration::hours(1));
    for typed in [
        "m\u{131}ke.kiss@acme.example",
        "mi\u{212a}e.kiss@acme.example",
        "mike.ki\u{df}@acme.example",
        "mike.ki\u{17f}s@acme.example",
        "mike.kiss@\u{ff41}cme.examp\u{2113}e",
    ] {
        house.auth.forgot_password(typed, &client()).await.unwrap();
        for letter in house.post().await {
            assert_eq!(letter.to.as_str(), "mike.kiss@acme.example", "{typed}");
        }
    }
    house.clock.turn(Duration::hours(1));
    house.auth.forgot_password("MIKE.Kiss@ACME.example", &client()).await.unwrap();
    let letters = house.post().await;
    assert_eq!(letters[0].to.as_str(), "mike.kiss@acme.example", "the stored one, as written");
}

/// There a request that had begun before the log-out wrote its session back when it ended.
async fn a_request_in_flight_does_not_resurrect_a_session_that_was_logged_out(house: House) {
    house.furnished().await;
    let begun = house.login("admin", GOOD).await;
    house.clock.turn(Duration::minutes(5));
    // In flight: it has recognised its person, and noted that the session was seen.
    let me = house.auth.identify(&begun.token).await.unwrap();
    house.auth.logout(&begun.token, &client()).await.unwrap();
    house.auth.flush_activity().await.unwrap();
    assert_eq!(kind(house.auth.identify(&begun.token).await), "unauthenticated");
    // What it goes on to do finds the session gone, and makes none.
    let account = house.auth.my_account(&me);
    let changed = account.change_password(&password(GOOD), &password(BETTER), &client()).await;
    assert_eq!(kind(changed.map(|_| ())), "unauthenticated");
    assert_eq!(kind(account.confirm(&password(GOOD), &client()).await), "unauthenticated");
    assert_eq!(kind(house.auth.identify(&begun.token).await), "unauthenticated");
    assert!(account.sessions().await.unwrap().is_empty());
}

/// There one kind of token was as good as another: a session's, or a link's, where a reset's was
/// asked for.
async fn a_link_of_one_purpose_opens_nothing_of_another(house: House) {
    house.furnished().await;
    let (_, activation) = ivy(&house).await;
    let reset = house.forgot("admin@acme.example").await;
    let bearer = Credentials::new("admin", password(GOOD));
    let session = house.auth.login(bearer, &client()).await.unwrap().signed_in().unwrap();
    let session = Token::parse(&session.token.reveal()).unwrap();
    let (auth, client) = (&house.auth, client());
    let word = password(BETTER);
    for (name, token) in [("activation", &activation), ("reset", &reset), ("session", &session)] {
        if name != "reset" {
            let answer = auth.reset_password(token, &word, &client).await;
            assert_eq!(kind(answer), "rejected", "{name} as a reset");
        }
        if name != "activation" {
            let answer = auth.activate(token, &word, &client).await;
            assert_eq!(kind(answer), "rejected", "{name} as an activation");
        }
        assert_eq!(kind(auth.confirm_email(token, &client).await), "rejected", "{name}");
        assert_eq!(kind(auth.undo_email_change(token, &word, &client).await), "rejected", "{name}");
        assert_eq!(kind(auth.object(token, &client).await), "rejected", "{name}");
    }
    house.login("admin", GOOD).await;
    // They were good for what they are for, all along.
    auth.activate(&activation, &word, &client).await.unwrap();
    auth.reset_password(&reset, &word, &client).await.unwrap();
}
