//! What somebody may not do is refused and remembered.

use portcullis::{auth::Changes, id::AccountId, model::Actor};
use time::Duration;

use super::*;

/// The refused acts an account's audit trail tells of: by whom, on whom, and what.
async fn refused(house: &House, account: AccountId) -> Vec<(String, String, String)> {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_account", equal, 1_000).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| Event::from_row(row).unwrap());
    let refused = events.filter(|event| event.kind.as_str() == "act_refused");
    refused
        .map(|event| {
            assert_eq!(event.client, client());
            let Actor::User(_, actor) = event.actor else { panic!("somebody did it") };
            (actor, event.subject.map_or(String::new(), |(_, name)| name), event.reason)
        })
        .collect()
}

pub(crate) async fn m28_what_somebody_may_not_do_to_another_is_recorded(house: House) {
    let admin = house.furnished().await;
    let house = house.under(with_office());
    house.employee("office", "office").await;
    house.employee("manager", "sales_manager").await;
    let bo = house.employee("bo", "salesperson").await;
    let (office, manager) = (identity(&house, "office").await, identity(&house, "manager").await);
    let here = client();
    let accounts = house.auth.user_accounts(&office).unwrap();
    let above = admin.id;
    let promote = Changes::new().role("administrator");
    let new = NewUser::parse("cy", "cy@acme.example", "Cy", "administrator").unwrap();
    let email = portcullis::model::EmailAddress::parse("evil@evil.example").unwrap();
    let kinds = [
        kind(accounts.update(above, &Changes::new().name("X"), &here).await),
        kind(accounts.update(bo.id, &promote, &here).await),
        kind(accounts.disable(above, "why", &here).await),
        kind(accounts.enable(above, &here).await),
        kind(accounts.sign_out(above, &here).await),
        kind(accounts.send_password_reset(above, &here).await),
        kind(accounts.set_temporary_password(above, &password(BETTER), &here).await),
        kind(accounts.secure(above, "why", &here).await),
        kind(accounts.remove(above, "why", &here).await),
        kind(accounts.recover(above, &email, "why", &here).await),
        kind(accounts.invite(&new, &here).await),
        kind(accounts.secure_account("why", &here).await),
    ];
    assert_eq!(kinds, ["forbidden"; 12]);
    // Who may only see people tries as well.
    let sees = house.auth.user_accounts(&manager).unwrap();
    assert_eq!(kind(sees.disable(bo.id, "why", &here).await), "forbidden");
    // Another company's users do not exist, and their record says nothing.
    let otto = another_company(&house).await;
    assert_eq!(kind(sees.disable(otto.id, "why", &here).await), "forbidden");
    assert_eq!(kind(accounts.disable(otto.id, "why", &here).await), "not_found");
    let own = accounts.update(office.user().id, &Changes::new().username("x"), &here).await;
    assert_eq!(kind(own), "forbidden", "no act on another");
    let told = refused(&house, admin.account).await;
    let mut expected = [
        ("office", "admin", "change profile"),
        ("office", "bo", "change profile administrator"),
        ("office", "admin", "disable"),
        ("office", "admin", "enable"),
        ("office", "admin", "sign out"),
        ("office", "admin", "send password reset"),
        ("office", "admin", "set temporary password"),
        ("office", "admin", "secure"),
        ("office", "admin", "remove"),
        ("office", "admin", "recover"),
        ("office", "", "invite administrator"),
        ("office", "", "secure account"),
        ("manager", "bo", "disable"),
        ("manager", "", "disable"),
    ];
    let told = told.iter().map(|(by, whom, what)| (by.as_str(), whom.as_str(), what.as_str()));
    let mut told: Vec<_> = told.collect();
    // All at one instant, so in no order.
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert_eq!(refused(&house, otto.account).await, []);
}

pub(crate) async fn m28_refused_acts_do_not_flood_the_record(house: House) {
    let admin = house.furnished().await;
    house.employee("manager", "sales_manager").await;
    let manager = identity(&house, "manager").await;
    let accounts = house.auth.user_accounts(&manager).unwrap();
    for _ in 0..50 {
        assert_eq!(kind(accounts.disable(admin.id, "why", &client()).await), "forbidden");
    }
    assert_eq!(refused(&house, admin.account).await.len(), 20);
    house.clock.turn(Duration::DAY);
    let manager = identity(&house, "manager").await;
    let accounts = house.auth.user_accounts(&manager).unwrap();
    assert_eq!(kind(accounts.disable(admin.id, "why", &client()).await), "forbidden");
    assert_eq!(refused(&house, admin.account).await.len(), 21);
    // A session that has ended is nobody's.
    house.auth.logout(&house.login("manager", GOOD).await.token, &client()).await.unwrap();
    let gone = house.login("manager", GOOD).await;
    house.auth.logout(&gone.token, &client()).await.unwrap();
    let accounts = house.auth.user_accounts(&gone.identity).unwrap();
    assert_eq!(kind(accounts.disable(admin.id, "why", &client()).await), "forbidden");
    assert_eq!(refused(&house, admin.account).await.len(), 21);
}
