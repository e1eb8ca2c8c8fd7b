//! Resets, sign-outs, and locking people out.

use portcullis::{
    auth::Changes,
    model::{Status, Username},
    secret::Purpose,
};
use time::Duration;

use super::*;

pub(crate) async fn m11_a_reset_is_mailed_to_the_stored_address_only(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    // A name in which the username is not found.
    let me = identity(&house, "admin").await;
    let called = Changes::new().name("Beauregard");
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.update(bo.id, &called, &client()).await.unwrap();
    house.post().await;
    // The names somebody waits for after wrong passwords are free again.
    for _ in 0..6 {
        drop(house.try_login("bo", BETTER).await);
        drop(house.try_login("bo@acme.example", BETTER).await);
    }
    assert_eq!(kind(house.try_login("bo", GOOD).await), "throttled");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for _ in 0..3 {
        accounts.send_password_reset(bo.id, &client()).await.unwrap();
    }
    let letters = house.post().await;
    let [letter] = &letters[..] else { panic!("one letter waits at a time: {letters:?}") };
    assert_eq!(letter.to.as_str(), "bo@acme.example");
    // Said for itself: whoever forgot it finds it here.
    let line = letter.text.lines().map(str::trim).find(|line| line.starts_with("Username:"));
    assert_eq!(line, Some("Username:  bo"), "{}", letter.text);
    assert!(letter.html.contains(">bo<") || letter.html.contains("> bo<"), "{}", letter.html);
    assert!(letter.text.contains("Hello Beauregard,") && letter.text.contains("Ada Admin asked"));
    house.login("bo", GOOD).await;
    house.login("bo@acme.example", GOOD).await;
    house.auth.reset_password(&token_in(letter), &password(BETTER), &client()).await.unwrap();
    house.login("bo", BETTER).await;
    // Six letters a day go to one mailbox.
    for _ in 3..6 {
        accounts.send_password_reset(bo.id, &client()).await.unwrap();
    }
    assert_eq!(kind(accounts.send_password_reset(bo.id, &client()).await), "throttled");
    let sent = trail(&house, bo.id).await;
    assert_eq!(sent.iter().filter(|(kind, _)| *kind == "reset_sent").count(), 6);
}

pub(crate) async fn m11_an_invited_person_gets_the_activation_again(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("bo", "bo@acme.example", "Bo", "salesperson").unwrap();
    let bo = accounts.invite(&new, &client()).await.unwrap();
    house.post().await;
    accounts.send_password_reset(bo.id, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &token).await), "rejected");
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    // Who came second to an address has not shown that it is theirs.
    let twin = NewUser::parse("twin", "bo@acme.example", "Twin", "salesperson").unwrap();
    let twin = accounts.invite(&twin, &client()).await.unwrap();
    let letters = house.post().await;
    house.auth.activate(&token_in(&letters[1]), &password(GOOD), &client()).await.unwrap();
    conflicts(accounts.send_password_reset(twin.id, &client()).await, "email");
}

pub(crate) async fn m20_a_disabled_user_is_out_at_once_and_everywhere(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let link = house.forgot("bo@acme.example").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for blank in ["", "  "] {
        let refused = accounts.disable(bo.id, blank, &client()).await;
        assert_eq!(rules(refused.map(drop)), ["required"]);
    }
    // A reset that was asked for just before is on its way, and comes to nothing.
    house.clock.turn(Duration::minutes(6));
    house.auth.forgot_password("bo@acme.example", &client()).await.unwrap();
    accounts.disable(bo.id, "left the company", &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
    let reset = house.auth.reset_password(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(reset), "rejected");
    let letters = house.post().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].text.contains("was disabled by Ada Admin"), "{}", letters[0].text);
    assert!(!letters[0].text.contains("left the company"), "the reason is for the record");
    let told = trail(&house, bo.id).await;
    assert!(told.contains(&("disabled", "left the company".to_owned())), "{told:?}");
    accounts.enable(bo.id, &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated", "it is over");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    house.login("bo", GOOD).await;
    assert_eq!(house.post().await.len(), 1, "they are told");
}

pub(crate) async fn m20_anything_but_an_administrator_leaves_a_disabled_user_disabled(
    house: House,
) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let link = house.forgot("bo@acme.example").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.disable(bo.id, "left", &client()).await.unwrap();
    house.post().await;
    let (auth, here) = (&house.auth, client());
    // Everything the person could do.
    drop(auth.reset_password(&link, &password(BETTER), &here).await);
    drop(auth.activate(&link, &password(BETTER), &here).await);
    drop(auth.replace_password(&link, &password(BETTER), &here).await);
    let mine = auth.my_account(&session.identity);
    drop(mine.change_password(&password(GOOD), &password(BETTER), &here).await);
    drop(mine.end_other_sessions(&here).await);
    drop(auth.logout(&session.token, &here).await);
    for _ in 0..3 {
        house.clock.turn(Duration::minutes(6));
        auth.forgot_password("bo@acme.example", &here).await.unwrap();
        drop(house.try_login("bo", GOOD).await);
    }
    assert!(house.post().await.is_empty(), "and no letter leads anywhere");
    // What an administrator does for people without meaning to enable them.
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    conflicts(accounts.send_password_reset(bo.id, &here).await, "status");
    assert_eq!(kind(accounts.resend_activation(bo.id, &here).await), "not_found");
    accounts.sign_out(bo.id, &here).await.unwrap();
    let changes = portcullis::auth::Changes::new().name("Bo B.").role("sales_manager");
    accounts.update(bo.id, &changes, &here).await.unwrap();
    house.clock.turn(Duration::days(400));
    assert_eq!(stored(&house, bo.id).await.status, Status::Disabled);
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
}

pub(crate) async fn m20_enabling_activates_nobody_who_is_invited(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("bo", "bo@acme.example", "Bo", "salesperson").unwrap();
    let bo = accounts.invite(&new, &client()).await.unwrap();
    conflicts(accounts.enable(bo.id, &client()).await, "status");
    conflicts(accounts.disable(bo.id, "why", &client()).await, "status");
    conflicts(accounts.sign_out(bo.id, &client()).await, "status");
    assert_eq!(stored(&house, bo.id).await.status, Status::Invited);
}

pub(crate) async fn m23_signing_somebody_out_ends_their_sessions(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let sessions = [house.login("bo", GOOD).await, house.login("bo", GOOD).await];
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.sign_out(bo.id, &client()).await.unwrap();
    for session in &sessions {
        assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    }
    house.login("bo", GOOD).await;
    assert!(house.auth.identify(&house.login("admin", GOOD).await.token).await.is_ok());
    let operated = house.operator.find_user(&Username::parse("bo").unwrap()).await.unwrap();
    assert_eq!(operated.unwrap().status, Status::Active);
}
