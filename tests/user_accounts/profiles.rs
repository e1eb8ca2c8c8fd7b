//! Names, usernames and roles.

use portcullis::{auth::Changes, policy::Policy};

use super::*;

pub(crate) async fn m8_an_administrator_changes_username_name_and_role(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let session = house.login("bo", GOOD).await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let changes = Changes::new().username("bo.baker").name("Bo Baker").role("sales_manager");
    let changed = accounts.update(bo.id, &changes, &client()).await.unwrap();
    assert_eq!(changed, stored(&house, bo.id).await);
    assert_eq!((changed.username.as_str(), changed.role.as_str()), ("bo.baker", "sales_manager"));
    assert_eq!(changed.id, bo.id, "the person stays who they are");
    // Sessions go on, with what the new role allows.
    let now = house.auth.identify(&session.token).await.unwrap();
    assert_eq!(now.user().username.as_str(), "bo.baker");
    assert!(now.allows(portcullis::policy::Permission::USERS_VIEW));
    assert_eq!(kind(house.try_login("bo", GOOD).await), "rejected");
    house.login("bo.baker", GOOD).await;
    let letters = house.post().await;
    assert_eq!(letters.len(), 3, "one for each change");
    assert!(letters.iter().all(|letter| letter.to.as_str() == "bo@acme.example"));
    assert!(letters.iter().all(|letter| letter.text.contains("by Ada Admin")), "{letters:?}");
    let all: String = letters.iter().map(|letter| letter.text.as_str()).collect();
    for line in ["It was: bo\n", "Name: bo → Bo Baker", "Role: salesperson → sales_manager"] {
        assert!(all.contains(line), "{line} in {all}");
    }
    let trail = trail(&house, bo.id).await;
    for (kind, reason) in [
        ("username_changed", "bo → bo.baker"),
        ("name_changed", "bo → Bo Baker"),
        ("role_changed", "salesperson → sales_manager"),
    ] {
        assert!(trail.contains(&(kind, reason.to_owned())), "{kind} in {trail:?}");
    }
    // What is so already is not done twice, and nobody is told twice.
    accounts.update(bo.id, &changes, &client()).await.unwrap();
    assert!(house.post().await.is_empty());
    assert_eq!(stored(&house, bo.id).await.version, changed.version);
}

pub(crate) async fn m8_a_profile_changed_meanwhile_is_not_overwritten(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let seen = stored(&house, bo.id).await.version;
    let first = Changes::new().name("First").expecting(seen);
    let second = Changes::new().name("Second").expecting(seen);
    accounts.update(bo.id, &first, &client()).await.unwrap();
    conflicts(accounts.update(bo.id, &second, &client()).await, "version");
    assert_eq!(stored(&house, bo.id).await.name.as_str(), "First");
}

pub(crate) async fn m8_a_taken_username_is_given_to_nobody(house: House) {
    house.furnished().await;
    another_company(&house).await;
    let bo = house.employee("bo", "salesperson").await;
    let cy = house.employee("cy", "salesperson").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let to = |name: &str| Changes::new().username(name).name("Not Changed");
    // `аdmin` begins with a Cyrillic letter.
    for name in ["cy", "CY", "admin", "otto", "аdmin"] {
        conflicts(accounts.update(bo.id, &to(name), &client()).await, "username");
    }
    assert_eq!(stored(&house, bo.id).await.name.as_str(), "bo", "all of it or none");
    // Two who want one name at the same instant: one gets it.
    let wish = Changes::new().username("chosen");
    let (one, two) =
        tokio::join!(accounts.update(bo.id, &wish, &HERE), accounts.update(cy.id, &wish, &HERE),);
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    conflicts(if one.is_ok() { two } else { one }, "username");
    // One's own name may be written otherwise.
    let back = stored(&house, cy.id).await.username.as_str().to_uppercase();
    accounts.update(cy.id, &Changes::new().username(&back), &client()).await.unwrap();
}

pub(crate) async fn m8_a_username_equal_to_anothers_email_is_refused(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for name in ["admin@acme.example", "nobody@else.example"] {
        let changed = accounts.update(bo.id, &Changes::new().username(name), &client()).await;
        assert_eq!(rules(changed.map(drop)), ["own_address"]);
    }
    let own = Changes::new().username("BO@acme.example");
    accounts.update(bo.id, &own, &client()).await.unwrap();
    house.login("bo@acme.example", GOOD).await;
    let wrong = Changes::new().username("b o").name("").role("emperor");
    let missed = rules(accounts.update(bo.id, &wrong, &client()).await.map(drop));
    assert_eq!(missed, ["format", "format"]);
    let unknown = Changes::new().role("emperor");
    assert_eq!(rules(accounts.update(bo.id, &unknown, &client()).await.map(drop)), ["unknown"]);
}

pub(crate) async fn m8_ones_own_username_is_changed_in_my_account_only(house: House) {
    let admin = house.furnished().await;
    house.employee("second", "administrator").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let changes = Changes::new().username("root").name("Ada Root");
    assert_eq!(kind(accounts.update(admin.id, &changes, &client()).await), "forbidden");
    assert_eq!(stored(&house, admin.id).await.username.as_str(), "admin");
    let name = Changes::new().name("Ada Root");
    accounts.update(admin.id, &name, &client()).await.unwrap();
}

pub(crate) async fn m16_seats_hold_under_concurrent_invitations_and_enables(house: House) {
    let admin = house.furnished().await;
    let mut policy = Policy::crm();
    policy.limits.invitations_per_day = 1_000;
    let house = house.under(policy);
    // 50 seats: the administrator and 44 who are invited leave five, two of which two take who
    // are then locked out.
    let me = identity(&house, "admin").await;
    let mut out = Vec::new();
    for number in 0..2 {
        let user = house.employee(&format!("out{number}"), "salesperson").await;
        let accounts = house.auth.user_accounts(&me).unwrap();
        accounts.disable(user.id, "scene", &client()).await.unwrap();
        out.push(user.id);
    }
    let invite = |number: usize| {
        let (house, me) = (&house, &me);
        async move {
            let (name, accounts) = (format!("user{number}"), house.auth.user_accounts(me).unwrap());
            let email = format!("{name}@acme.example");
            let new = NewUser::parse(&name, &email, &name, "salesperson").unwrap();
            again(|| accounts.invite(&new, &HERE)).await.map(drop)
        }
    };
    for number in 0..46 {
        invite(number).await.unwrap();
    }
    let accounts = house.auth.user_accounts(&me).unwrap();
    let enable = |user: UserId| {
        let accounts = &accounts;
        again(move || accounts.enable(user, &HERE))
    };
    let (a, b, c, d, e, f) = tokio::join!(
        invite(100),
        enable(out[0]),
        invite(101),
        enable(out[1]),
        invite(102),
        invite(103),
    );
    let results = [a, b.map(drop), c, d.map(drop), e, f];
    let passed = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(passed, 3, "{results:?}");
    for result in results {
        if result.is_err() {
            conflicts(result, "seats");
        }
    }
    let account = recounted(&house, admin.account).await;
    assert_eq!(account.seats_taken, 50);
}
