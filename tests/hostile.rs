//! What a hostile reading of this library found, each held by a test named after the attack. On
//! every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Credentials, NewAccount, NewUser},
    clock::Clock as _,
    model::{Client, Plan},
    secret::Purpose,
    store::{Batch, Change, Page, Value, tables},
};
use time::Duration;

on_every_store! {
    an_administrator_cannot_bomb_a_mailbox_with_invitations
    a_full_account_does_not_learn_which_names_are_taken
    a_letter_that_waited_opens_nothing_once_the_password_was_changed
    a_kept_identity_invites_nobody_once_its_session_has_ended
    what_strangers_leave_behind_expires
    logging_in_all_the_time_does_not_take_all_the_hashing
    one_forgot_does_not_send_twenty_letters
    a_session_cannot_be_hidden_behind_ones_that_ended
    a_session_cannot_be_hidden_behind_thousands_that_ended
    a_nul_in_what_is_typed_breaks_nothing
}

fn seller(number: usize, email: &str) -> NewUser {
    NewUser::parse(&format!("seller{number}"), email, "Sam", "salesperson").unwrap()
}

async fn an_administrator_cannot_bomb_a_mailbox_with_invitations(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let victim = "victim@anywhere.example";
    let sam = accounts.invite(&seller(0, victim), &client()).await.unwrap();
    let mut letters = house.post().await.len();
    for _ in 0..60 {
        let _ = accounts.resend_activation(sam.id, &client()).await;
        letters += house.post().await.len();
    }
    assert_eq!(letters, 6, "six a day to one mailbox");
    assert_eq!(kind(accounts.invite(&seller(1, victim), &client()).await), "throttled");
    // The next day there are some again. Over all mailboxes it is fifty: tests/bounds/limits.rs.
    house.clock.turn(Duration::hours(25));
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(kind(accounts.invite(&seller(1, victim), &client()).await), "ok");
}

async fn a_full_account_does_not_learn_which_names_are_taken(house: House) {
    house.furnished().await;
    let small = NewAccount::new("Small", Plan::TRIAL).unwrap().seats(1);
    let mia = NewUser::parse("mia", "mia@small.example", "Mia", "administrator").unwrap();
    house.operator.because("test").open_account(&small, &mia).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    let me = house.login("mia", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for name in ["admin", "nobody"] {
        let new = NewUser::parse(name, "x@small.example", "X", "salesperson").unwrap();
        match accounts.invite(&new, &client()).await {
            Err(portcullis::error::Error::Conflict { field }) => assert_eq!(field, "seats"),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_letter_that_waited_opens_nothing_once_the_password_was_changed(house: House) {
    house.furnished().await;
    let mine = house.login("admin", GOOD).await;
    // Asked for, not yet found out or sent; meanwhile the password is changed.
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    house.clock.turn(Duration::SECOND);
    let account = house.auth.my_account(&mine.identity);
    account.change_password(&password(GOOD), &password(BETTER), &client()).await.unwrap();
    for letter in house.post().await {
        if letter.text.contains("?token=") {
            let token = token_in(&letter);
            assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &token).await), "rejected");
        }
    }
    // Whoever asks again is served.
    house.clock.turn(Duration::minutes(6));
    let token = house.forgot("admin@acme.example").await;
    house.auth.reset_password(&token, &password(GOOD), &client()).await.unwrap();
}

async fn a_kept_identity_invites_nobody_once_its_session_has_ended(house: House) {
    house.furnished().await;
    let kept = house.login("admin", GOOD).await;
    house.auth.logout(&kept.token, &client()).await.unwrap();
    let accounts = house.auth.user_accounts(&kept.identity).unwrap();
    let new = seller(1, "sam@acme.example");
    assert_eq!(kind(accounts.invite(&new, &client()).await), "forbidden");
}

async fn what_strangers_leave_behind_expires(house: House) {
    house.furnished().await;
    for number in 0..40 {
        let name = format!("stranger{number}");
        assert_eq!(kind(house.try_login(&name, GOOD).await), "rejected");
    }
    let later = house.clock.now() + Duration::days(31);
    let purged = house.store.purge(&tables::EVENTS, later, 1_000).await.unwrap();
    assert_eq!(purged, 40, "what is about nobody, and nothing else");
    // Three budgets a name and one of the network; none outlives two days.
    let later = house.clock.now() + Duration::days(2);
    assert!(house.store.purge(&tables::BUDGETS, later, 1_000).await.unwrap() >= 81);
}

async fn logging_in_all_the_time_does_not_take_all_the_hashing(house: House) {
    house.furnished().await;
    let mut kinds = Vec::new();
    for number in 0..620_u32 {
        // From many networks, and right each time.
        let [_, _, high, low] = number.to_be_bytes();
        let here = Client::new(Some([198, high, low, 1].into()), "Test");
        let credentials = portcullis::auth::Credentials::new("admin", password(GOOD));
        kinds.push(kind(house.auth.login(credentials, &here).await));
    }
    assert_eq!(kinds.iter().filter(|kind| **kind == "ok").count(), 600);
    assert_eq!(kinds.last(), Some(&"throttled"));
}

async fn one_forgot_does_not_send_twenty_letters(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    for number in 0..6 {
        let new = seller(number, "shared@acme.example");
        accounts.invite(&new, &client()).await.unwrap();
    }
    house.post().await;
    house.auth.forgot_password("shared@acme.example", &client()).await.unwrap();
    assert_eq!(house.post().await.len(), 3);
}

/// Rows of sessions that were idle too long stay for hours. A thief who logs in often enough
/// would fill the list with them and be missing from it.
async fn a_session_cannot_be_hidden_behind_ones_that_ended(house: House) {
    house.furnished().await;
    let credentials = Credentials::new("admin", password(GOOD)).remember(true);
    let thief = house.auth.login(credentials, &client()).await.unwrap().signed_in().unwrap();
    house.clock.turn(Duration::SECOND);
    for _ in 0..210 {
        house.login("admin", GOOD).await;
    }
    house.clock.turn(Duration::minutes(31));
    let me = house.login("admin", GOOD).await.identity;
    let listed = house.auth.my_account(&me).sessions().await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [me.session().id, thief.identity.session().id]);
    // Those that were idle for an hour are cleared away as they are seen, 200 at a time.
    house.clock.turn(Duration::minutes(31));
    let me = house.login("admin", GOOD).await.identity;
    house.auth.my_account(&me).sessions().await.unwrap();
    assert_eq!(rows_of_sessions(&house).await, 10 + 3);
}

/// How many rows there were. None are left.
async fn rows_of_sessions(house: &House) -> u32 {
    let end = time::macros::datetime!(9000-01-01 00:00 UTC);
    house.store.purge(&tables::SESSIONS, end, 10_000).await.unwrap()
}

/// Whoever knows the password makes thousands of sessions and ends them, by logging all others
/// out. The one that is remembered lies behind them.
async fn a_session_cannot_be_hidden_behind_thousands_that_ended(house: House) {
    let admin = house.furnished().await;
    let credentials = Credentials::new("admin", password(GOOD)).remember(true);
    let thief = house.auth.login(credentials, &client()).await.unwrap().signed_in().unwrap();
    let equal = vec![Value::Bytes(admin.id.as_bytes().to_vec())];
    let page = Page::of(&tables::SESSIONS, "of_user", equal, 1).unwrap();
    let row = house.store.page(&page).await.unwrap().remove(0);
    let column = |name| tables::SESSIONS.position(name).unwrap();
    let Value::Int(begun) = *row.value(column("created_at")) else { panic!("a moment") };
    let ended: Vec<Change> = (1..=5_300_i64)
        .map(|number| {
            let mut row = row.clone();
            let id = [&[7; 8], &number.to_be_bytes()[..]].concat();
            row.set(column("digest"), Value::Bytes([&id[..], &id[..]].concat()));
            row.set(column("id"), Value::Bytes(id));
            row.set(column("created_at"), Value::Int(begun + number));
            row.set(column("user_stamp"), Value::Int(-1));
            Change::Insert { table: &tables::SESSIONS, row }
        })
        .collect();
    for (number, changes) in (0..).zip(ended.chunks(500)) {
        let id = portcullis::id::BatchId::from_random(house.clock.now(), &[number; 10]);
        let batch = Batch::new(id, house.clock.now(), changes.to_vec());
        house.store.commit(&batch).await.unwrap();
    }
    house.clock.turn(Duration::SECOND);
    let me = house.login("admin", GOOD).await.identity;
    let listed = house.auth.my_account(&me).sessions().await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [me.session().id, thief.identity.session().id]);
    // Nor from a limit; and a log-in under one clears away as well.
    let mut policy = portcullis::policy::Policy::crm();
    policy.limits.sessions_per_user = Some(1);
    let house = house.under(policy);
    let me = house.login("admin", GOOD).await;
    assert_eq!(kind(house.auth.identify(&thief.token).await), "unauthenticated");
    assert!(house.auth.identify(&me.token).await.is_ok());
    assert_eq!(rows_of_sessions(&house).await, 5_300 - 2 * 200 + 1);
}

/// No store keeps a NUL, so none may reach one: it is refused where it is typed, or left out.
async fn a_nul_in_what_is_typed_breaks_nothing(house: House) {
    let admin = house.furnished().await;
    let strange = Client::new(None, "curl\0/8");
    for login in ["admin\0", "\0", "admin@acme.example\0"] {
        let typed = Credentials::new(login, password("\0\0\0\0\0\0\0\0"));
        assert_eq!(kind(house.auth.login(typed, &strange).await), "rejected", "{login:?}");
        assert_eq!(kind(house.auth.forgot_password(login, &strange).await), "ok", "{login:?}");
    }
    for (name, email, shown, role) in [
        ("ad\0a", "a@acme.example", "Ada", "salesperson"),
        ("ada", "a\0@acme.example", "Ada", "salesperson"),
        ("ada", "a@acme.example", "A\0da", "salesperson"),
    ] {
        assert_eq!(kind(NewUser::parse(name, email, shown, role)), "invalid");
    }
    assert_eq!(kind(NewAccount::new("Ac\0me", Plan::TRIAL)), "invalid");
    let new = NewUser::parse("ada", "ada@acme.example", "Ada", "salesperson\0").unwrap();
    let me = house.login("admin", GOOD).await.identity;
    let invited = house.auth.user_accounts(&me).unwrap().invite(&new, &strange).await;
    assert_eq!(kind(invited), "invalid");
    let word = password("seven\0green lanterns swing");
    house.operator.because("a\0b").set_temporary_password(admin.id, &word).await.unwrap();
    let typed = Credentials::new("admin", word);
    assert_eq!(kind(house.auth.login(typed, &strange).await), "ok");
}
