//! What somebody gains who claims an address or a name that is not theirs: nothing. Anybody who
//! has an account of their own can invite any address.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::auth::{NewAccount, NewUser};
use portcullis::model::{Plan, User};

on_every_store! {
    a_profile_named_after_an_address_does_not_lock_its_owner_out
    many_invitations_do_not_crowd_out_who_proved_the_address
    an_invitation_carries_no_link_but_its_own
}

/// An account of an attacker, beside the one of `admin`.
async fn intruder(house: &House) -> User {
    let account = NewAccount::new("Other", Plan::TRIAL).unwrap();
    let new = NewUser::parse("mallory", "mallory@other.example", "Mallory", "administrator");
    let opened =
        house.operator.because("test").open_account(&account, &new.unwrap()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    opened.administrator
}

async fn invite(house: &House, username: &str, email: &str) {
    let me = house.login("mallory", GOOD).await.identity;
    let new = NewUser::parse(username, email, "Ada", "salesperson").unwrap();
    house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
}

async fn a_profile_named_after_an_address_does_not_lock_its_owner_out(house: House) {
    let admin = house.furnished().await;
    intruder(&house).await;
    invite(&house, "admin@acme.example", "admin@acme.example").await;
    let signed_in = house.login("admin@acme.example", GOOD).await;
    assert_eq!(signed_in.identity.user().id, admin.id);
}

async fn many_invitations_do_not_crowd_out_who_proved_the_address(house: House) {
    intruder(&house).await;
    // First come, so that they stand before the owner in any order by age.
    for number in 0..25 {
        // Six to one mailbox are let out in a day.
        house.clock.turn(time::Duration::hours(5));
        invite(&house, &format!("squatter{number}"), "admin@acme.example").await;
    }
    house.post().await;
    house.furnished().await;
    house.clock.turn(time::Duration::days(15));
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    let letters = house.post().await;
    assert_eq!(letters.len(), 1);
    let token = token_in(&letters[0]);
    house.auth.reset_password(&token, &password(BETTER), &client()).await.unwrap();
    house.login("admin", BETTER).await;
}

async fn an_invitation_carries_no_link_but_its_own(house: House) {
    let account =
        NewAccount::new("Win at https://evil.example/a or www.b.example", Plan::TRIAL).unwrap();
    let name = "Click evil.example or http:\u{ff0f}\u{ff0f}evil\u{3002}example";
    let new = NewUser::parse("victim", "victim@else.example", name, "administrator").unwrap();
    house.operator.because("test").open_account(&account, &new).await.unwrap();
    let letter = house.post().await.remove(0);
    for part in [&letter.subject, &letter.text, &letter.html, &letter.name] {
        assert!(!part.contains("evil.example") && !part.contains("www.b"), "{part}");
        assert!(!part.contains("evil\u{3002}example"), "{part}");
    }
    assert!(letter.text.contains("evil example"), "the control: the name is there");
    for username in ["https://evil.example", "a/b", "a:b", "<b>", "a\\b", "\"a\""] {
        assert!(NewUser::parse(username, "v@else.example", "V", "salesperson").is_err());
    }
}
