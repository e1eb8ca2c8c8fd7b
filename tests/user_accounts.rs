//! User Accounts as administrators walk it, on every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "user_accounts/concerns.rs"]
mod concerns;
#[path = "user_accounts/finding.rs"]
mod finding;
#[path = "user_accounts/glass.rs"]
mod glass;
#[path = "user_accounts/helping.rs"]
mod helping;
#[path = "user_accounts/plans.rs"]
mod plans;
#[path = "user_accounts/profiles.rs"]
mod profiles;
#[path = "user_accounts/races.rs"]
mod races;
#[path = "user_accounts/rank.rs"]
mod rank;
#[path = "user_accounts/refused.rs"]
mod refused;
#[path = "user_accounts/sessions.rs"]
mod sessions;

use house::*;
use portcullis::{
    auth::{Identity, NewAccount, NewUser},
    error::Error,
    id::UserId,
    model::{Event, Plan, User},
    store::{Page, Record as _, Value, tables},
};

use concerns::*;
use finding::*;
use glass::*;
use helping::*;
use plans::*;
use profiles::*;
use races::*;
use rank::*;
use refused::*;
use sessions::*;

on_every_store! {
    m6_somebody_is_found_by_the_beginning_of_any_word
    m6_lists_go_on_where_they_ended
    m6_a_tampered_page_cursor_is_refused
    m6_a_list_of_one_company_shows_nobody_of_another
    m6_words_follow_every_change_of_a_profile
    m8_an_administrator_changes_username_name_and_role
    m8_a_profile_changed_meanwhile_is_not_overwritten
    m8_a_taken_username_is_given_to_nobody
    m8_a_username_equal_to_anothers_email_is_refused
    m8_ones_own_username_is_changed_in_my_account_only
    m11_a_reset_is_mailed_to_the_stored_address_only
    m11_an_invited_person_gets_the_activation_again
    m13_the_last_active_administrator_stays
    m13_the_guard_on_remove_is_also_on_demote
    m13_two_administrators_at_the_same_instant_leave_one
    m13_removing_each_other_at_the_same_instant_leaves_one
    m15_nobody_gives_or_touches_what_they_do_not_hold
    m15_who_only_sees_people_changes_nobody
    m15_an_authority_taken_away_does_nothing_more
    m16_seats_hold_under_concurrent_invitations_and_enables
    m16_after_the_plan_has_ended_nobody_is_enabled_and_help_goes_on
    m20_a_disabled_user_is_out_at_once_and_everywhere
    m20_anything_but_an_administrator_leaves_a_disabled_user_disabled
    m20_enabling_activates_nobody_who_is_invited
    m23_signing_somebody_out_ends_their_sessions
    m12_an_administrator_sets_a_temporary_password
    m12_never_for_an_administrator_nor_oneself_nor_where_it_is_off
    m14_the_operator_helps_where_no_administrator_can
    m14_the_administrators_are_told_of_every_act_of_the_operator
    m14_a_reason_of_any_text_is_taken_and_told
    m14_invited_administrators_keep_no_warning_from_active_ones
    m16_an_ended_plan_includes_nothing_and_help_goes_on
    m16_seats_are_those_of_the_plan_or_agreed_upon
    m16_seats_hold_while_they_are_changed
    m16_changing_the_plan_is_a_permission
    m23_only_an_administrator_secures_the_account
    m23_securing_the_account_ends_everything_for_everybody
    m21_a_diagnosis_says_what_keeps_somebody_out
    m21_a_plan_that_has_ended_names_who_can_renew_it
    m21_a_stopped_password_is_told_until_a_new_one_is_set
    m22_who_is_removed_is_nobody_any_more_and_keeps_what_they_did
    m23_securing_somebody_ends_everything_and_the_password
    m24_the_limit_on_sessions_ends_the_oldest_and_shows_it
    m24_a_session_that_has_ended_takes_no_place
    m24_looking_at_sessions_ends_none_that_a_renewed_plan_lets_in_again
    m24_a_reissued_session_keeps_its_place
    m24_a_lowered_limit_holds_from_the_next_log_in_on
    m24_a_weak_hash_is_renewed_under_a_limit_too
    m24_log_ins_at_the_same_instant_leave_no_more_than_the_limit
    m28_what_somebody_may_not_do_to_another_is_recorded
    m28_refused_acts_do_not_flood_the_record
    m28_a_history_goes_on_where_it_ended
}

/// Another company with an administrator `otto`.
async fn another_company(house: &House) -> User {
    let account = NewAccount::new("Other", Plan::TRIAL).unwrap();
    let otto = NewUser::parse("otto", "otto@other.example", "Otto Other", "administrator").unwrap();
    let opened = house.operator.because("test").open_account(&account, &otto).await.unwrap();
    let token = token_in(house.post().await.last().unwrap());
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    opened.administrator
}

async fn identity(house: &House, name: &str) -> Identity {
    house.login(name, GOOD).await.identity
}

/// The user as the store has them.
async fn stored(house: &House, user: UserId) -> User {
    let row = house.store.get(&tables::USERS, user.as_bytes()).await.unwrap().unwrap();
    User::from_row(&row).unwrap()
}

/// What the audit trail says about somebody, oldest first: kind and reason.
async fn trail(house: &House, user: UserId) -> Vec<(&'static str, String)> {
    let equal = vec![Value::Bytes(user.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_subject", equal, 200).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| Event::from_row(row).unwrap());
    events.map(|event| (event.kind.as_str(), event.reason)).collect()
}

#[track_caller]
fn conflicts<T: std::fmt::Debug>(result: Result<T, Error>, field: &str) {
    match result {
        Err(Error::Conflict { field: found }) => assert_eq!(found, field),
        other => panic!("no conflict of {field}: {other:?}"),
    }
}
