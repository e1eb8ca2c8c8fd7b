//! A whole company's concern, and help from outside.

use portcullis::{auth::Changes, clock::Clock as _, model::Status, secret::Purpose};
use time::Duration;

use super::*;

pub(crate) async fn m14_the_operator_helps_where_no_administrator_can(house: House) {
    let admin = house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let acting = house.operator.because("ticket 4711");
    let granted = acting.grant_administrator(bo.id).await.unwrap();
    assert!(granted.is_active_administrator());
    assert_eq!(recounted(&house, admin.account).await.administrators, 2);
    let letters = house.post().await;
    let to = |address: &str| letters.iter().find(|letter| letter.to.as_str() == address).unwrap();
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(to("bo@acme.example").text.contains("salesperson → administrator"));
    let told = &to("admin@acme.example").text;
    assert!(told.contains("role changed: bo (salesperson → administrator ticket 4711)"), "{told}");
    let trail = trail(&house, bo.id).await;
    assert!(
        trail.contains(&("role_changed", "salesperson → administrator ticket 4711".to_owned()))
    );
    acting.disable(admin.id).await.unwrap();
    conflicts(acting.disable(bo.id).await, "administrators");
    conflicts(acting.remove(bo.id).await, "administrators");
    let demote = Changes::new().role("salesperson");
    conflicts(acting.update(bo.id, &demote).await, "administrators");
    acting.enable(admin.id).await.unwrap();
    house.login("admin", GOOD).await;
    house.post().await;
    acting.secure(bo.id).await.unwrap();
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
    assert_eq!(house.post().await.len(), 2, "the person and the other administrator");
    acting.remove(bo.id).await.unwrap();
    assert_eq!(stored(&house, bo.id).await.status, Status::Removed);
    let now = house.clock.now();
    let account = acting.set_plan(admin.account, &Plan::ULTIMATE, None).await.unwrap();
    assert_eq!((account.plan, account.plan_until), (Plan::ULTIMATE, None));
    acting.set_plan(admin.account, &Plan::TRIAL, Some(now)).await.unwrap();
    let cy = house.employee("cy", "salesperson").await;
    assert_eq!(kind(house.try_login("cy", GOOD).await), "account_ended");
    acting.disable(cy.id).await.unwrap();
    acting.enable(cy.id).await.unwrap();
    assert_eq!(kind(acting.grant_administrator(UserId::NOBODY).await), "not_found");
}

pub(crate) async fn m23_securing_the_account_ends_everything_for_everybody(house: House) {
    house.furnished().await;
    // More than one slice of letters.
    let crowd = 48;
    for number in 0..crowd {
        house.employee(&format!("user{number:02}"), "salesperson").await;
    }
    another_company(&house).await;
    let stranger = house.login("otto", GOOD).await;
    let mut sessions = Vec::new();
    for name in ["admin", "user00", "user47"] {
        sessions.push(house.login(name, GOOD).await);
    }
    let link = house.forgot("user00@acme.example").await;
    let me = sessions[0].identity.clone();
    let accounts = house.auth.user_accounts(&me).unwrap();
    let out = stored(&house, sessions[2].identity.user().id).await;
    assert_eq!(rules(accounts.secure_account("", &client()).await), ["required"]);
    accounts.secure_account("the database was copied", &client()).await.unwrap();
    for session in &sessions {
        assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    }
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    for name in ["admin", "user00", "user47"] {
        assert_eq!(kind(house.try_login(name, GOOD).await), "rejected", "{name}");
    }
    assert!(house.auth.identify(&stranger.token).await.is_ok());
    house.login("otto", GOOD).await;
    let letters = house.post().await;
    assert_eq!(letters.len(), crowd + 1, "each of them once");
    let mine = letters.iter().find(|letter| letter.to.as_str() == "admin@acme.example").unwrap();
    house.clock.turn(Duration::SECOND);
    house.auth.reset_password(&token_in(mine), &password(BETTER), &client()).await.unwrap();
    house.login("admin", BETTER).await;
    assert_eq!(stored(&house, out.id).await, out, "one row was written");
    house.clock.turn(Duration::hours(2));
    let later = house.forgot("user00@acme.example").await;
    house.auth.reset_password(&later, &password(BETTER), &client()).await.unwrap();
    house.login("user00", BETTER).await;
}

pub(crate) async fn m23_only_an_administrator_secures_the_account(house: House) {
    let admin = house.furnished().await;
    let house = house.under(with_office());
    house.employee("office", "office").await;
    let me = identity(&house, "office").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(kind(accounts.secure_account("why", &client()).await), "forbidden");
    house.login("admin", GOOD).await;
    house.operator.because("leak").secure_account(admin.account).await.unwrap();
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected");
    assert_eq!(house.post().await.len(), 2);
}
