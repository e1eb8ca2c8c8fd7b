//! Temporary passwords, concerns, goodbyes, and what the record says.

use portcullis::{
    auth::{Changes, LogIn, UserAccounts},
    clock::Clock as _,
    model::{Role, Status},
    policy::{Permission, Policy},
    secret::{Purpose, Token},
};
use time::Duration;

use super::*;

pub(crate) async fn m12_an_administrator_sets_a_temporary_password(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let link = house.forgot("bo@acme.example").await;
    for _ in 0..6 {
        drop(house.try_login("bo", "wrong").await);
    }
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let weak = accounts.set_temporary_password(bo.id, &password("short"), &client()).await;
    assert_eq!(rules(weak), ["min_length"]);
    accounts.set_temporary_password(bo.id, &password(BETTER), &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    let letters = house.post().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("by Ada Admin") && !letters[0].text.contains(BETTER));
    // Nobody waits, and the ticket opens nothing but the choice of a new password.
    let LogIn::PasswordChangeRequired(ticket) = house.try_login("bo", BETTER).await.unwrap() else {
        panic!("logged in with a temporary password");
    };
    let ticket = Token::parse(&ticket.reveal()).unwrap();
    let as_session = portcullis::auth::SessionToken::cookie(&ticket.reveal()).unwrap();
    assert_eq!(kind(house.auth.identify(&as_session).await), "unauthenticated");
    let new = "nine copper kettles hum";
    house.auth.replace_password(&ticket, &password(new), &client()).await.unwrap();
    house.login("bo", new).await;
    // After a day it is dead.
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.set_temporary_password(bo.id, &password(BETTER), &client()).await.unwrap();
    house.clock.turn(Duration::hours(24));
    assert_eq!(kind(house.try_login("bo", BETTER).await), "rejected");
}

pub(crate) async fn m12_never_for_an_administrator_nor_oneself_nor_where_it_is_off(house: House) {
    let admin = house.furnished().await;
    let second = house.employee("second", "administrator").await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let set = async |accounts: &UserAccounts<'_>, user: UserId| {
        accounts.set_temporary_password(user, &password(BETTER), &HERE).await
    };
    assert_eq!(kind(set(&accounts, second.id).await), "forbidden");
    assert_eq!(kind(set(&accounts, admin.id).await), "forbidden");
    accounts.disable(second.id, "leave", &client()).await.unwrap();
    assert_eq!(kind(set(&accounts, second.id).await), "forbidden", "nor a disabled one");
    accounts.disable(bo.id, "leave", &client()).await.unwrap();
    conflicts(set(&accounts, bo.id).await, "status");
    accounts.enable(bo.id, &client()).await.unwrap();
    let otto = another_company(&house).await;
    assert_eq!(kind(set(&accounts, otto.id).await), "not_found");
    house.login("admin", GOOD).await;
    house.login("bo", GOOD).await;
    // The operator may, for anybody.
    let operator = house.operator.because("ticket 4711");
    operator.set_temporary_password(admin.id, &password(BETTER)).await.unwrap();
    assert!(matches!(
        house.try_login("admin", BETTER).await.unwrap(),
        LogIn::PasswordChangeRequired(_)
    ));
    operator.set_temporary_password(admin.id, &password(BETTER)).await.unwrap();
    let LogIn::PasswordChangeRequired(ticket) = house.try_login("admin", BETTER).await.unwrap()
    else {
        panic!("no ticket")
    };
    let ticket = Token::parse(&ticket.reveal()).unwrap();
    house.auth.replace_password(&ticket, &password(GOOD), &client()).await.unwrap();
    let mut policy = Policy::crm();
    policy.temporary_passwords = false;
    let house = house.under(policy);
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(kind(set(&accounts, bo.id).await), "forbidden");
}

pub(crate) async fn m22_who_is_removed_is_nobody_any_more_and_keeps_what_they_did(house: House) {
    let admin = house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let link = house.forgot("bo@acme.example").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(rules(accounts.remove(bo.id, " ", &client()).await), ["required"]);
    accounts.remove(bo.id, "left the company", &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
    assert_eq!(kind(house.try_login("bo@acme.example", GOOD).await), "rejected");
    let reset = house.auth.reset_password(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(reset), "rejected");
    let letters = house.post().await;
    let [letter] = &letters[..] else { panic!("one: {letters:?}") };
    assert_eq!(letter.to.as_str(), "bo@acme.example");
    assert!(letter.text.contains("Username:  bo\n") && letter.text.contains("by Ada Admin"));
    let gone = stored(&house, bo.id).await;
    assert_eq!((gone.id, gone.status, gone.email_proven), (bo.id, Status::Removed, false));
    assert_eq!(gone.username.as_str(), format!("removed-{}", bo.id));
    assert_eq!(gone.email.as_str(), format!("{}@removed.invalid", bo.id));
    assert_eq!(gone.name.as_str(), "Removed user");
    for table in [&tables::CREDENTIALS, &tables::ACTIVITY] {
        assert!(house.store.get(table, bo.id.as_bytes()).await.unwrap().is_none());
    }
    // The record keeps the names of the time, and the seat is free.
    let told = trail(&house, bo.id).await;
    assert!(told.contains(&("removed", "left the company".to_owned())), "{told:?}");
    let history = accounts.history(bo.id, None, 200).await.unwrap();
    assert!(history.events.iter().all(|event| event.subject.as_ref().unwrap().1 == "bo"));
    assert_eq!(recounted(&house, admin.account).await.seats_taken, 1);
    // Nothing brings them back.
    let here = client();
    let kinds = [
        kind(accounts.enable(bo.id, &here).await),
        kind(accounts.disable(bo.id, "why", &here).await),
        kind(accounts.update(bo.id, &Changes::new().name("Bo"), &here).await),
        kind(accounts.send_password_reset(bo.id, &here).await),
        kind(accounts.set_temporary_password(bo.id, &password(BETTER), &here).await),
        kind(accounts.secure(bo.id, "why", &here).await),
        kind(accounts.remove(bo.id, "again", &here).await),
    ];
    assert_eq!(kinds, ["not_found"; 7]);
    house.auth.forgot_password("bo@acme.example", &here).await.unwrap();
    assert!(house.post().await.is_empty());
    // An invitation is taken back, and leaves nothing.
    let new = NewUser::parse("cy", "cy@acme.example", "Cy", "salesperson").unwrap();
    let cy = accounts.invite(&new, &here).await.unwrap();
    accounts.remove(cy.id, "not needed", &here).await.unwrap();
    assert_eq!(kind(accounts.get(cy.id).await), "not_found");
}

pub(crate) async fn m23_securing_somebody_ends_everything_and_the_password(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let link = house.forgot("bo@acme.example").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.secure(bo.id, "the laptop was stolen", &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    for word in [GOOD, "", BETTER] {
        assert_eq!(kind(house.try_login("bo", word).await), "rejected");
    }
    let letters = house.post().await;
    let [letter] = &letters[..] else { panic!("one: {letters:?}") };
    assert!(letter.text.contains("secured by Ada Admin"), "{}", letter.text);
    house.auth.reset_password(&token_in(letter), &password(BETTER), &client()).await.unwrap();
    house.login("bo", BETTER).await;
    let told = trail(&house, bo.id).await;
    assert!(told.contains(&("secured", "the laptop was stolen".to_owned())));
    assert!(told.contains(&("log_in_refused", "secured".to_owned())));
}

async fn codes(accounts: &UserAccounts<'_>, user: UserId) -> Vec<&'static str> {
    let diagnosis = accounts.diagnosis(user).await.unwrap();
    assert!(diagnosis.reasons.iter().all(|reason| !reason.message.is_empty()));
    diagnosis.reasons.iter().map(|reason| reason.code).collect()
}

pub(crate) async fn m21_a_diagnosis_says_what_keeps_somebody_out(house: House) {
    let admin = house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("cy", "cy@acme.example", "Cy", "salesperson").unwrap();
    let cy = accounts.invite(&new, &client()).await.unwrap();
    house.post().await;
    assert_eq!(codes(&accounts, cy.id).await, ["never_activated", "link_outstanding"]);
    let bo = house.employee("bo", "salesperson").await;
    assert_eq!(codes(&accounts, bo.id).await, Vec::<&str>::new());
    house.forgot("bo@acme.example").await;
    assert_eq!(codes(&accounts, bo.id).await, ["link_outstanding", "mailbox_rests"]);
    house.clock.turn(Duration::minutes(5));
    assert_eq!(codes(&accounts, bo.id).await, ["link_outstanding"]);
    for _ in 0..3 {
        drop(house.try_login("bo", "wrong").await);
    }
    let told = accounts.diagnosis(bo.id).await.unwrap().reasons;
    assert_eq!((told[0].code, told[0].since), ("wrong_password", Some(house.clock.now())));
    assert!(told[0].message.contains("3 times"), "{}", told[0].message);
    for _ in 0..3 {
        drop(house.try_login("bo@acme.example", "wrong").await);
        drop(house.try_login("bo", "wrong").await);
    }
    let told = accounts.diagnosis(bo.id).await.unwrap().reasons;
    assert_eq!(told[0].code, "throttled");
    let until = told[0].until.unwrap();
    assert!(until > house.clock.now());
    // Looking charges nothing: the wait is as long as it was.
    assert_eq!(accounts.diagnosis(bo.id).await.unwrap().reasons[0].until, Some(until));
    house.clock.turn(until - house.clock.now());
    house.login("bo", GOOD).await;
    house.clock.turn(Duration::MINUTE);
    assert_eq!(codes(&accounts, bo.id).await, ["link_outstanding"]);
    accounts.set_temporary_password(bo.id, &password(BETTER), &client()).await.unwrap();
    assert_eq!(codes(&accounts, bo.id).await, ["must_change"]);
    accounts.secure(bo.id, "why", &client()).await.unwrap();
    assert_eq!(codes(&accounts, bo.id).await, ["secured"]);
    house.post().await;
    assert_eq!(codes(&accounts, bo.id).await, ["secured", "link_outstanding"]);
    accounts.disable(bo.id, "on leave", &client()).await.unwrap();
    let told = accounts.diagnosis(bo.id).await.unwrap().reasons;
    assert_eq!((told.len(), told[0].code), (1, "disabled"));
    assert!(told[0].message.contains("admin") && told[0].message.contains("on leave"));
    // Nobody else's business.
    let otto = another_company(&house).await;
    assert_eq!(kind(accounts.diagnosis(otto.id).await), "not_found");
    house.employee("manager", "sales_manager").await;
    let manager = identity(&house, "manager").await;
    let theirs = house.auth.user_accounts(&manager).unwrap();
    assert_eq!(kind(theirs.diagnosis(admin.id).await), "forbidden");
    assert_eq!(kind(theirs.history(admin.id, None, 10).await), "forbidden");
    // Time tells the rest.
    house.clock.turn(Duration::days(15));
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(codes(&accounts, cy.id).await, ["invitation_ended"]);
}

pub(crate) async fn m21_a_plan_that_has_ended_names_who_can_renew_it(house: House) {
    let admin = house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let until = Some(house.clock.now() + Duration::DAY);
    let because = house.operator.because("test");
    because.set_plan(admin.account, &Plan::TRIAL, until).await.unwrap();
    house.clock.turn(Duration::days(2));
    let told = async |house: &House| {
        let me = identity(house, "admin").await;
        let accounts = house.auth.user_accounts(&me).unwrap();
        let reasons = accounts.diagnosis(bo.id).await.unwrap().reasons;
        assert_eq!((reasons.len(), reasons[0].code, reasons[0].since), (1, "plan_ended", until));
        let own = accounts.diagnosis(me.user().id).await.unwrap().reasons;
        assert_eq!((own.len(), own[0].code, own[0].since), (1, "plan_ended", until));
        let words = &own[0].message;
        assert!(words.contains("administrators can log in all the same"), "{words}");
        reasons[0].message.clone()
    };
    let words = told(&house).await;
    assert!(words.ends_with("run the site can renew it (help@crm.example)."), "{words}");
    // True as far as it goes: an administrator of the preset cannot.
    let me = identity(&house, "admin").await;
    let renewed = house.auth.user_accounts(&me).unwrap();
    let renewed = renewed.set_plan(&Plan::ULTIMATE, None, &client()).await;
    assert_eq!(kind(renewed), "forbidden");
    let manages_plans = |more: &[Permission]| {
        let mut policy = Policy::crm();
        let held = [Permission::USERS_VIEW, Permission::PLAN_CHANGE].iter().chain(more);
        policy.roles = policy.roles.with(Role::named("company_manager"), held.copied());
        policy
    };
    // Whoever holds the permission and cannot log in is nobody to ask.
    let house = house.under(manages_plans(&[]));
    let words = told(&house).await;
    assert!(words.ends_with("run the site can renew it (help@crm.example)."), "{words}");
    let words = told(&house.under(manages_plans(&[Permission::ADMINISTER]))).await;
    assert!(words.ends_with("so can a colleague of this role: company manager."), "{words}");
}

pub(crate) async fn m21_a_stopped_password_is_told_until_a_new_one_is_set(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let mut policy = Policy::crm();
    policy.limits.failures_in_a_row = 3;
    let house = house.under(policy);
    for _ in 0..3 {
        assert_eq!(kind(house.try_login("bo", "wrong").await), "rejected");
    }
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected", "stopped");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(codes(&accounts, bo.id).await, ["stopped", "wrong_password"]);
    // Time and a lifted wait do not help; a new password does.
    house.clock.turn(Duration::MINUTE);
    accounts.send_password_reset(bo.id, &client()).await.unwrap();
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
    let token = token_in(&house.post().await[0]);
    house.auth.reset_password(&token, &password(BETTER), &client()).await.unwrap();
    house.login("bo", BETTER).await;
    assert_eq!(codes(&accounts, bo.id).await, Vec::<&str>::new());
}

pub(crate) async fn m28_a_history_goes_on_where_it_ended(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    for _ in 0..7 {
        house.login("bo", GOOD).await;
        house.clock.turn(Duration::SECOND);
    }
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let whole = accounts.history(bo.id, None, 200).await.unwrap().events;
    assert!(whole.len() >= 9 && whole.windows(2).all(|pair| pair[0].at >= pair[1].at));
    for limit in [1, 4, whole.len()] {
        let (mut walked, mut cursor) = (Vec::new(), None);
        loop {
            let page = accounts.history(bo.id, cursor.as_deref(), limit).await.unwrap();
            walked.extend(page.events);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, whole);
    }
    let cursor = accounts.history(bo.id, None, 1).await.unwrap().next.unwrap();
    let other = accounts.history(me.user().id, Some(&cursor), 1).await;
    assert_eq!(kind(other), "malformed", "one of another person's history");
}

pub(crate) async fn m16_changing_the_plan_is_a_permission(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let changed = accounts.set_plan(&Plan::ULTIMATE, None, &client()).await;
    assert_eq!(kind(changed), "forbidden", "no role of the preset holds it");
    assert_eq!(accounts.account().await.unwrap().plan, Plan::TRIAL);
    let mut policy = Policy::crm();
    let held: Vec<Permission> = policy.roles.permissions(&Role::ADMINISTRATOR).collect();
    let held = held.into_iter().chain([Permission::PLAN_CHANGE]);
    policy.roles = policy.roles.with(Role::ADMINISTRATOR, held);
    let house = house.under(policy);
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let unknown = accounts.set_plan(&Plan::from_text("golden"), None, &client()).await;
    assert_eq!(rules(unknown.map(drop)), ["unknown"]);
    let until = house.clock.now() + Duration::days(30);
    let account = accounts.set_plan(&Plan::ADVANCED, Some(until), &client()).await.unwrap();
    assert_eq!((&account.plan, account.plan_until), (&Plan::ADVANCED, Some(until)));
    assert_eq!(accounts.account().await.unwrap(), account);
    let now = house.auth.identify(&house.login("admin", GOOD).await.token).await.unwrap();
    assert!(now.require_feature(portcullis::policy::Feature::CAMPAIGNS).is_ok());
}
