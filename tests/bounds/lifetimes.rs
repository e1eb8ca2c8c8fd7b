//! How long things live.

use portcullis::{
    auth::{Credentials, LogIn, NewUser, SessionToken},
    model::EmailAddress,
    secret::{Purpose, Token},
};
use time::Duration;

use crate::{BETTER, GOOD, House, client, just_after, just_before, kind, password, token_in};

async fn stands(house: &House, token: &SessionToken) -> bool {
    house.auth.identify(token).await.is_ok()
}

async fn opens(house: &House, purpose: Purpose, token: &Token) -> bool {
    house.auth.look_at_link(purpose, token).await.is_ok()
}

/// A link that is there until so much has passed since now, and not a moment longer.
async fn lives(house: &House, purpose: Purpose, token: &Token, passed: Duration) {
    just_before(house, passed);
    assert!(opens(house, purpose, token).await, "{purpose:?}: before {passed}");
    just_after(house);
    assert!(!opens(house, purpose, token).await, "{purpose:?}: after {passed}");
}

pub(crate) async fn a_session_ends_after_thirty_idle_minutes(house: House) {
    house.furnished().await;
    let session = house.login("admin", GOOD).await;
    house.clock.turn(Duration::minutes(30));
    assert!(!stands(&house, &session.token).await);
    let session = house.login("admin", GOOD).await;
    just_before(&house, Duration::minutes(30));
    assert!(stands(&house, &session.token).await);
    house.auth.flush_activity().await.unwrap();
    just_before(&house, Duration::minutes(30));
    assert!(stands(&house, &session.token).await, "thirty minutes from then");
    // Also from when it was seen, which nobody has written: no check does while somebody flushes.
    just_before(&house, Duration::minutes(30));
    house.auth.flush_activity().await.unwrap();
    assert!(stands(&house, &session.token).await);
    just_before(&house, Duration::minutes(30));
    assert!(stands(&house, &session.token).await, "thirty minutes from when it was seen");
    house.clock.turn(Duration::minutes(30));
    assert!(!stands(&house, &session.token).await);
}

pub(crate) async fn a_session_in_use_ends_after_twelve_hours(house: House) {
    house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let mut left = Duration::hours(12);
    while left > Duration::minutes(29) {
        house.clock.turn(Duration::minutes(29));
        left -= Duration::minutes(29);
        assert!(stands(&house, &session.token).await, "{left} before");
        house.auth.flush_activity().await.unwrap();
    }
    just_before(&house, left);
    assert!(stands(&house, &session.token).await);
    just_after(&house);
    assert!(!stands(&house, &session.token).await);
}

pub(crate) async fn a_remembered_device_is_known_for_fourteen_days(house: House) {
    house.furnished().await;
    let credentials = Credentials::new("admin", password(GOOD)).remember(true);
    let session = house.auth.login(credentials, &client()).await.unwrap().signed_in().unwrap();
    // Used or not.
    just_before(&house, Duration::days(14));
    assert!(stands(&house, &session.token).await);
    house.auth.flush_activity().await.unwrap();
    just_after(&house);
    assert!(!stands(&house, &session.token).await);
}

pub(crate) async fn a_reset_link_lives_for_an_hour(house: House) {
    house.furnished().await;
    let link = house.forgot("admin@acme.example").await;
    lives(&house, Purpose::Reset, &link, Duration::minutes(60)).await;
    let late = house.auth.reset_password(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(late), "rejected");
    house.login("admin", GOOD).await;
    // The hour is that of the link's use, not of a look at it.
    let link = house.forgot("admin@acme.example").await;
    just_before(&house, Duration::minutes(60));
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
}

pub(crate) async fn an_activation_link_lives_for_three_days_within_the_fourteen_of_the_invitation(
    house: House,
) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let new = NewUser::parse("grace", "grace@acme.example", "Grace", "salesperson").unwrap();
    house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
    let link = token_in(&house.post().await[0]);
    lives(&house, Purpose::Activation, &link, Duration::hours(72)).await;
    let late = house.auth.activate(&link, &password(BETTER), &client()).await;
    assert_eq!(kind(late), "rejected");
    // A later one ends with the invitation, which asking for it does not extend.
    house.clock.turn(Duration::days(12) - Duration::hours(72));
    let link = house.forgot("grace@acme.example").await;
    lives(&house, Purpose::Activation, &link, Duration::days(2)).await;
    house.auth.forgot_password("grace@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty(), "there is nothing to send any more");
}

/// Asks for another address, and gives the link that proves it.
async fn wish(house: &House, email: &str) -> Token {
    let me = house.login("admin", GOOD).await.identity;
    let email = EmailAddress::parse(email).unwrap();
    let account = house.auth.my_account(&me);
    account.change_email(&password(GOOD), &email, &client()).await.unwrap();
    token_in(&house.post().await[0])
}

pub(crate) async fn the_links_of_a_change_of_address_live_for_a_day_and_for_three(house: House) {
    house.furnished().await;
    let confirm = wish(&house, "ada@new.example").await;
    lives(&house, Purpose::EmailConfirm, &confirm, Duration::hours(24)).await;
    assert_eq!(kind(house.auth.confirm_email(&confirm, &client()).await), "rejected");
    let confirm = wish(&house, "ada@new.example").await;
    just_before(&house, Duration::hours(24));
    house.auth.confirm_email(&confirm, &client()).await.unwrap();
    let undo = token_in(&house.post().await[0]);
    lives(&house, Purpose::Undo, &undo, Duration::hours(72)).await;
    let late = house.auth.undo_email_change(&undo, &password(GOOD), &client()).await;
    assert_eq!(kind(late), "rejected");
    let confirm = wish(&house, "ada@newer.example").await;
    house.auth.confirm_email(&confirm, &client()).await.unwrap();
    let undo = token_in(&house.post().await[0]);
    just_before(&house, Duration::hours(72));
    house.auth.undo_email_change(&undo, &password(GOOD), &client()).await.unwrap();
}

pub(crate) async fn a_temporary_password_lives_for_a_day_and_its_ticket_for_ten_minutes(
    house: House,
) {
    let admin = house.furnished().await;
    let operator = house.operator.because("test");
    operator.set_temporary_password(admin.id, &password(BETTER)).await.unwrap();
    let ticket = async || match house.try_login("admin", BETTER).await.unwrap() {
        LogIn::PasswordChangeRequired(ticket) => Token::parse(&ticket.reveal()).unwrap(),
        _ => panic!("no ticket"),
    };
    let first = ticket().await;
    lives(&house, Purpose::Replacement, &first, Duration::minutes(10)).await;
    just_before(&house, Duration::hours(24) - Duration::minutes(10));
    // The ticket of the last moment ends with the password.
    let last = ticket().await;
    assert!(opens(&house, Purpose::Replacement, &last).await);
    just_after(&house);
    assert!(!opens(&house, Purpose::Replacement, &last).await);
    assert_eq!(kind(house.try_login("admin", BETTER).await), "rejected");
}

pub(crate) async fn a_shown_password_counts_for_five_minutes(house: House) {
    house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let confirmed = async || {
        let me = house.auth.identify(&session.token).await.unwrap();
        kind(house.auth.require_confirmed(&me))
    };
    just_before(&house, Duration::minutes(5));
    assert_eq!(confirmed().await, "ok", "the log-in counts");
    just_after(&house);
    assert_eq!(confirmed().await, "step_up_required");
    let me = house.auth.identify(&session.token).await.unwrap();
    house.auth.my_account(&me).confirm(&password(GOOD), &client()).await.unwrap();
    just_before(&house, Duration::minutes(5));
    assert_eq!(confirmed().await, "ok");
    just_after(&house);
    assert_eq!(confirmed().await, "step_up_required");
}
