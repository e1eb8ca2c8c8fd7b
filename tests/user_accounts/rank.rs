//! Who may do what to whom, and what holds whatever they do.

use portcullis::{
    auth::{Changes, UserAccounts},
    id::AccountId,
    model::{Account, Client, Role, Status},
    policy::{Permission, Policy},
};
use time::Duration;

use super::*;

pub(crate) fn here() -> Client {
    client()
}

pub(crate) static HERE: std::sync::LazyLock<Client> = std::sync::LazyLock::new(here);

/// Does something that others do at the same instant until it is decided: who lost five times in
/// a row is asked to come back.
pub(crate) async fn again<T, F: Future<Output = Result<T, Error>>>(
    what: impl Fn() -> F,
) -> Result<T, Error> {
    loop {
        match what().await {
            Err(Error::Busy) => {}
            decided => return decided,
        }
    }
}

/// The account, with its counts held against its users.
pub(crate) async fn recounted(house: &House, account: AccountId) -> Account {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
    let page = Page::of(&tables::USERS, "of_account", equal, 1_000).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let users: Vec<User> = rows.iter().map(|row| User::from_row(row).unwrap()).collect();
    let row = house.store.get(&tables::ACCOUNTS, account.as_bytes()).await.unwrap().unwrap();
    let account = Account::from_row(&row).unwrap();
    let count = |counts: fn(&User) -> bool| users.iter().filter(|user| counts(user)).count();
    let seats = count(|user| matches!(user.status, Status::Invited | Status::Active));
    assert_eq!(usize::try_from(account.seats_taken).unwrap(), seats);
    let administrators = count(User::is_active_administrator);
    assert_eq!(usize::try_from(account.administrators).unwrap(), administrators);
    account
}

/// The policy of the example with a role that manages people and little else.
pub(crate) fn with_office() -> Policy {
    let mut policy = Policy::crm();
    let held = [Permission::USERS_VIEW, Permission::USERS_MANAGE, Permission::LEADS_EDIT];
    policy.roles = policy.roles.with(Role::named("office"), held);
    policy
}

pub(crate) async fn m13_the_last_active_administrator_stays(house: House) {
    let admin = house.furnished().await;
    let second = house.employee("second", "administrator").await;
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    // Invited and disabled ones do not count.
    let new = NewUser::parse("third", "third@acme.example", "Third", "administrator").unwrap();
    accounts.invite(&new, &here).await.unwrap();
    accounts.disable(second.id, "leave", &here).await.unwrap();
    let demote = Changes::new().role("salesperson");
    conflicts(accounts.disable(admin.id, "myself", &here).await, "administrators");
    conflicts(accounts.update(admin.id, &demote, &here).await, "administrators");
    accounts.enable(second.id, &here).await.unwrap();
    accounts.update(admin.id, &demote, &here).await.unwrap();
    assert_eq!(recounted(&house, admin.account).await.administrators, 1);
    // Who gave it away has it no more.
    assert_eq!(kind(accounts.disable(second.id, "revenge", &here).await), "forbidden");
}

pub(crate) async fn m13_the_guard_on_remove_is_also_on_demote(house: House) {
    let admin = house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let before = stored(&house, admin.id).await;
    for role in ["company_manager", "salesperson", "junior_salesperson"] {
        let demoted = accounts.update(admin.id, &Changes::new().role(role), &client()).await;
        conflicts(demoted, "administrators");
    }
    conflicts(accounts.disable(admin.id, "why", &client()).await, "administrators");
    conflicts(accounts.remove(admin.id, "why", &client()).await, "administrators");
    assert_eq!(stored(&house, admin.id).await, before);
    let told = trail(&house, admin.id).await;
    assert!(
        told.iter().all(|(kind, _)| !["disabled", "removed", "role_changed"].contains(kind)),
        "{told:?}"
    );
    assert!(house.post().await.is_empty(), "nobody is told of what did not happen");
}

pub(crate) async fn m13_two_administrators_at_the_same_instant_leave_one(house: House) {
    let ada = house.furnished().await;
    let bea = house.employee("bea", "administrator").await;
    for round in 0..12 {
        let (of_ada, of_bea) = (identity(&house, "admin").await, identity(&house, "bea").await);
        let strike = |me: Identity, other: UserId, disables: bool| {
            let auth = house.auth.clone();
            tokio::spawn(async move {
                let accounts = auth.user_accounts(&me).unwrap();
                let demote = Changes::new().role("salesperson");
                if disables {
                    again(|| accounts.disable(other, "first", &HERE)).await
                } else {
                    again(|| accounts.update(other, &demote, &HERE)).await
                }
            })
        };
        let one = strike(of_ada, bea.id, round % 2 == 0);
        let two = strike(of_bea, ada.id, round % 3 == 0);
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1, "{one:?} {two:?}");
        let account = recounted(&house, ada.account).await;
        assert_eq!(account.administrators, 1);
        // The one who is left puts it right.
        let (winner, loser) = if one.is_ok() { ("admin", bea.id) } else { ("bea", ada.id) };
        let me = identity(&house, winner).await;
        let accounts = house.auth.user_accounts(&me).unwrap();
        accounts.enable(loser, &client()).await.unwrap();
        let promote = Changes::new().role("administrator");
        accounts.update(loser, &promote, &client()).await.unwrap();
        house.clock.turn(Duration::minutes(11));
    }
}

pub(crate) async fn m15_nobody_gives_or_touches_what_they_do_not_hold(house: House) {
    let admin = house.furnished().await;
    let house = house.under(with_office());
    let office = house.employee("office", "office").await;
    let seller = house.employee("seller", "salesperson").await;
    let manager = house.employee("manager", "sales_manager").await;
    let me = identity(&house, "office").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    let before = [stored(&house, admin.id).await, stored(&house, manager.id).await];
    for above in [admin.id, manager.id] {
        let kinds = [
            kind(accounts.update(above, &Changes::new().name("X"), &here).await),
            kind(accounts.update(above, &Changes::new().username("x"), &here).await),
            kind(accounts.update(above, &Changes::new().role("salesperson"), &here).await),
            kind(accounts.disable(above, "why", &here).await),
            kind(accounts.enable(above, &here).await),
            kind(accounts.sign_out(above, &here).await),
            kind(accounts.send_password_reset(above, &here).await),
            kind(accounts.set_temporary_password(above, &password(BETTER), &here).await),
            kind(accounts.secure(above, "why", &here).await),
            kind(accounts.remove(above, "why", &here).await),
        ];
        assert_eq!(kinds, ["forbidden"; 10]);
    }
    for role in ["administrator", "sales_manager", "company_manager"] {
        for user in [seller.id, office.id] {
            let promote = Changes::new().role(role);
            assert_eq!(kind(accounts.update(user, &promote, &here).await), "forbidden");
        }
        let new = NewUser::parse("new", "new@acme.example", "New", role).unwrap();
        assert_eq!(kind(accounts.invite(&new, &here).await), "forbidden");
    }
    assert_eq!([stored(&house, admin.id).await, stored(&house, manager.id).await], before);
    // Within their own rights they do as they like.
    accounts.update(seller.id, &Changes::new().role("office"), &here).await.unwrap();
    accounts.update(seller.id, &Changes::new().role("junior_salesperson"), &here).await.unwrap();
    accounts.disable(seller.id, "why", &here).await.unwrap();
    // Another company's users do not exist.
    let otto = another_company(&house).await;
    let kinds = [
        kind(accounts.update(otto.id, &Changes::new().name("X"), &here).await),
        kind(accounts.disable(otto.id, "why", &here).await),
        kind(accounts.enable(otto.id, &here).await),
        kind(accounts.sign_out(otto.id, &here).await),
        kind(accounts.send_password_reset(otto.id, &here).await),
        kind(accounts.resend_activation(otto.id, &here).await),
        kind(accounts.revoke_invitation(otto.id, &here).await),
        kind(accounts.set_temporary_password(otto.id, &password(BETTER), &here).await),
        kind(accounts.secure(otto.id, "why", &here).await),
        kind(accounts.remove(otto.id, "why", &here).await),
        kind(accounts.history(otto.id, None, 10).await),
        kind(accounts.get(otto.id).await),
    ];
    assert_eq!(kinds, ["not_found"; 12]);
}

pub(crate) async fn m15_an_authority_taken_away_does_nothing_more(house: House) {
    house.furnished().await;
    let bea = house.employee("bea", "administrator").await;
    let seller = house.employee("seller", "salesperson").await;
    let (ada, kept) = (identity(&house, "admin").await, identity(&house, "bea").await);
    let chief = house.auth.user_accounts(&ada).unwrap();
    let here = client();
    let tries = async |accounts: &UserAccounts<'_>| {
        [
            kind(accounts.disable(seller.id, "why", &here).await),
            kind(accounts.update(seller.id, &Changes::new().name("X"), &here).await),
            kind(accounts.send_password_reset(seller.id, &here).await),
            kind(accounts.set_temporary_password(seller.id, &password(BETTER), &here).await),
            kind(accounts.secure(seller.id, "why", &here).await),
            kind(accounts.remove(seller.id, "why", &here).await),
        ]
    };
    // The handle was given while the right was there, and outlives it in vain.
    let accounts = house.auth.user_accounts(&kept).unwrap();
    chief.update(bea.id, &Changes::new().role("company_manager"), &here).await.unwrap();
    assert_eq!(tries(&accounts).await, ["forbidden"; 6]);
    chief.update(bea.id, &Changes::new().role("administrator"), &here).await.unwrap();
    chief.sign_out(bea.id, &here).await.unwrap();
    assert_eq!(tries(&accounts).await, ["forbidden"; 6], "a session that has ended");
    assert_eq!(kind(accounts.get(seller.id).await), "unauthenticated");
    let again = identity(&house, "bea").await;
    let accounts = house.auth.user_accounts(&again).unwrap();
    chief.disable(bea.id, "why", &here).await.unwrap();
    assert_eq!(tries(&accounts).await, ["forbidden"; 6], "somebody who is locked out");
    let seller = stored(&house, seller.id).await;
    assert_eq!((seller.name.as_str(), seller.status), ("seller", Status::Active));
}

pub(crate) async fn m16_after_the_plan_has_ended_nobody_is_enabled_and_help_goes_on(house: House) {
    let until = portcullis::clock::Clock::now(&house.clock) + Duration::days(14);
    let account = NewAccount::new("Acme", Plan::TRIAL).unwrap().until(until);
    let admin =
        NewUser::parse("admin", "admin@acme.example", "Ada Admin", "administrator").unwrap();
    house.operator.because("test").open_account(&account, &admin).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    let bo = house.employee("bo", "salesperson").await;
    let cy = house.employee("cy", "salesperson").await;
    let me = identity(&house, "admin").await;
    house.auth.user_accounts(&me).unwrap().disable(bo.id, "leave", &client()).await.unwrap();
    house.clock.turn(Duration::days(15));
    assert_eq!(kind(house.try_login("cy", GOOD).await), "account_ended");
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    assert_eq!(kind(accounts.enable(bo.id, &here).await), "account_ended");
    let new = NewUser::parse("new", "new@acme.example", "New", "salesperson").unwrap();
    assert_eq!(kind(accounts.invite(&new, &here).await), "account_ended");
    accounts.send_password_reset(cy.id, &here).await.unwrap();
    accounts.update(cy.id, &Changes::new().username("cyril"), &here).await.unwrap();
    accounts.disable(cy.id, "why", &here).await.unwrap();
}
