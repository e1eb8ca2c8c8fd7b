//! What a company has bought: until when, and for how many.

use portcullis::{
    auth::Changes,
    clock::Clock as _,
    error::Result,
    model::{Account, EventKind},
    policy::{Feature, Policy},
};
use time::Duration;

use super::*;

pub(crate) async fn m16_an_ended_plan_includes_nothing_and_help_goes_on(house: House) {
    let admin = house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let until = house.clock.now() + Duration::minutes(10);
    let acting = house.operator.because("a trial of more");
    acting.set_plan(admin.account, &Plan::ESSENTIAL, Some(until)).await.unwrap();
    // Recognised before the end, and kept beyond it.
    let begun = identity(&house, "admin").await;
    let session = house.login("admin", GOOD).await;
    assert!(begun.require_feature(Feature::LEADS_EXPORT).is_ok() && !begun.plan_has_ended());
    assert_eq!(begun.features().collect::<Vec<_>>(), [Feature::LEADS_EXPORT]);
    assert_eq!(kind(begun.require_feature(Feature::REPORTS)), "forbidden");
    house.clock.turn(Duration::minutes(10));
    let again = house.auth.identify(&session.token).await.unwrap();
    for me in [&begun, &session.identity, &again, &identity(&house, "admin").await] {
        assert!(me.plan_has_ended() && me.features().next().is_none());
        for feature in [Feature::LEADS_EXPORT, Feature::REPORTS] {
            assert_eq!(kind(me.require_feature(feature)), "account_ended");
        }
    }
    let (accounts, here) = (house.auth.user_accounts(&again).unwrap(), client());
    accounts.send_password_reset(bo.id, &here).await.unwrap();
    accounts.update(bo.id, &Changes::new().name("Bo B."), &here).await.unwrap();
    let mine = house.auth.my_account(&again);
    mine.change_password(&password(GOOD), &password(BETTER), &here).await.unwrap();
    assert_eq!(kind(house.try_login("bo", GOOD).await), "account_ended");
    acting.set_plan(admin.account, &Plan::ESSENTIAL, None).await.unwrap();
    let me = house.login("admin", BETTER).await.identity;
    assert!(me.require_feature(Feature::LEADS_EXPORT).is_ok());
    house.login("bo", GOOD).await;
}

/// Invites somebody by the operator.
async fn invited(house: &House, account: &Account, name: &str) -> Result<User> {
    let email = format!("{name}@acme.example");
    let new = NewUser::parse(name, &email, name, "salesperson").unwrap();
    again(|| async { house.operator.because("test").invite(account.id, &new).await }).await
}

pub(crate) async fn m16_seats_are_those_of_the_plan_or_agreed_upon(house: House) {
    let mut policy = Policy::crm();
    policy.plans = policy.plans.with_seats(Plan::TRIAL, 2).with_seats(Plan::ADVANCED, 4);
    let house = house.under(policy);
    let new = NewUser::parse("admin", "admin@acme.example", "Ada", "administrator").unwrap();
    let acting = house.operator.because("ticket 7");
    let opened = acting.open_account(&NewAccount::new("Acme", Plan::TRIAL).unwrap(), &new).await;
    let account = opened.unwrap().account;
    let id = account.id;
    house
        .auth
        .activate(&token_in(&house.post().await[0]), &password(GOOD), &client())
        .await
        .unwrap();
    let seats = |account: &Account| house.auth.policy().plans.seats_of(account);
    assert_eq!(seats(&account), Some(2), "as the plan says");
    let bo = invited(&house, &account, "bo").await.unwrap();
    conflicts(invited(&house, &account, "cy").await, "seats");
    // More by agreement, whatever the plan is.
    assert_eq!(seats(&acting.set_seats(id, Some(3)).await.unwrap()), Some(3));
    invited(&house, &account, "cy").await.unwrap();
    conflicts(invited(&house, &account, "di").await, "seats");
    let other = acting.set_plan(id, &Plan::ULTIMATE, None).await.unwrap();
    assert_eq!(seats(&other), Some(3), "what was agreed stays");
    // Without it as the plan says, and that follows the plan.
    assert_eq!(seats(&acting.set_seats(id, None).await.unwrap()), None);
    for name in ["di", "ed"] {
        invited(&house, &account, name).await.unwrap();
    }
    assert_eq!(seats(&acting.set_plan(id, &Plan::ADVANCED, None).await.unwrap()), Some(4));
    conflicts(invited(&house, &account, "flo").await, "seats");
    // Fewer than are taken throw nobody out.
    acting.set_seats(id, Some(1)).await.unwrap();
    assert_eq!(recounted(&house, id).await.seats_taken, 5);
    house.login("admin", GOOD).await;
    acting.revoke_invitation(bo.id).await.unwrap();
    conflicts(invited(&house, &account, "flo").await, "seats");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let late = NewUser::parse("flo", "flo@acme.example", "Flo", "salesperson").unwrap();
    conflicts(accounts.invite(&late, &client()).await, "seats");
    assert_eq!(kind(acting.set_seats(portcullis::id::AccountId::NOBODY, None).await), "not_found");
    let said = changes_of(&house, id, EventKind::SeatsChanged).await;
    assert_eq!(said, ["2 → 3 ticket 7", "3 → any number ticket 7", "4 → 1 ticket 7"]);
    let said = changes_of(&house, id, EventKind::PlanChanged).await;
    assert_eq!(said, ["trial → ultimate ticket 7", "ultimate → advanced ticket 7"]);
}

pub(crate) async fn m16_seats_hold_while_they_are_changed(house: House) {
    let admin = house.furnished().await;
    let acting = house.operator.because("test");
    let account = acting.set_seats(admin.account, Some(2)).await.unwrap();
    let names: Vec<String> = (0..6).map(|number| format!("user{number}")).collect();
    let invite = |number: usize| invited(&house, &account, &names[number]);
    let more = again(|| async { acting.set_seats(admin.account, Some(4)).await });
    let (a, b, c, changed, d, e, f) =
        tokio::join!(invite(0), invite(1), invite(2), more, invite(3), invite(4), invite(5));
    changed.unwrap();
    let passed = [a, b, c, d, e, f].iter().filter(|result| result.is_ok()).count();
    let taken = recounted(&house, admin.account).await.seats_taken;
    assert_eq!(usize::try_from(taken).unwrap(), passed + 1);
    assert!((2..=4).contains(&taken), "{taken} on 4 seats");
}

/// What the record says of changes of this kind, in the order of the words.
async fn changes_of(
    house: &House,
    account: portcullis::id::AccountId,
    kind: EventKind,
) -> Vec<String> {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_account", equal, 200).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| Event::from_row(row).unwrap());
    let mut said: Vec<String> =
        events.filter(|event| event.kind == kind).map(|event| event.reason).collect();
    said.sort();
    said
}
