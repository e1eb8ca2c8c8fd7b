//! Each number of `Limits` and `Lifetimes` as people meet it, from both sides: what is within it
//! goes on to the last microsecond, and nothing does from the next one on. On every store, with
//! the numbers a host gets that sets none.

#[path = "support/house.rs"]
#[macro_use]
mod house;

#[path = "bounds/lifetimes.rs"]
mod lifetimes;
#[path = "bounds/limits.rs"]
mod limits;
#[path = "bounds/numbers.rs"]
mod numbers;

use house::*;
use time::Duration;

use lifetimes::*;
use limits::*;

on_every_store! {
    five_failures_are_free_and_then_the_wait_doubles_to_an_hour
    failures_are_forgotten_after_a_day_without_one
    a_success_gives_back_its_own_unit_only
    a_network_has_a_hundred_failures_in_ten_minutes
    a_network_asks_thirty_times_for_a_reset_in_ten_minutes
    a_mailbox_gets_a_letter_in_five_minutes_and_six_a_day
    an_account_sends_fifty_invitations_a_day
    a_session_ends_after_thirty_idle_minutes
    a_session_in_use_ends_after_twelve_hours
    a_remembered_device_is_known_for_fourteen_days
    a_reset_link_lives_for_an_hour
    an_activation_link_lives_for_three_days_within_the_fourteen_of_the_invitation
    the_links_of_a_change_of_address_live_for_a_day_and_for_three
    a_temporary_password_lives_for_a_day_and_its_ticket_for_ten_minutes
    a_shown_password_counts_for_five_minutes
}

/// Goes to the last moment before so much has passed, then to the first after.
pub(crate) fn just_before(house: &House, passed: Duration) {
    house.clock.turn(passed - Duration::MICROSECOND);
}

pub(crate) fn just_after(house: &House) {
    house.clock.turn(Duration::MICROSECOND);
}
