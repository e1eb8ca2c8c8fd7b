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

pub(crate) async fn m14_the_administrators_are_told_of_every_act_of_the_operator(house: House) {
    let admin = house.furnished().await;
    let acting = house.operator.because("ticket 4711");
    // What the letters to the administrator say was done.
    let told = async || {
        let letters = house.post().await;
        let ours = letters.iter().filter(|letter| letter.to.as_str() == "admin@acme.example");
        let ours = ours.filter(|letter| letter.subject.contains("acted in your account"));
        let said = ours.map(|letter| {
            assert!(letter.text.contains("contact them at once"), "{}", letter.text);
            let (_, what) = letter.text.split_once("What: ").unwrap();
            what.lines().next().unwrap().to_owned()
        });
        said.collect::<Vec<String>>()
    };
    let new = |name: &str, role: &str| {
        NewUser::parse(name, &format!("{name}@acme.example"), name, role).unwrap()
    };
    let bo = acting.invite(admin.account, &new("bo", "administrator")).await.unwrap();
    assert_eq!(told().await, ["invited: bo (administrator bo acme example ticket 4711)"]);
    acting.resend_activation(bo.id).await.unwrap();
    assert_eq!(told().await, ["activation resent: bo (ticket 4711)"]);
    acting.danger_activation_link(bo.id).await.unwrap();
    assert_eq!(told().await, ["set up link minted: bo (ticket 4711)"]);
    acting.revoke_invitation(bo.id).await.unwrap();
    assert_eq!(told().await, ["invitation revoked: bo (ticket 4711)"]);
    let until = house.clock.now() + Duration::days(30);
    acting.set_plan(admin.account, &Plan::ULTIMATE, Some(until)).await.unwrap();
    assert_eq!(told().await, ["plan changed: trial → ultimate until 2026-12-21 (ticket 4711)"]);
    acting.set_seats(admin.account, Some(3)).await.unwrap();
    assert_eq!(told().await, ["seats changed: 50 → 3 (ticket 4711)"]);
    // Nobody of this account is told of another's, and nobody is there to be told of a new one.
    another_company(&house).await;
    assert!(told().await.is_empty());
    // Every one of them, and nobody else.
    house.employee("cy", "administrator").await;
    house.employee("di", "salesperson").await;
    acting.set_seats(admin.account, None).await.unwrap();
    let mut to: Vec<_> = house.post().await.iter().map(|letter| letter.to.to_string()).collect();
    to.sort();
    assert_eq!(to, ["admin@acme.example", "cy@acme.example"]);
    acting.secure_account(admin.account).await.unwrap();
    assert_eq!(told().await, ["account secured: Acme (ticket 4711)"]);
}

/// A reason is whatever somebody pasted. It never stops the act that it explains.
pub(crate) async fn m14_a_reason_of_any_text_is_taken_and_told(house: House) {
    let admin = house.furnished().await;
    for (reason, told) in
        [("ticket\u{0} 4711".to_owned(), "ticket 4711"), ("é".repeat(9_999), "éé")]
    {
        house.operator.because(&reason).set_seats(admin.account, Some(3)).await.unwrap();
        house.operator.because(&reason).set_seats(admin.account, None).await.unwrap();
        let letters = house.post().await;
        assert!(letters.len() == 2 && letters.iter().all(|letter| letter.text.contains(told)));
        assert!(letters.iter().all(|letter| letter.text.len() < 3_000), "the whole of a book");
    }
}

pub(crate) async fn m14_invited_administrators_keep_no_warning_from_active_ones(house: House) {
    let admin = house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let acting = house.operator.because("ticket 4711");
    acting.set_seats(admin.account, Some(1_000)).await.unwrap();
    // More than are looked at in one slice, and all of them before `admin`.
    for number in 0..55 {
        let name = format!("aaa{number:02}");
        let email = format!("{name}@acme.example");
        let new = NewUser::parse(&name, &email, &name, "administrator").unwrap();
        acting.invite(admin.account, &new).await.unwrap();
    }
    house.post().await;
    acting.disable(bo.id).await.unwrap();
    let letters = house.post().await;
    let told = letters.iter().filter(|letter| letter.to.as_str() == "admin@acme.example");
    assert_eq!(told.count(), 1, "{letters:?}");
    // Who is gone is none of them any more.
    let cy = house.employee("cy", "administrator").await;
    acting.remove(cy.id).await.unwrap();
    assert!(!stored(&house, cy.id).await.administrator);
    assert_eq!(recounted(&house, admin.account).await.administrators, 1);
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
    let letters = house.post().await;
    let whose = letters.iter().filter(|letter| letter.subject.contains("acted in your account"));
    assert_eq!((letters.len(), whose.count()), (3, 1), "each of both, and the administrator");
}
