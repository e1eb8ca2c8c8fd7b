//! Finding people.

use portcullis::{
    auth::{Changes, Listed, UserAccounts, Wanted},
    model::{Role, Status, UserWord},
    policy::{Permission, Roles},
};

use super::*;

async fn names(accounts: &UserAccounts<'_>, wanted: &Wanted) -> Vec<String> {
    let listed = accounts.list(wanted).await.unwrap();
    listed.users.iter().map(|found| found.user.username.as_str().to_owned()).collect()
}

/// Invites somebody, who has not come yet.
async fn invited(accounts: &UserAccounts<'_>, username: &str, email: &str, name: &str) -> User {
    let new = NewUser::parse(username, email, name, "salesperson").unwrap();
    accounts.invite(&new, &client()).await.unwrap()
}

pub(crate) async fn m6_somebody_is_found_by_the_beginning_of_any_word(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    invited(&accounts, "ghopper", "grace.hopper@navy.example", "Grace Brewster Hopper").await;
    invited(&accounts, "jürgen", "j@acme.example", "Jürgen Groß").await;
    let found = async |query: &str| names(&accounts, &Wanted::new().query(query)).await;
    for query in [
        "grace",
        "GRACE",
        "brew",
        "hop",
        "ghop",
        "grace.h",
        "navy",
        "grace.hopper@navy.example",
        "hopper grace",
        "  grace   navy ",
        "ｇｒａｃｅ",
    ] {
        assert_eq!(found(query).await, ["ghopper"], "{query}");
    }
    for query in ["jürg", "JÜRG", "gro", "GROß"] {
        assert_eq!(found(query).await, ["jürgen"], "{query}");
    }
    for query in ["opper", "grace ada", "%", "_", "*", "x\u{10ffff}"] {
        assert_eq!(found(query).await, Vec::<String>::new(), "{query}");
    }
    let mut both = found("a").await;
    both.sort();
    assert_eq!(both, ["admin", "jürgen"], "each of them once, by their first word");
    assert_eq!(found("").await, ["admin", "ghopper", "jürgen"]);
    let invited = Wanted::new().status(Status::Invited);
    assert_eq!(names(&accounts, &invited).await, ["ghopper", "jürgen"]);
    assert_eq!(names(&accounts, &invited.clone().query("gr")).await, ["ghopper", "jürgen"]);
    let role = Wanted::new().role(Role::ADMINISTRATOR);
    assert_eq!(names(&accounts, &role).await, ["admin"]);
    assert_eq!(names(&accounts, &role.query("gr")).await, Vec::<String>::new());
    let admin = &accounts.list(&Wanted::new().query("ada")).await.unwrap().users[0];
    assert!(admin.last_login_at.is_some());
}

pub(crate) async fn m6_lists_go_on_where_they_ended(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for number in 0..23 {
        let name = format!("user{number:02}");
        invited(&accounts, &name, &format!("{name}@acme.example"), "Una Unger").await;
    }
    for wanted in [
        Wanted::new(),
        Wanted::new().query("u"),
        Wanted::new().query("una"),
        Wanted::new().status(Status::Invited),
        Wanted::new().role(Role::SALESPERSON),
    ] {
        let whole = names(&accounts, &wanted).await;
        for limit in [1, 7, 23, 24, 200] {
            let (mut walked, mut wanted) = (Vec::new(), wanted.clone().limit(limit));
            loop {
                let Listed { users, next, .. } = accounts.list(&wanted).await.unwrap();
                assert!(users.len() <= limit);
                walked.extend(users.iter().map(|found| found.user.username.as_str().to_owned()));
                let Some(next) = next else { break };
                wanted = wanted.after(&next);
            }
            assert_eq!(walked, whole, "{limit} a page of {wanted:?}");
        }
        assert!(whole.len() >= 23);
    }
}

pub(crate) async fn m6_a_tampered_page_cursor_is_refused(house: House) {
    house.furnished().await;
    another_company(&house).await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for name in ["bo", "cy"] {
        invited(&accounts, name, &format!("{name}@acme.example"), name).await;
    }
    let first = Wanted::new().limit(1);
    let cursor = accounts.list(&first).await.unwrap().next.unwrap();
    let refused = async |accounts: &UserAccounts<'_>, wanted: Wanted, cursor: &str| {
        assert_eq!(kind(accounts.list(&wanted.after(cursor)).await), "malformed", "{cursor}");
    };
    for position in 0..cursor.len() {
        let mut other = cursor.clone().into_bytes();
        other[position] = if other[position] == b'A' { b'B' } else { b'A' };
        refused(&accounts, first.clone(), &String::from_utf8(other).unwrap()).await;
    }
    for cursor in ["", "AAAA", "=", "ü", &cursor[..cursor.len() - 1], &format!("{cursor}AAAA")] {
        refused(&accounts, first.clone(), cursor).await;
    }
    // One of another filter, or of another company, is none of this list.
    refused(&accounts, first.clone().query("b"), &cursor).await;
    refused(&accounts, first.clone().status(Status::Invited), &cursor).await;
    refused(&accounts, first.clone().role(Role::SALESPERSON), &cursor).await;
    let other = identity(&house, "otto").await;
    refused(&house.auth.user_accounts(&other).unwrap(), first.clone(), &cursor).await;
    // The page may have another length.
    let rest = accounts.list(&Wanted::new().limit(9).after(&cursor)).await.unwrap();
    assert_eq!(rest.users.len(), 2);
}

pub(crate) async fn m6_a_list_of_one_company_shows_nobody_of_another(house: House) {
    let admin = house.furnished().await;
    let otto = another_company(&house).await;
    let me = identity(&house, "otto").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(names(&accounts, &Wanted::new()).await, ["otto"]);
    assert_eq!(names(&accounts, &Wanted::new().query("admin")).await, Vec::<String>::new());
    assert_eq!(kind(accounts.get(admin.id).await), "not_found");
    assert_eq!(kind(accounts.get(UserId::NOBODY).await), "not_found");
    assert_eq!(accounts.get(otto.id).await.unwrap().user.id, otto.id);
}

pub(crate) async fn m6_words_follow_every_change_of_a_profile(house: House) {
    house.furnished().await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let bo = invited(&accounts, "bo", "b@acme.example", "Bo Seller").await;
    let found = async |query: &str| names(&accounts, &Wanted::new().query(query)).await.len();
    let changes = Changes::new().username("zed").name("Zoe Buyer");
    accounts.update(bo.id, &changes, &client()).await.unwrap();
    assert_eq!((found("bo").await, found("sell").await), (0, 0));
    assert_eq!((found("zed").await, found("zoe").await, found("buy").await), (1, 1, 1));
    assert_eq!(found("b@acme").await, 1, "the address stayed");
    accounts.revoke_invitation(bo.id, &client()).await.unwrap();
    assert_eq!((found("zed").await, found("b@acme").await), (0, 0));
    let equal = vec![Value::Bytes(bo.account.as_bytes().to_vec())];
    let page = Page::of(&tables::USER_WORDS, "of_account", equal, 200).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let words = rows.iter().map(|row| UserWord::from_row(row).unwrap());
    assert_eq!(words.filter(|word| word.user == bo.id).count(), 0, "no word is left behind");
}

pub(crate) async fn m15_who_only_sees_people_changes_nobody(house: House) {
    let admin = house.furnished().await;
    assert!(Roles::crm().allows(&Role::SALES_MANAGER, Permission::USERS_VIEW));
    house.employee("manager", "sales_manager").await;
    let bo = house.employee("bo", "junior_salesperson").await;
    let me = identity(&house, "manager").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    assert_eq!(names(&accounts, &Wanted::new()).await, ["admin", "bo", "manager"]);
    assert_eq!(accounts.get(bo.id).await.unwrap().user.id, bo.id);
    let before = [stored(&house, bo.id).await, stored(&house, admin.id).await];
    let new = NewUser::parse("cy", "cy@acme.example", "Cy", "junior_salesperson").unwrap();
    let changes = Changes::new().name("X");
    let kinds = [
        kind(accounts.invite(&new, &here).await),
        kind(accounts.invitations().await),
        kind(accounts.update(bo.id, &changes, &here).await),
        kind(accounts.disable(bo.id, "why", &here).await),
        kind(accounts.enable(bo.id, &here).await),
        kind(accounts.sign_out(bo.id, &here).await),
        kind(accounts.send_password_reset(bo.id, &here).await),
        kind(accounts.resend_activation(bo.id, &here).await),
        kind(accounts.revoke_invitation(bo.id, &here).await),
    ];
    assert_eq!(kinds, ["forbidden"; 9]);
    assert_eq!([stored(&house, bo.id).await, stored(&house, admin.id).await], before);
    let junior = identity(&house, "bo").await;
    assert_eq!(kind(house.auth.user_accounts(&junior)), "forbidden");
}
