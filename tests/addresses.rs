//! What nobody may gain by giving people addresses: a stranger's mailbox, a stranger's name, a
//! stranger's limits. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "addresses/chance.rs"]
mod chance;
#[path = "addresses/limits.rs"]
mod limits;
#[path = "addresses/names.rs"]
mod names;
#[path = "addresses/races.rs"]
mod races;
#[path = "addresses/unproven.rs"]
mod unproven;

use house::*;
use portcullis::{
    auth::{Diagnosis, Identity, NewAccount, NewUser},
    id::UserId,
    mail::Letter,
    model::{EmailAddress, Plan, User},
    store::{Record as _, tables},
};

use limits::*;
use names::*;
use races::*;
use unproven::*;

on_every_store! {
    a_username_that_is_a_former_address_is_not_left_behind_by_a_confirmation
    a_username_that_is_a_former_address_is_not_left_behind_by_an_undo
    an_undo_works_where_the_former_address_cannot_be_a_username
    addresses_given_to_people_are_counted_together
    m10_nobody_uses_up_what_helping_takes
    what_asks_for_no_password_is_not_done_without_pause
    m10_a_link_that_ran_out_is_sent_again_to_the_same_address
    m18_six_addresses_a_day_are_asked_for
    m21_a_mailbox_that_gets_no_more_is_told
    m21_a_network_that_is_kept_out_is_told
    m23_who_has_no_proven_address_gets_no_link_and_the_answer_says_so
    m23_who_has_no_proven_address_is_shown_after_the_account_is_secured
    nobody_ends_the_waits_of_another_companys_people
    nobody_is_told_anything_at_an_address_nobody_proved
    nobody_warns_or_tells_an_administrator_at_an_address_nobody_proved
    two_wishes_at_once_leave_one_link_cve_2026_32700
    a_wish_and_a_confirmation_at_once_leave_one_link_cve_2026_32700
}

const OLD: &str = "admin@acme.example";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn identity(house: &House, name: &str) -> Identity {
    house.login(name, GOOD).await.identity
}

/// The user as the store has them.
async fn stored(house: &House, user: UserId) -> User {
    let row = house.store.get(&tables::USERS, user.as_bytes()).await.unwrap().unwrap();
    User::from_row(&row).unwrap()
}

fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.reasons.iter().map(|reason| reason.code).collect()
}

/// The letters to an address.
fn to<'a>(letters: &'a [Letter], address: &str) -> Vec<&'a Letter> {
    letters.iter().filter(|letter| letter.to.canonical() == address).collect()
}

/// Another company, whose administrator is `mallory`, with `xavier` in it. Each has the password
/// GOOD, and xavier's username is his address.
async fn another_company(house: &House) -> (User, User) {
    let account = NewAccount::new("Other", Plan::TRIAL).unwrap();
    let mallory = NewUser::parse("mallory", "mallory@other.example", "Mallory", "administrator");
    let operator = house.operator.because("test");
    let opened = operator.open_account(&account, &mallory.unwrap()).await.unwrap();
    let xavier = "xavier@other.example";
    let xavier = NewUser::parse(xavier, xavier, "Xavier", "salesperson").unwrap();
    let xavier = operator.invite(opened.administrator.account, &xavier).await.unwrap();
    for letter in house.post().await {
        house.auth.activate(&token_in(&letter), &password(GOOD), &client()).await.unwrap();
    }
    house.post().await;
    (opened.administrator, xavier)
}
