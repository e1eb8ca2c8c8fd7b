//! M7: a person changes the username. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Credentials, Identity, NewUser},
    error::Result,
    model::{Event, EventKind, Username},
    store::{Page, Record as _, Value, tables},
};
use time::Duration;

on_every_store! {
    m7_the_username_changes_and_everything_else_stays
    m7_the_current_password_is_required
    m7_an_old_name_is_kept_back_for_90_days
    m7_nothing_of_a_former_holder_follows_a_name
    m7_three_changes_a_month
    a_username_equal_to_anothers_address_is_refused_cve_2021_3754
    two_who_want_one_name_at_once_are_one
}

async fn rename(house: &House, login: &str, word: &str, new: &str) -> Result<()> {
    let me = house.login(login, word).await.identity;
    let new = Username::parse(new).unwrap();
    house.auth.my_account(&me).change_username(&password(word), &new, &client()).await
}

async fn invite(house: &House, name: &str, email: &str) -> Result<()> {
    let me = house.login("boss", GOOD).await.identity;
    let new = NewUser::parse(name, email, "Sam", "salesperson").unwrap();
    house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.map(|_| ())
}

async fn m7_the_username_changes_and_everything_else_stays(house: House) {
    let admin = house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let link = house.forgot("admin@acme.example").await;
    let new = Username::parse("Ada.B").unwrap();
    let account = house.auth.my_account(&session.identity);
    account.change_username(&password(GOOD), &new, &client()).await.unwrap();
    let me = house.auth.identify(&session.token).await.unwrap();
    assert_eq!((me.user().id, me.user().username.as_str()), (admin.id, "Ada.B"));
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected");
    assert_eq!(kind(house.try_login("ada.b", GOOD).await), "ok");
    let letters = house.post().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("Ada.B"), "the letter states the username");
    // A reset letter that was mailed before still works: the address did not change.
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
    let equal = vec![Value::Bytes(admin.id.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_subject", equal, 100).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| portcullis::model::Event::from_row(row).unwrap());
    let change = events.into_iter().find(|event| event.kind == EventKind::UsernameChanged);
    let change = change.unwrap();
    assert_eq!(change.reason, "admin → Ada.B");
    assert!(
        matches!(change.actor, portcullis::model::Actor::User(_, name) if name == "admin"),
        "under the name they had then"
    );
}

async fn m7_the_current_password_is_required(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await;
    let account = house.auth.my_account(&me.identity);
    let new = Username::parse("ada").unwrap();
    for _ in 0..5 {
        let answer = account.change_username(&password(BETTER), &new, &client()).await;
        assert_eq!(kind(answer), "rejected");
    }
    assert_eq!(kind(house.auth.identify(&me.token).await), "unauthenticated", "five are enough");
}

async fn m7_an_old_name_is_kept_back_for_90_days(house: House) {
    house.furnished().await;
    rename(&house, "admin", GOOD, "boss").await.unwrap();
    // Neither the name nor one that looks like it (here with a Cyrillic а) goes to anybody else.
    for name in ["admin", "ADMIN", "\u{430}dmin"] {
        assert_eq!(kind(invite(&house, name, "sam@acme.example").await), "conflict", "{name}");
    }
    // Its owner may have it back.
    rename(&house, "boss", GOOD, "admin").await.unwrap();
    rename(&house, "admin", GOOD, "boss").await.unwrap();
    house.clock.turn(Duration::days(90) - Duration::SECOND);
    assert_eq!(kind(invite(&house, "admin", "sam@acme.example").await), "conflict");
    house.clock.turn(Duration::SECOND);
    assert_eq!(kind(invite(&house, "admin", "sam@acme.example").await), "ok");
}

/// Somebody else is given the name after its 90 days: what the former holder had and did stays
/// theirs, under the name they had then.
async fn m7_nothing_of_a_former_holder_follows_a_name(house: House) {
    house.furnished().await;
    let former = house.employee("grace", "sales_manager").await;
    // Failures that make the name wait, a link, and a remembered session.
    let remembered = Credentials::new("grace", password(GOOD)).remember(true);
    house.auth.login(remembered, &client()).await.unwrap();
    rename(&house, "grace", GOOD, "grace.h").await.unwrap();
    house.post().await;
    house.clock.turn(Duration::days(90));
    let session = house.login("grace.h", GOOD).await;
    let link = house.forgot("grace@acme.example").await;
    // The new one has the name, at another address.
    rename(&house, "admin", GOOD, "boss").await.unwrap();
    house.post().await;
    invite(&house, "grace", "hopper@acme.example").await.unwrap();
    let activation = token_in(&house.post().await[0]);
    house.auth.activate(&activation, &password(BETTER), &client()).await.unwrap();
    house.post().await;
    let new = house.login("grace", BETTER).await;
    let is = |identity: &Identity| identity.user().id;
    assert_ne!(is(&new.identity), former.id, "another person");
    assert_eq!(kind(house.try_login("grace", GOOD).await), "rejected", "the former password");
    assert_eq!(is(&house.login("grace@acme.example", GOOD).await.identity), former.id);
    assert_eq!(is(&house.auth.identify(&session.token).await.unwrap()), former.id);
    // Their lists show their own.
    let account = house.auth.my_account(&new.identity);
    let logins = account.overview().await.unwrap().last_logins;
    assert!(logins.iter().all(|event| event.subject.as_ref().unwrap().0 == is(&new.identity)));
    assert_eq!((logins.len(), account.sessions().await.unwrap().len()), (1, 1));
    let me = house.login("boss", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let history = accounts.history(is(&new.identity), None, 50).await.unwrap().events;
    let own = |event: &Event| event.subject.as_ref().unwrap().0 == is(&new.identity);
    assert!(!history.is_empty() && history.iter().all(own));
    let before = accounts.history(former.id, None, 50).await.unwrap().events;
    let called = |name: &str| before.iter().any(|event| event.subject.as_ref().unwrap().1 == name);
    assert!(called("grace") && called("grace.h"), "as they were called at the time");
    assert!(!before.iter().any(own));
    // Neither's letter is for the other.
    house.auth.reset_password(&link, &password("the third of three"), &client()).await.unwrap();
    house.login("grace", BETTER).await;
    house.login("grace.h", "the third of three").await;
    assert!(house.auth.identify(&new.token).await.is_ok());
    assert!(house.auth.identify(&session.token).await.is_err());
}

async fn m7_three_changes_a_month(house: House) {
    house.furnished().await;
    let mut name = "admin".to_owned();
    for new in ["one", "two", "three"] {
        assert_eq!(kind(rename(&house, &name, GOOD, &name).await), "invalid", "no change at all");
        rename(&house, &name, GOOD, new).await.unwrap();
        new.clone_into(&mut name);
    }
    assert_eq!(kind(rename(&house, "three", GOOD, "four").await), "throttled");
    house.clock.turn(Duration::days(30));
    rename(&house, "three", GOOD, "four").await.unwrap();
}

async fn a_username_equal_to_anothers_address_is_refused_cve_2021_3754(house: House) {
    house.furnished().await;
    let foreign = rename(&house, "admin", GOOD, "grace@acme.example").await;
    assert_eq!(rules(foreign), ["own_address"]);
    rename(&house, "admin", GOOD, "admin@acme.example").await.unwrap();
}

async fn two_who_want_one_name_at_once_are_one(house: House) {
    house.furnished().await;
    rename(&house, "admin", GOOD, "boss").await.unwrap();
    house.post().await;
    let mut people = Vec::new();
    for number in 0..2 {
        let name = format!("sam{number}");
        invite(&house, &name, &format!("{name}@acme.example")).await.unwrap();
        let token = token_in(&house.post().await[0]);
        house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
        house.post().await;
        people.push(house.login(&name, GOOD).await.identity);
    }
    let (new, word, here) = (Username::parse("samuel").unwrap(), password(GOOD), client());
    let (one, other) = (house.auth.my_account(&people[0]), house.auth.my_account(&people[1]));
    let (one, other) = tokio::join!(
        one.change_username(&word, &new, &here),
        other.change_username(&word, &new, &here)
    );
    let mut kinds = [kind(one), kind(other)];
    kinds.sort_unstable();
    assert_eq!(kinds, ["conflict", "ok"]);
}
