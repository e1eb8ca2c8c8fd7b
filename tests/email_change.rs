//! M18: a person changes the e-mail address, and the former address can take it back. On every
//! store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Identity, NewUser},
    mail::Letter,
    model::{EmailAddress, User},
    secret::Token,
    store::tables,
};
use time::Duration;

on_every_store! {
    m18_the_new_address_is_proven_before_the_switch
    m18_the_old_address_takes_the_change_back
    m18_the_oldest_standing_undo_wins
    m18_an_undo_holds_whatever_was_changed_since
    m18_an_undo_lives_for_72_hours_and_no_longer
    m18_an_undo_stops_after_five_wrong_passwords
    m18_an_undo_never_enables_anybody_it_only_restores
    m18_a_username_that_is_the_address_goes_along
    the_second_of_two_changes_ends_the_first_cve_2026_32700
    a_confirmation_confirms_the_address_it_was_sent_to
    nobody_learns_whose_address_it_is
    two_who_confirm_one_address_at_once_are_one
    what_ends_waiting_changes_ends_them
    an_unproven_address_is_proven_by_asking_for_it
    a_removed_users_name_and_former_addresses_are_nobodys
    an_undo_does_not_revive_a_void_password
    an_undo_revives_no_password_that_was_void_once
    an_undo_makes_no_temporary_password_a_lasting_one
}

const OLD: &str = "admin@acme.example";
const NEW: &str = "ada@new.example";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn ask(house: &House, me: &Identity, word: &str, new: &str) {
    let account = house.auth.my_account(me);
    account.change_email(&password(word), &address(new), &client()).await.unwrap();
}

/// Asks for another address and follows the link; the letters that followed.
async fn moved(house: &House, word: &str, new: &str) -> Vec<Letter> {
    let me = house.login("admin", word).await.identity;
    ask(house, &me, word, new).await;
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, new));
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    house.post().await
}

async fn user(house: &House, name: &str) -> User {
    let name = portcullis::model::Username::parse(name).unwrap();
    house.operator.find_user(&name).await.unwrap().unwrap()
}

async fn undo(house: &House, token: &Token, word: &str) -> &'static str {
    kind(house.auth.undo_email_change(token, &password(word), &client()).await)
}

async fn m18_the_new_address_is_proven_before_the_switch(house: House) {
    house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let account = house.auth.my_account(&session.identity);
    let wrong = account.change_email(&password(BETTER), &address(NEW), &client()).await;
    assert_eq!(kind(wrong), "rejected", "the current password is required");
    ask(&house, &session.identity, GOOD, NEW).await;
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, NEW), "only the new one is asked");
    assert!(letters[0].text.contains("https://crm.example/auth/confirm?token="));
    // Nothing has changed yet.
    assert_eq!(user(&house, "admin").await.email.canonical(), OLD);
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "ok");
    assert_eq!(kind(house.try_login(NEW, GOOD).await), "rejected");
    let token = token_in(&letters[0]);
    house.auth.confirm_email(&token, &client()).await.unwrap();
    let changed = user(&house, "admin").await;
    assert!(changed.email.canonical() == NEW && changed.email_proven);
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "rejected");
    assert_eq!(kind(house.try_login(NEW, GOOD).await), "ok");
    assert!(house.auth.identify(&session.token).await.is_ok(), "they stay logged in");
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, OLD), "the old one is told");
    assert!(letters[0].text.contains("https://crm.example/auth/undo?token="));
    assert_eq!(kind(house.auth.confirm_email(&token, &client()).await), "rejected", "used");
}

async fn m18_the_old_address_takes_the_change_back(house: House) {
    house.furnished().await;
    let token = token_in(&moved(&house, GOOD, NEW).await[0]);
    let session = house.login(NEW, GOOD).await;
    let link = house.forgot(NEW).await;
    assert_eq!(undo(&house, &token, BETTER).await, "rejected");
    assert_eq!(undo(&house, &token, GOOD).await, "ok");
    let restored = user(&house, "admin").await;
    assert!(restored.email.canonical() == OLD && restored.email_proven);
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    let reset = house.auth.reset_password(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(reset), "rejected");
    let letters = house.post().await;
    assert_eq!((letters.len(), letters[0].to.canonical()), (1, OLD));
    assert!(letters[0].text.contains("Forgot Password"), "somebody may know the password");
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "ok");
    assert_eq!(kind(house.try_login(NEW, GOOD).await), "rejected");
    assert_eq!(undo(&house, &token, GOOD).await, "rejected", "once");
}

async fn m18_the_oldest_standing_undo_wins(house: House) {
    house.furnished().await;
    let first = token_in(&moved(&house, GOOD, "thief@one.example").await[0]);
    house.clock.turn(Duration::minutes(1));
    let second = token_in(&moved(&house, GOOD, "thief@two.example").await[0]);
    house.clock.turn(Duration::minutes(1));
    let third = token_in(&moved(&house, GOOD, "thief@three.example").await[0]);
    // A younger one restores what it replaced, and leaves the oldest standing.
    assert_eq!(undo(&house, &second, GOOD).await, "ok");
    assert_eq!(user(&house, "admin").await.email.canonical(), "thief@one.example");
    assert_eq!(undo(&house, &third, GOOD).await, "rejected", "what came after it is gone");
    assert_eq!(undo(&house, &first, GOOD).await, "ok");
    assert_eq!(user(&house, "admin").await.email.canonical(), OLD);
    for token in [&second, &third, &first] {
        assert_eq!(undo(&house, token, GOOD).await, "rejected");
    }
    let row = house.store.purge(&tables::EMAIL_CHANGES, far(), 10).await.unwrap();
    assert_eq!(row, 0, "nothing is left to take back");
}

fn far() -> time::OffsetDateTime {
    time::macros::datetime!(9000-01-01 00:00 UTC)
}

async fn m18_an_undo_holds_whatever_was_changed_since(house: House) {
    house.furnished().await;
    let token = token_in(&moved(&house, GOOD, NEW).await[0]);
    // A thief makes sure of it: another password, and everybody else out.
    let me = house.login("admin", GOOD).await.identity;
    let account = house.auth.my_account(&me);
    account.change_password(&password(GOOD), &password(BETTER), &client()).await.unwrap();
    let me = house.login("admin", BETTER).await.identity;
    house.auth.my_account(&me).end_other_sessions(&client()).await.unwrap();
    assert_eq!(undo(&house, &token, BETTER).await, "rejected", "the thief's password is not it");
    assert_eq!(undo(&house, &token, GOOD).await, "ok");
    assert_eq!(kind(house.try_login("admin", BETTER).await), "rejected", "the thief is out");
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "ok");
}

async fn m18_an_undo_lives_for_72_hours_and_no_longer(house: House) {
    house.furnished().await;
    let token = token_in(&moved(&house, GOOD, NEW).await[0]);
    house.clock.turn(Duration::hours(72) - Duration::SECOND);
    let link = house.auth.look_at_link(portcullis::secret::Purpose::Undo, &token).await;
    assert_eq!(link.unwrap().email, OLD);
    house.clock.turn(Duration::SECOND);
    assert_eq!(undo(&house, &token, GOOD).await, "rejected");
    assert_eq!(user(&house, "admin").await.email.canonical(), NEW);
}

async fn m18_an_undo_stops_after_five_wrong_passwords(house: House) {
    house.furnished().await;
    let token = token_in(&moved(&house, GOOD, NEW).await[0]);
    for _ in 0..5 {
        assert_eq!(undo(&house, &token, BETTER).await, "rejected");
    }
    assert_eq!(undo(&house, &token, GOOD).await, "rejected", "also the right one");
}

async fn m18_an_undo_never_enables_anybody_it_only_restores(house: House) {
    let admin = house.furnished().await;
    let token = token_in(&moved(&house, GOOD, NEW).await[0]);
    // As an administrator's Disable leaves the row.
    let mut row = house.store.get(&tables::USERS, admin.id.as_bytes()).await.unwrap().unwrap();
    let column = |name| tables::USERS.position(name).unwrap();
    let portcullis::store::Value::Int(version) = *row.value(column("version")) else { panic!() };
    row.set(column("status"), portcullis::store::Value::Text("disabled".to_owned()));
    row.set(column("version"), portcullis::store::Value::Int(version + 1));
    write(&house, portcullis::store::Change::Replace { table: &tables::USERS, row, version }).await;
    assert_eq!(undo(&house, &token, GOOD).await, "ok");
    let restored = user(&house, "admin").await;
    assert_eq!(restored.status, portcullis::model::Status::Disabled);
    assert_eq!(restored.email.canonical(), OLD);
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "rejected");
}

async fn write(house: &House, change: portcullis::store::Change) {
    use portcullis::clock::Clock as _;
    let now = house.clock.now();
    let id = portcullis::id::BatchId::from_random(now, &[7; 10]);
    let batch = portcullis::store::Batch::new(id, now, vec![change]);
    house.store.commit(&batch).await.unwrap();
}

async fn m18_a_username_that_is_the_address_goes_along(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let name = portcullis::model::Username::parse(OLD).unwrap();
    let account = house.auth.my_account(&me);
    account.change_username(&password(GOOD), &name, &client()).await.unwrap();
    house.post().await;
    let me = house.login(OLD, GOOD).await.identity;
    ask(&house, &me, GOOD, NEW).await;
    let letters = house.post().await;
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    assert_eq!(user(&house, NEW).await.email.canonical(), NEW);
    let token = token_in(&house.post().await[0]);
    assert_eq!(undo(&house, &token, GOOD).await, "ok");
    assert_eq!(user(&house, OLD).await.email.canonical(), OLD);
    // An address that cannot be a username is refused beforehand.
    let me = house.login(OLD, GOOD).await.identity;
    let odd = address("ada%sales@new.example");
    let refused = house.auth.my_account(&me).change_email(&password(GOOD), &odd, &client()).await;
    assert_eq!(rules(refused), ["username"]);
}

async fn the_second_of_two_changes_ends_the_first_cve_2026_32700(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    ask(&house, &me, GOOD, "thief@evil.example").await;
    let thief = token_in(&house.post().await[0]);
    ask(&house, &me, GOOD, NEW).await;
    let letters = house.post().await;
    assert_eq!(letters.len(), 1);
    // The link of the first confirms neither the first address nor the second.
    assert_eq!(kind(house.auth.confirm_email(&thief, &client()).await), "rejected");
    assert_eq!(user(&house, "admin").await.email.canonical(), OLD);
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    assert_eq!(user(&house, "admin").await.email.canonical(), NEW);
}

async fn a_confirmation_confirms_the_address_it_was_sent_to(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    ask(&house, &me, GOOD, NEW).await;
    // The letter waits while another is asked for: it must not go out with a living link.
    ask(&house, &me, GOOD, "other@new.example").await;
    let letters = house.post().await;
    let to: Vec<_> = letters.iter().map(|letter| letter.to.canonical()).collect();
    assert_eq!(to, ["other@new.example"]);
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    assert_eq!(user(&house, "admin").await.email.canonical(), "other@new.example");
}

async fn nobody_learns_whose_address_it_is(house: House) {
    house.furnished().await;
    let sam = activated(&house, "sam", "sam@acme.example").await;
    let before = house.login("sam", BETTER).await.identity;
    // Of somebody, of nobody: one answer.
    ask(&house, &before, BETTER, "nobody@acme.example").await;
    ask(&house, &before, BETTER, OLD).await;
    let letters = house.post().await;
    assert_eq!(letters.last().unwrap().to.canonical(), OLD, "its holder is told by mail");
    let token = token_in(letters.last().unwrap());
    assert_eq!(kind(house.auth.confirm_email(&token, &client()).await), "rejected");
    let after = user(&house, "sam").await;
    assert_eq!((after.id, after.email.canonical()), (sam, "sam@acme.example"));
    assert_eq!(kind(house.try_login(OLD, GOOD).await), "ok");
}

async fn activated(house: &House, name: &str, email: &str) -> portcullis::id::UserId {
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse(name, email, "Sam", "salesperson").unwrap();
    let user = accounts.invite(&new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(BETTER), &client()).await.unwrap();
    house.post().await;
    user.id
}

async fn two_who_confirm_one_address_at_once_are_one(house: House) {
    house.furnished().await;
    activated(&house, "sam", "sam@acme.example").await;
    let shared = "team@new.example";
    let ada = house.login("admin", GOOD).await.identity;
    let sam = house.login("sam", BETTER).await.identity;
    ask(&house, &ada, GOOD, shared).await;
    ask(&house, &sam, BETTER, shared).await;
    let letters = house.post().await;
    let [one, other] = [token_in(&letters[0]), token_in(&letters[1])];
    let here = client();
    let (one, other) = tokio::join!(
        house.auth.confirm_email(&one, &here),
        house.auth.confirm_email(&other, &here)
    );
    let mut kinds = [kind(one), kind(other)];
    kinds.sort_unstable();
    assert_eq!(kinds, ["ok", "rejected"]);
}

async fn what_ends_waiting_changes_ends_them(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    ask(&house, &me, GOOD, NEW).await;
    let token = token_in(&house.post().await[0]);
    let link = house.forgot(OLD).await;
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
    assert_eq!(kind(house.auth.confirm_email(&token, &client()).await), "rejected");
    // A link is good for a day.
    let me = house.login("admin", BETTER).await.identity;
    ask(&house, &me, BETTER, NEW).await;
    let token = token_in(house.post().await.last().unwrap());
    house.clock.turn(Duration::hours(24));
    assert_eq!(kind(house.auth.confirm_email(&token, &client()).await), "rejected");
}

/// Whoever activates an address second has it unproven; when the first gives it up, asking for
/// it again proves it.
async fn an_unproven_address_is_proven_by_asking_for_it(house: House) {
    house.furnished().await;
    activated(&house, "sam", OLD).await;
    assert!(!user(&house, "sam").await.email_proven);
    moved(&house, GOOD, NEW).await;
    let sam = house.login("sam", BETTER).await.identity;
    ask(&house, &sam, BETTER, OLD).await;
    let letters = house.post().await;
    house.auth.confirm_email(&token_in(&letters[0]), &client()).await.unwrap();
    assert!(user(&house, "sam").await.email_proven);
    assert_eq!(house.post().await.len(), 0, "no former address is told");
    assert_eq!(kind(house.try_login(OLD, BETTER).await), "ok");
}

/// What a removal erases, and what it keeps back.
async fn a_removed_users_name_and_former_addresses_are_nobodys(house: House) {
    house.furnished().await;
    let sam = activated(&house, "sam", "sam@acme.example").await;
    let me = house.login("sam", BETTER).await.identity;
    ask(&house, &me, BETTER, "sam@new.example").await;
    house.auth.confirm_email(&token_in(&house.post().await[0]), &client()).await.unwrap();
    let undoing = token_in(&house.post().await[0]);
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.remove(sam, "left", &client()).await.unwrap();
    assert_eq!(undo(&house, &undoing, BETTER).await, "rejected");
    assert_eq!(house.store.purge(&tables::EMAIL_CHANGES, far(), 10).await.unwrap(), 0);
    let again = NewUser::parse("sam", "sam@acme.example", "Samuel", "salesperson").unwrap();
    assert_eq!(kind(accounts.invite(&again, &client()).await), "conflict", "kept back");
    house.clock.turn(Duration::days(90));
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert_eq!(kind(accounts.invite(&again, &client()).await), "ok");
}

/// An administrator made the password void on a concern: taking the address back does not make
/// it good again.
async fn an_undo_does_not_revive_a_void_password(house: House) {
    house.furnished().await;
    activated(&house, "sam", "sam@acme.example").await;
    let me = house.login("sam", BETTER).await.identity;
    ask(&house, &me, BETTER, "thief@evil.example").await;
    house.auth.confirm_email(&token_in(&house.post().await[0]), &client()).await.unwrap();
    let undoing = token_in(&house.post().await[0]);
    let admin = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&admin).unwrap();
    accounts.secure(me.user().id, "stolen", &client()).await.unwrap();
    assert_eq!(undo(&house, &undoing, BETTER).await, "ok");
    assert_eq!(user(&house, "sam").await.email.canonical(), "sam@acme.example");
    assert_eq!(kind(house.try_login("sam", BETTER).await), "rejected");
    house.post().await;
    let link = house.forgot("sam@acme.example").await;
    house.auth.reset_password(&link, &password(GOOD), &client()).await.unwrap();
    assert_eq!(kind(house.try_login("sam", GOOD).await), "ok");
}

/// The thief chose another after it was made void, by the letter that went to the thief's mailbox:
/// neither the old one nor that one opens anything once the address is taken back.
async fn an_undo_revives_no_password_that_was_void_once(house: House) {
    house.furnished().await;
    activated(&house, "sam", "sam@acme.example").await;
    activated(&house, "kim", "kim@acme.example").await;
    let admin = house.login("admin", GOOD).await.identity;
    for (name, whole) in [("sam", false), ("kim", true)] {
        let (before, evil) = (format!("{name}@acme.example"), format!("{name}@evil.example"));
        house.post().await;
        let me = house.login(name, BETTER).await.identity;
        ask(&house, &me, BETTER, &evil).await;
        house.auth.confirm_email(&token_in(&house.post().await[0]), &client()).await.unwrap();
        let undoing = token_in(&house.post().await[0]);
        let accounts = house.auth.user_accounts(&admin).unwrap();
        if whole {
            accounts.secure_account("stolen", &client()).await.unwrap();
        } else {
            accounts.secure(me.user().id, "stolen", &client()).await.unwrap();
        }
        let letters = house.post().await;
        let letter = letters.iter().find(|letter| letter.to.canonical() == evil);
        let reset = token_in(letter.expect("a reset letter"));
        house.clock.turn(Duration::SECOND);
        house.auth.reset_password(&reset, &password(GOOD), &client()).await.unwrap();
        assert_eq!(undo(&house, &undoing, BETTER).await, "ok");
        for word in [BETTER, GOOD] {
            assert_eq!(kind(house.try_login(name, word).await), "rejected");
        }
        house.post().await;
        let link = house.forgot(&before).await;
        house.auth.reset_password(&link, &password(GOOD), &client()).await.unwrap();
        assert_eq!(kind(house.try_login(name, GOOD).await), "ok");
    }
}

/// An administrator chose the password and changed the address: taken back with that password, it
/// is still one to be replaced, and no longer good than it was.
async fn an_undo_makes_no_temporary_password_a_lasting_one(house: House) {
    house.furnished().await;
    activated(&house, "sam", "sam@acme.example").await;
    let me = house.login("admin", GOOD).await.identity;
    let sam = user(&house, "sam").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.set_temporary_password(sam.id, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    let changes = portcullis::auth::Changes::new().email("sam@elsewhere.example");
    accounts.update(sam.id, &changes, &client()).await.unwrap();
    house.auth.confirm_email(&token_in(&house.post().await[0]), &client()).await.unwrap();
    let undoing = token_in(&house.post().await[0]);
    assert_eq!(undo(&house, &undoing, GOOD).await, "ok");
    let begun = house.try_login("sam", GOOD).await.unwrap();
    assert!(matches!(begun, portcullis::auth::LogIn::PasswordChangeRequired(_)));
    house.clock.turn(Duration::hours(25));
    assert_eq!(kind(house.try_login("sam", GOOD).await), "rejected");
}
