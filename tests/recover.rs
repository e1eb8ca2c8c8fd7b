//! M8 and M10: an administrator changes somebody's address, and helps those who cannot reach
//! theirs. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Changes, Identity, NewUser},
    model::{EmailAddress, Status, User, Username},
    secret::Purpose,
};
use time::Duration;

on_every_store! {
    m8_an_administrator_changes_an_address_that_counts_once_proven
    m8_an_invited_persons_address_is_corrected_at_once
    m8_nobody_changes_their_own_address_without_the_password
    m10_somebody_without_the_mailbox_gets_back_in
    m10_the_old_address_objects_and_restores_nothing
    m10_an_objection_outlives_what_ends_links
    m10_only_who_is_active_and_somebody_else_is_recovered
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn user(house: &House, name: &str) -> User {
    house.operator.find_user(&Username::parse(name).unwrap()).await.unwrap().unwrap()
}

/// An administrator, and the salesperson sam with the password BETTER.
async fn company(house: &House) -> (Identity, User) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("sam", "sam@acme.example", "Sam", "salesperson").unwrap();
    accounts.invite(&new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(BETTER), &client()).await.unwrap();
    house.post().await;
    (me, user(house, "sam").await)
}

async fn m8_an_administrator_changes_an_address_that_counts_once_proven(house: House) {
    let (me, sam) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let changes = Changes::new().email("sam@new.example");
    accounts.update(sam.id, &changes, &client()).await.unwrap();
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, "sam@new.example"));
    assert_eq!(user(&house, "sam").await.email.canonical(), "sam@acme.example", "not yet");
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    let changed = user(&house, "sam").await;
    assert!(changed.email.canonical() == "sam@new.example" && changed.email_proven);
    let letters = house.post().await;
    assert_eq!(letters[0].to.canonical(), "sam@acme.example", "told where it was theirs");
    let (token, here) = (token_in(&letters[0]), client());
    house.auth.undo_email_change(&token, &password(BETTER), &here).await.unwrap();
    assert_eq!(user(&house, "sam").await.email.canonical(), "sam@acme.example");
}

async fn m8_an_invited_persons_address_is_corrected_at_once(house: House) {
    let (me, _) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("grace", "grcae@acme.example", "Grace", "salesperson").unwrap();
    let grace = accounts.invite(&new, &client()).await.unwrap();
    let wrong = token_in(&house.post().await[0]);
    let changes = Changes::new().email("grace@acme.example");
    let changed = accounts.update(grace.id, &changes, &client()).await.unwrap();
    assert_eq!(
        (changed.email.canonical(), changed.status),
        ("grace@acme.example", Status::Invited)
    );
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, "grace@acme.example"));
    let by_stranger = house.auth.activate(&wrong, &password(GOOD), &client()).await;
    assert_eq!(kind(by_stranger), "rejected", "the letter that went astray opens nothing");
    house.auth.activate(&token_in(&letters[0]), &password(GOOD), &client()).await.unwrap();
    assert_eq!(kind(house.try_login("grace@acme.example", GOOD).await), "ok");
}

async fn m8_nobody_changes_their_own_address_without_the_password(house: House) {
    let (me, _) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let changes = Changes::new().email("thief@evil.example");
    let answer = accounts.update(me.user().id, &changes, &client()).await;
    assert_eq!(kind(answer), "forbidden");
    let thief = address("thief@evil.example");
    let answer = accounts.recover(me.user().id, &thief, "me", &client()).await;
    assert_eq!(kind(answer), "forbidden");
    assert_eq!(house.post().await.len(), 0);
}

async fn m10_somebody_without_the_mailbox_gets_back_in(house: House) {
    let (me, sam) = company(&house).await;
    let session = house.login("sam", BETTER).await;
    let old_link = house.forgot("sam@acme.example").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = address("sam@home.example");
    let helped = accounts.recover(sam.id, &new, "lost the mailbox", &client()).await.unwrap();
    assert_eq!((helped.email.canonical(), helped.email_proven), ("sam@home.example", false));
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    let reset = house.auth.reset_password(&old_link, &password(GOOD), &client()).await;
    assert_eq!(kind(reset), "rejected");
    let letters = house.post().await;
    let to: Vec<_> = letters.iter().map(|letter| letter.to.canonical()).collect();
    assert_eq!(letters.len(), 2, "{to:?}");
    let letter = |to: &str| letters.iter().find(|letter| letter.to.canonical() == to).unwrap();
    let (reset, objection) = (letter("sam@home.example"), letter("sam@acme.example"));
    assert!(reset.text.contains("sam") && reset.text.contains("/auth/reset?token="));
    assert!(objection.text.contains("/auth/object?token="));
    house.auth.reset_password(&token_in(reset), &password(GOOD), &client()).await.unwrap();
    assert!(user(&house, "sam").await.email_proven, "using the link proved it");
    assert_eq!(kind(house.try_login("sam@home.example", GOOD).await), "ok");
    assert_eq!(kind(house.try_login("sam@acme.example", GOOD).await), "rejected");
}

async fn m10_the_old_address_objects_and_restores_nothing(house: House) {
    let (me, sam) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let thief = address("thief@evil.example");
    accounts.recover(sam.id, &thief, "told a story", &client()).await.unwrap();
    let letters = house.post().await;
    let letter = |to: &str| letters.iter().find(|letter| letter.to.canonical() == to).unwrap();
    let reset = token_in(letter("thief@evil.example"));
    let objection = token_in(letter("sam@acme.example"));
    house.auth.reset_password(&reset, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    let session = house.login("sam", GOOD).await;
    let link = house.forgot("thief@evil.example").await;
    for _ in 0..3 {
        let view = house.auth.look_at_link(Purpose::Objection, &objection).await.unwrap();
        assert_eq!(view.email, "sam@acme.example", "looking is harmless");
    }
    assert!(house.auth.identify(&session.token).await.is_ok());
    house.auth.object(&objection, &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    let again = house.auth.reset_password(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(again), "rejected");
    assert_eq!(user(&house, "sam").await.email.canonical(), "thief@evil.example", "not restored");
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, "admin@acme.example"), "warned");
    assert!(letters[0].text.contains("sam"));
    let codes = |diagnosis: portcullis::auth::Diagnosis| {
        diagnosis.reasons.iter().map(|reason| reason.code).collect::<Vec<_>>()
    };
    let diagnosis = accounts.diagnosis(sam.id).await.unwrap();
    assert!(codes(diagnosis).contains(&"objected"));
    assert_eq!(kind(house.auth.object(&objection, &client()).await), "rejected", "once");
    // The administrator answers it.
    house.clock.turn(Duration::minutes(1));
    let old = address("sam@acme.example");
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.recover(sam.id, &old, "he called", &client()).await.unwrap();
    let diagnosis = accounts.diagnosis(sam.id).await.unwrap();
    assert!(!codes(diagnosis).contains(&"objected"));
}

async fn m10_an_objection_outlives_what_ends_links(house: House) {
    let (me, sam) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let thief = address("thief@evil.example");
    accounts.recover(sam.id, &thief, "told a story", &client()).await.unwrap();
    let letters = house.post().await;
    let letter = |to: &str| letters.iter().find(|letter| letter.to.canonical() == to).unwrap();
    let reset = token_in(letter("thief@evil.example"));
    let objection = token_in(letter("sam@acme.example"));
    // A password chosen, an address changed, all others logged out: none of it ends it.
    house.auth.reset_password(&reset, &password(GOOD), &client()).await.unwrap();
    let sam = house.login("sam", GOOD).await.identity;
    let account = house.auth.my_account(&sam);
    account.end_other_sessions(&client()).await.unwrap();
    house.clock.turn(Duration::hours(72) - Duration::SECOND);
    assert!(house.auth.look_at_link(Purpose::Objection, &objection).await.is_ok());
    house.clock.turn(Duration::SECOND);
    assert_eq!(kind(house.auth.object(&objection, &client()).await), "rejected");
}

async fn m10_only_who_is_active_and_somebody_else_is_recovered(house: House) {
    let (me, sam) = company(&house).await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let same = accounts.recover(sam.id, &sam.email, "same", &client()).await;
    assert_eq!(kind(same), "invalid");
    accounts.disable(sam.id, "left", &client()).await.unwrap();
    let disabled = accounts.recover(sam.id, &address("s@home.example"), "x", &client()).await;
    assert_eq!(kind(disabled), "conflict");
    let nobody = portcullis::id::UserId::NOBODY;
    let unknown = accounts.recover(nobody, &address("s@home.example"), "x", &client()).await;
    assert_eq!(kind(unknown), "not_found");
}
