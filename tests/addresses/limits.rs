//! Limits: whose they are, and what shows of them.

use portcullis::auth::Changes;
use time::Duration;

use super::*;

/// An administrator of another company gives somebody there the victim's address, as address and
/// as username, and then does whatever ends waits: the victim's go on.
pub(crate) async fn nobody_ends_the_waits_of_another_companys_people(house: House) {
    house.furnished().await;
    let (_, xavier) = another_company(&house).await;
    for _ in 0..6 {
        drop(house.try_login(OLD, BETTER).await);
    }
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "throttled");
    let me = identity(&house, "mallory").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    let taken = accounts.recover(xavier.id, &address(OLD), "a story", &here).await.unwrap();
    assert_eq!(taken.username.canonical(), OLD, "the control: the username goes along");
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "throttled", "by recovering");
    accounts.set_temporary_password(xavier.id, &password(BETTER), &here).await.unwrap();
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "throttled", "by a temporary password");
    accounts.disable(xavier.id, "for a moment", &here).await.unwrap();
    accounts.enable(xavier.id, &here).await.unwrap();
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "throttled", "by enabling");
    // Nor do they see how somebody fares whose address it is.
    let shown = codes(&accounts.diagnosis(xavier.id).await.unwrap());
    assert!(!shown.contains(&"throttled"), "{shown:?}");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let shown = codes(&accounts.diagnosis(me.user().id).await.unwrap());
    assert!(shown.contains(&"throttled"), "the control: {shown:?}");
}

pub(crate) async fn addresses_given_to_people_are_counted_together(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    let new = NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson").unwrap();
    let ivy = accounts.invite(&new, &here).await.unwrap();
    let mailbox = |number: usize| format!("stranger{number}@anywhere.example");
    let elsewhere = |number: usize| Changes::new().email(&mailbox(number));
    // Fifty letters by three ways.
    for number in 0..20 {
        accounts.update(ivy.id, &elsewhere(number), &here).await.unwrap();
    }
    for number in 20..40 {
        accounts.update(bo.id, &elsewhere(number), &here).await.unwrap();
    }
    for number in 40..50 {
        accounts.recover(bo.id, &address(&mailbox(number)), "why", &here).await.unwrap();
    }
    let another = NewUser::parse("one", "more@anywhere.example", "More", "salesperson").unwrap();
    assert_eq!(kind(accounts.update(ivy.id, &elsewhere(50), &here).await), "throttled");
    assert_eq!(kind(accounts.update(bo.id, &elsewhere(51), &here).await), "throttled");
    let recovered = accounts.recover(bo.id, &address(&mailbox(52)), "why", &here).await;
    assert_eq!(kind(recovered), "throttled");
    // Inviting goes on, and fifty invitations would not have kept anybody from helping.
    assert_eq!(kind(accounts.invite(&another, &here).await), "ok");
    // What goes to no such address is not counted with them.
    accounts.update(bo.id, &Changes::new().name("Bo B."), &here).await.unwrap();
    house.clock.turn(Duration::hours(25));
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.recover(bo.id, &address(&mailbox(52)), "why", &here).await.unwrap();
}

/// Acts that were refused, and what colleagues ask for themselves, keep no administrator from
/// helping somebody.
pub(crate) async fn m10_nobody_uses_up_what_helping_takes(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    house.employee("eve", "salesperson").await;
    let here = client();
    let eve = identity(&house, "eve").await;
    let theirs = house.auth.my_account(&eve);
    for _ in 0..6 {
        theirs.change_email(&password(GOOD), &bo.email, &here).await.unwrap();
    }
    let asked = theirs.change_email(&password(GOOD), &bo.email, &here).await;
    assert_eq!(kind(asked), "throttled", "the control");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.send_password_reset(bo.id, &here).await.unwrap();
    for number in 0..60 {
        let mailbox = format!("stranger{number}@anywhere.example");
        let changes = Changes::new().email(&mailbox);
        assert_eq!(kind(accounts.update(me.user().id, &changes, &here).await), "forbidden");
        let new = address(&mailbox);
        let oneself = accounts.recover(me.user().id, &new, "why", &here).await;
        assert_eq!(kind(oneself), "forbidden");
    }
    let new = address("bo@elsewhere.example");
    assert_eq!(kind(accounts.recover(bo.id, &new, "why", &here).await), "ok");
}

/// What no password is asked for is done thirty times by one session, and then makes no other
/// wait; another session of the same person still ends it.
pub(crate) async fn what_asks_for_no_password_is_not_done_without_pause(house: House) {
    house.furnished().await;
    let here = client();
    let thief = identity(&house, "admin").await;
    let account = house.auth.my_account(&thief);
    for _ in 0..15 {
        account.end_other_sessions(&here).await.unwrap();
        account.choose_language(None, &here).await.unwrap();
    }
    assert_eq!(kind(account.end_other_sessions(&here).await), "throttled");
    assert_eq!(kind(account.choose_language(None, &here).await), "throttled");
    let own = identity(&house, "admin").await;
    house.auth.my_account(&own).end_other_sessions(&here).await.unwrap();
    assert_eq!(kind(account.end_other_sessions(&here).await), "throttled", "and it has ended");
    house.clock.turn(Duration::minutes(10));
    assert_eq!(kind(account.end_other_sessions(&here).await), "unauthenticated");
}

pub(crate) async fn m18_six_addresses_a_day_are_asked_for(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let (account, here) = (house.auth.my_account(&me), client());
    let ask = async |address: EmailAddress| {
        kind(account.change_email(&password(GOOD), &address, &here).await)
    };
    let mailbox = |number: usize| address(&format!("stranger{number}@anywhere.example"));
    for number in 0..6 {
        // What mails nothing counts as nothing.
        assert_eq!(ask(address(OLD)).await, "invalid");
        assert_eq!(ask(mailbox(number)).await, "ok");
    }
    assert_eq!(ask(mailbox(6)).await, "throttled");
    house.employee("bo", "salesperson").await;
    let bo = identity(&house, "bo").await;
    let theirs = house.auth.my_account(&bo);
    theirs.change_email(&password(GOOD), &mailbox(7), &here).await.unwrap();
    house.clock.turn(Duration::hours(25));
    let me = identity(&house, "admin").await;
    let account = house.auth.my_account(&me);
    account.change_email(&password(GOOD), &mailbox(6), &here).await.unwrap();
}

/// A whole network is kept out by what somebody else in it tried, also from people who made no
/// mistake themselves.
pub(crate) async fn m21_a_network_that_is_kept_out_is_told(house: House) {
    use portcullis::{auth::Credentials, clock::Clock as _, model::Client};
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    house.login("bo", GOOD).await;
    let elsewhere = Client::new("198.51.100.7".parse().ok(), "elsewhere");
    let admin = Credentials::new("admin", password(GOOD));
    let admin = house.auth.login(admin, &elsewhere).await.unwrap().signed_in().unwrap();
    let accounts = house.auth.user_accounts(&admin.identity).unwrap();
    let shown = async || {
        let reasons = accounts.diagnosis(bo.id).await.unwrap().reasons;
        let reason = reasons.into_iter().find(|reason| reason.code == "network_rests");
        reason.map(|reason| (reason.since.unwrap(), reason.until.unwrap(), reason.message))
    };
    assert_eq!(shown().await, None);
    let first = house.clock.now();
    for number in 0..100 {
        assert_eq!(kind(house.try_login(&format!("nobody{number}"), GOOD).await), "rejected");
    }
    assert_eq!(kind(house.try_login("bo", GOOD).await), "throttled", "the control");
    let (since, until, message) = shown().await.unwrap();
    assert_eq!((since, until), (first, first + Duration::minutes(10)));
    assert!(message.contains("another network"), "the next step: {message}");
    house.clock.turn(Duration::minutes(10));
    assert_eq!(shown().await, None);
    assert_eq!(kind(house.try_login("bo", GOOD).await), "ok");
}

pub(crate) async fn m21_a_mailbox_that_gets_no_more_is_told(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let (_, xavier) = another_company(&house).await;
    let rests = async |who: &str, about: UserId| {
        let me = identity(&house, who).await;
        let accounts = house.auth.user_accounts(&me).unwrap();
        let reasons = accounts.diagnosis(about).await.unwrap().reasons;
        let reason = reasons.into_iter().find(|reason| reason.code == "mailbox_rests");
        reason.map(|reason| (reason.since.unwrap(), reason.until.unwrap(), reason.message))
    };
    use portcullis::clock::Clock as _;
    assert_eq!(rests("admin", bo.id).await, None);
    let first = house.clock.now();
    house.forgot("bo@acme.example").await;
    let (since, until, message) = rests("admin", bo.id).await.unwrap();
    assert_eq!((since, until), (first, first + Duration::minutes(5)));
    assert!(message.contains("look for the last one"), "the next step: {message}");
    for _ in 1..6 {
        house.clock.turn(Duration::minutes(5));
        assert_eq!(rests("admin", bo.id).await, None);
        house.forgot("bo@acme.example").await;
    }
    house.clock.turn(Duration::minutes(5));
    let (since, until, _) = rests("admin", bo.id).await.unwrap();
    assert_eq!((since, until), (first, first + Duration::hours(24)));
    house.auth.forgot_password("bo@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty(), "as it says");
    // Who merely has the address in a profile does not see what its mailbox was asked for.
    let me = identity(&house, "mallory").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let bos = address("bo@acme.example");
    accounts.recover(xavier.id, &bos, "a story", &client()).await.unwrap();
    assert_eq!(rests("mallory", xavier.id).await, None);
    house.clock.turn(Duration::hours(24));
    assert_eq!(rests("admin", bo.id).await, None);
}
