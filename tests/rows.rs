//! The rows a person walks, on every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Credentials, LogIn, NewUser},
    model::{Status, Transport, Username},
    policy::{Permission, Policy},
    secret::{Password, Purpose, Token},
};
use time::Duration;

on_every_store! {
    m1_logs_in_with_username_or_proven_email
    m1_every_refusal_is_the_same
    m2_an_account_is_opened_and_its_administrator_invited
    m3_an_invited_person_alone_sees_the_link
    m4_activation_works_once_and_looking_is_harmless
    m4_an_expired_activation_is_sent_again_by_forgot_password
    m4_forgot_password_does_not_extend_an_invitation
    m4_invitations_are_listed_sent_again_and_revoked
    m5_the_overview_shows_last_log_ins
    m9_a_reset_ends_everything_and_works_once
    m9_a_weak_password_does_not_use_the_link_up
    m9_three_links_stand_together_and_one_kills_all
    m9_one_letter_in_five_minutes
    m9_asking_for_a_reset_ends_no_wait_and_using_it_does
    m9_a_reset_ends_the_stop_of_a_password
    m12_a_temporary_password_must_be_replaced
    m17_changing_the_password_ends_other_sessions
    m17_the_fifth_wrong_current_password_ends_that_session_only
    m19_every_missed_requirement_is_named_at_once
    m22_names_are_those_of_colleagues_only
    m29_idle_and_absolute_limits
    m29_sessions_are_listed_and_ended
    m29_a_session_is_good_for_its_own_transport_only
}

async fn m1_logs_in_with_username_or_proven_email(house: House) {
    let admin = house.furnished().await;
    for login in ["admin", "ADMIN", " admin ", "admin@acme.example", "Admin@Acme.Example"] {
        let signed_in = house.login(login, GOOD).await;
        assert_eq!(signed_in.identity.user().id, admin.id, "{login}");
        let me = house.auth.identify(&signed_in.token).await.unwrap();
        assert!(me.require(Permission::USERS_MANAGE).is_ok());
    }
}

async fn m1_every_refusal_is_the_same(house: House) {
    let admin = house.opened().await;
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected", "invited");
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    for (login, word) in
        [("admin", BETTER), ("nobody", GOOD), ("admin", ""), ("", ""), ("a@b.example", GOOD)]
    {
        assert_eq!(kind(house.try_login(login, word).await), "rejected", "{login}");
    }
    // Five are free; then each wait doubles, for names that exist and those that do not.
    for login in ["admin", "ghost"] {
        let mut kinds = Vec::new();
        for _ in 0..7 {
            kinds.push(kind(house.try_login(login, BETTER).await));
        }
        assert_eq!(kinds.last(), Some(&"throttled"), "{login}");
    }
    assert_eq!(kind(house.try_login("admin", GOOD).await), "throttled");
    house.clock.turn(Duration::hours(1));
    assert_eq!(house.login("admin", GOOD).await.identity.user().id, admin.id);
}

async fn m2_an_account_is_opened_and_its_administrator_invited(house: House) {
    let admin = house.opened().await;
    assert_eq!(admin.status, Status::Invited);
    let letters = house.post().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to.as_str(), "admin@acme.example");
    assert!(letters[0].text.contains("https://crm.example/auth/activate?token="));
    let found = house.operator.find_user(&Username::parse("Admin").unwrap()).await.unwrap();
    assert_eq!(found.unwrap().id, admin.id);
    // The same name again is a conflict, and opens nothing.
    let account =
        portcullis::auth::NewAccount::new("Other", portcullis::model::Plan::TRIAL).unwrap();
    let same =
        portcullis::auth::NewUser::parse("ADMIN", "x@y.example", "X", "administrator").unwrap();
    let again = house.operator.because("test").open_account(&account, &same).await;
    assert_eq!(kind(again), "conflict");
    assert!(house.post().await.is_empty());
}

async fn m3_an_invited_person_alone_sees_the_link(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("grace", "Grace@Acme.example", "Grace Hopper", "sales_manager");
    let grace = accounts.invite(&new.unwrap(), &client()).await.unwrap();
    assert_eq!((grace.status, grace.role.as_str()), (Status::Invited, "sales_manager"));
    assert_eq!((grace.username.as_str(), grace.name.as_str()), ("grace", "Grace Hopper"));
    assert_eq!(kind(house.try_login("grace", GOOD).await), "rejected");
    let letters = house.post().await;
    assert_eq!(letters.len(), 1, "nobody else is mailed");
    let letter = &letters[0];
    assert_eq!(letter.to.as_str(), "Grace@Acme.example");
    assert!(letter.text.contains("Invited by:  Ada Admin") && letter.text.contains("grace"));
    // That no row holds the token is `canary.rs`; nor does what the inviter is shown.
    let token = written_token_in(letter);
    let shown = accounts.history(grace.id, None, 50).await.unwrap();
    assert!(!format!("{grace:?} {shown:?}").contains(&token));
    // What the invitation carries, the invited person has.
    house.auth.activate(&token_in(letter), &password(BETTER), &client()).await.unwrap();
    let signed_in = house.login("grace", BETTER).await.identity;
    assert_eq!(signed_in.user().role.as_str(), "sales_manager");
    assert_eq!(signed_in.user().email.as_str(), "Grace@Acme.example");
    assert!(signed_in.user().email_proven);
}

async fn m4_activation_works_once_and_looking_is_harmless(house: House) {
    house.opened().await;
    let token = token_in(&house.post().await[0]);
    for _ in 0..3 {
        let seen = house.auth.look_at_link(Purpose::Activation, &token).await.unwrap();
        assert_eq!((seen.username.as_str(), seen.account.as_str()), ("admin", "Acme"));
    }
    // A token opens nothing of another purpose.
    assert_eq!(
        kind(house.auth.reset_password(&token, &password(GOOD), &client()).await),
        "rejected"
    );
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    assert_eq!(kind(house.auth.activate(&token, &password(BETTER), &client()).await), "rejected");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Activation, &token).await), "rejected");
    house.login("admin", GOOD).await;
    assert_eq!(house.post().await.len(), 1, "they are told");
}

async fn m4_an_expired_activation_is_sent_again_by_forgot_password(house: House) {
    house.opened().await;
    let first = token_in(&house.post().await[0]);
    house.clock.turn(Duration::hours(73));
    assert_eq!(kind(house.auth.activate(&first, &password(GOOD), &client()).await), "rejected");
    let second = house.forgot("admin@acme.example").await;
    house.auth.activate(&second, &password(GOOD), &client()).await.unwrap();
    house.login("admin", GOOD).await;
}

async fn m4_forgot_password_does_not_extend_an_invitation(house: House) {
    house.opened().await;
    house.post().await;
    house.clock.turn(Duration::days(13));
    let last = house.forgot("admin@acme.example").await;
    house.clock.turn(Duration::days(1));
    // The link that was sent in time has ended with the invitation, and no other comes.
    assert_eq!(kind(house.auth.activate(&last, &password(GOOD), &client()).await), "rejected");
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty());
}

async fn m4_invitations_are_listed_sent_again_and_revoked(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new =
        portcullis::auth::NewUser::parse("sam", "sam@acme.example", "Sam Seller", "salesperson");
    let sam = accounts.invite(&new.unwrap(), &client()).await.unwrap();
    let first = token_in(&house.post().await[0]);
    assert_eq!(accounts.invitations().await.unwrap().len(), 1);
    // The invitation has ended: the invitee cannot extend it, an administrator can.
    house.clock.turn(Duration::days(15));
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    house.auth.forgot_password("sam@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty());
    assert_eq!(kind(house.auth.activate(&first, &password(BETTER), &client()).await), "rejected");
    accounts.resend_activation(sam.id, &client()).await.unwrap();
    let second = token_in(&house.post().await[0]);
    accounts.revoke_invitation(sam.id, &client()).await.unwrap();
    assert_eq!(kind(house.auth.activate(&second, &password(BETTER), &client()).await), "rejected");
    assert_eq!(kind(accounts.revoke_invitation(sam.id, &client()).await), "not_found");
    assert!(accounts.invitations().await.unwrap().is_empty());
}

async fn m5_the_overview_shows_last_log_ins(house: House) {
    house.furnished().await;
    house.login("admin", GOOD).await;
    house.clock.turn(Duration::minutes(1));
    let me = house.login("admin", GOOD).await.identity;
    let overview = house.auth.my_account(&me).overview().await.unwrap();
    assert_eq!(overview.last_logins.len(), 2);
    assert!(overview.last_logins[0].at > overview.last_logins[1].at);
    assert_eq!(overview.last_login_at, Some(overview.last_logins[0].at));
    assert!(overview.user.email_proven);
    assert_eq!(overview.account.administrators, 1);
}

async fn m9_a_reset_ends_everything_and_works_once(house: House) {
    house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let earlier = house.forgot("admin@acme.example").await;
    house.clock.turn(Duration::minutes(6));
    let token = house.forgot("ADMIN@acme.example").await;
    house.auth.reset_password(&token, &password(BETTER), &client()).await.unwrap();
    for dead in [&token, &earlier] {
        let again = house.auth.reset_password(dead, &password(GOOD), &client()).await;
        assert_eq!(kind(again), "rejected");
    }
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected");
    house.login("admin", BETTER).await;
    let told = house.post().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].subject.contains("password"), "{}", told[0].subject);
}

async fn m9_a_weak_password_does_not_use_the_link_up(house: House) {
    house.furnished().await;
    let token = house.forgot("admin@acme.example").await;
    let weak = house.auth.reset_password(&token, &password("short"), &client()).await;
    assert_eq!(rules(weak), ["min_length"]);
    house.auth.reset_password(&token, &password(BETTER), &client()).await.unwrap();
    // And an hour later it would have been dead.
    let late = house.forgot("admin@acme.example");
    house.clock.turn(Duration::minutes(6));
    let late = late.await;
    house.clock.turn(Duration::minutes(60));
    assert_eq!(
        kind(house.auth.reset_password(&late, &password(GOOD), &client()).await),
        "rejected"
    );
}

async fn m9_three_links_stand_together_and_one_kills_all(house: House) {
    house.furnished().await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(house.forgot("admin@acme.example").await);
        house.clock.turn(Duration::minutes(6));
    }
    let mut kinds = Vec::new();
    for token in &tokens {
        kinds.push(kind(house.auth.look_at_link(Purpose::Reset, token).await));
    }
    assert_eq!(kinds, ["rejected", "ok", "ok", "ok"]);
    house.auth.reset_password(&tokens[2], &password(BETTER), &client()).await.unwrap();
    for token in &tokens {
        assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, token).await), "rejected");
    }
}

async fn m9_one_letter_in_five_minutes(house: House) {
    house.furnished().await;
    for _ in 0..5 {
        house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
        house.auth.forgot_password("stranger@else.example", &client()).await.unwrap();
    }
    assert_eq!(house.post().await.len(), 1);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        kinds.push(kind(house.auth.forgot_password("x@y.example", &client()).await));
    }
    assert_eq!(kinds.iter().filter(|kind| **kind == "ok").count(), 20, "30 a network");
    assert_eq!(kinds.last(), Some(&"throttled"));
}

/// Fails until a name has to wait.
async fn wear_out(house: &House, login: &str) {
    for _ in 0..9 {
        drop(house.try_login(login, "wrong").await);
    }
    assert_eq!(kind(house.try_login(login, GOOD).await), "throttled", "{login}");
}

async fn m9_asking_for_a_reset_ends_no_wait_and_using_it_does(house: House) {
    house.furnished().await;
    house.employee("bo", "salesperson").await;
    for login in ["admin", "admin@acme.example", "bo", "ghost"] {
        wear_out(&house, login).await;
    }
    let link = house.forgot("admin@acme.example").await;
    house.auth.look_at_link(Purpose::Reset, &link).await.unwrap();
    let weak = house.auth.reset_password(&link, &password("short"), &client()).await;
    assert_eq!(kind(weak), "invalid");
    let made_up = Token::parse(&"A".repeat(Token::LENGTH)).unwrap();
    let made_up = house.auth.reset_password(&made_up, &password(BETTER), &client()).await;
    assert_eq!(kind(made_up), "rejected");
    for login in ["admin", "admin@acme.example"] {
        assert_eq!(kind(house.try_login(login, GOOD).await), "throttled", "{login}");
    }
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
    house.login("admin", BETTER).await;
    house.login("admin@acme.example", BETTER).await;
    // Nobody else's wait ends with it, and the link is no way to end another.
    for login in ["bo", "ghost"] {
        assert_eq!(kind(house.try_login(login, GOOD).await), "throttled", "{login}");
    }
    wear_out(&house, "admin").await;
    let again = house.auth.reset_password(&link, &password(GOOD), &client()).await;
    assert_eq!(kind(again), "rejected");
    assert_eq!(kind(house.try_login("admin", BETTER).await), "throttled");
}

async fn m9_a_reset_ends_the_stop_of_a_password(house: House) {
    house.furnished().await;
    let mut policy = Policy::crm();
    policy.limits.failures_in_a_row = 3;
    let house = house.under(policy);
    for _ in 0..9 {
        drop(house.try_login("admin", "wrong").await);
    }
    house.clock.turn(Duration::hours(25));
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected", "time ends the wait alone");
    let link = house.forgot("admin@acme.example").await;
    assert_eq!(kind(house.try_login("admin", GOOD).await), "rejected");
    house.auth.reset_password(&link, &password(BETTER), &client()).await.unwrap();
    house.login("admin", BETTER).await;
    // The activation of somebody whose name was guessed at before leads to a log-in as well.
    let admin = house.login("admin", BETTER).await.identity;
    let new = NewUser::parse("cy", "cy@acme.example", "Cy", "salesperson").unwrap();
    house.auth.user_accounts(&admin).unwrap().invite(&new, &client()).await.unwrap();
    let token = token_in(house.post().await.last().unwrap());
    wear_out(&house, "cy").await;
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    house.login("cy", GOOD).await;
}

async fn m12_a_temporary_password_must_be_replaced(house: House) {
    let admin = house.furnished().await;
    let session = house.login("admin", GOOD).await;
    let link = house.forgot("admin@acme.example").await;
    let operator = house.operator.because("ticket 4711");
    operator.set_temporary_password(admin.id, &password(BETTER)).await.unwrap();
    assert_eq!(kind(house.auth.identify(&session.token).await), "unauthenticated");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    assert_eq!(house.post().await.len(), 1, "they are told");
    let wish = Credentials::new("admin", password(BETTER)).transport(Transport::Bearer);
    let LogIn::PasswordChangeRequired(ticket) = house.auth.login(wish, &client()).await.unwrap()
    else {
        panic!("logged in with a temporary password");
    };
    let ticket = Token::parse(&ticket.reveal()).unwrap();
    let same = house.auth.replace_password(&ticket, &password(BETTER), &client()).await;
    assert_eq!(rules(same.map(|_| ())), ["not_temporary"]);
    let signed_in = house.auth.replace_password(&ticket, &password(GOOD), &client()).await.unwrap();
    assert_eq!(signed_in.token.transport(), Transport::Bearer);
    house.auth.identify(&signed_in.token).await.unwrap();
    let again = house.auth.replace_password(&ticket, &password(BETTER), &client()).await;
    assert_eq!(kind(again), "rejected");
    // One that nobody used is dead after a day.
    operator.set_temporary_password(admin.id, &password(BETTER)).await.unwrap();
    house.clock.turn(Duration::hours(24));
    assert_eq!(kind(house.try_login("admin", BETTER).await), "rejected");
}

async fn m17_changing_the_password_ends_other_sessions(house: House) {
    house.furnished().await;
    let link = house.forgot("admin@acme.example").await;
    let other = house.login("admin", GOOD).await;
    let mine = house.login("admin", GOOD).await;
    let account = house.auth.my_account(&mine.identity);
    let wrong = account.change_password(&password(BETTER), &password(BETTER), &client()).await;
    assert_eq!(kind(wrong), "rejected");
    let changed =
        account.change_password(&password(GOOD), &password(BETTER), &client()).await.unwrap();
    for dead in [&other.token, &mine.token] {
        assert_eq!(kind(house.auth.identify(dead).await), "unauthenticated");
    }
    let me = house.auth.identify(&changed.token).await.unwrap();
    assert_eq!(me.session().created_at, mine.identity.session().created_at, "it keeps its start");
    assert_eq!(kind(house.auth.look_at_link(Purpose::Reset, &link).await), "rejected");
    assert_eq!(house.post().await.len(), 1, "they are told");
    house.login("admin", BETTER).await;
}

async fn m17_the_fifth_wrong_current_password_ends_that_session_only(house: House) {
    house.furnished().await;
    let other = house.login("admin", GOOD).await;
    let mine = house.login("admin", GOOD).await;
    for _ in 0..5 {
        house.auth.identify(&mine.token).await.unwrap();
        let account = house.auth.my_account(&mine.identity);
        let wrong = account.change_password(&password(BETTER), &password(BETTER), &client()).await;
        assert_eq!(kind(wrong), "rejected");
    }
    assert_eq!(kind(house.auth.identify(&mine.token).await), "unauthenticated");
    house.auth.identify(&other.token).await.unwrap();
    house.login("admin", GOOD).await;
}

async fn m19_every_missed_requirement_is_named_at_once(house: House) {
    house.opened().await;
    let requirements = house.auth.password_requirements();
    assert_eq!((requirements.min_length, requirements.max_bytes), (15, 4_096));
    let token = token_in(&house.post().await[0]);
    let missed = |text: &'static str| {
        let (auth, token) = (house.auth.clone(), token.clone());
        async move { rules(auth.activate(&token, &password(text), &client()).await) }
    };
    assert_eq!(missed("password").await, ["min_length", "not_common"]);
    assert_eq!(missed("admin").await, ["min_length", "not_personal"]);
    assert_eq!(missed("passwordpassword").await, ["not_common"]);
    assert_eq!(missed("aaaaaaaaaaaaaaaaaaaaaaaaa").await, ["not_common"]);
    assert_eq!(missed("abcdefghijklmnopqrstuvwxyz").await, ["not_common"]);
    assert_eq!(missed("admin@acme.example1").await, ["not_personal"]);
    assert_eq!(missed("Acme CRM Ada Admin").await, ["not_personal"]);
    assert!(Password::new("x".repeat(4_097)).is_err());
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
}

async fn m22_names_are_those_of_colleagues_only(house: House) {
    use portcullis::{
        auth::{NewAccount, NewUser},
        id::UserId,
        model::Plan,
    };
    let admin = house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let new = NewUser::parse("bo", "bo@acme.example", "Bo Seller", "salesperson").unwrap();
    let bo = house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
    let account = NewAccount::new("Other", Plan::TRIAL).unwrap();
    let other = NewUser::parse("other", "o@other.example", "Otto", "administrator").unwrap();
    let acting = house.operator.because("test");
    let stranger = acting.open_account(&account, &other).await.unwrap().administrator;

    let ids = [bo.id, admin.id, stranger.id, UserId::NOBODY, bo.id];
    let names = house.auth.colleagues(&me, ids).await.unwrap();
    assert_eq!(names.len(), 2, "another company's people are nobody");
    assert_eq!(names[&admin.id].as_str(), "Ada Admin");
    assert_eq!(names[&bo.id].as_str(), "Bo Seller");
}

async fn m29_idle_and_absolute_limits(house: House) {
    house.furnished().await;
    let idle = house.login("admin", GOOD).await;
    let remember = Credentials::new("admin", password(GOOD)).remember(true);
    let remembered = house.auth.login(remember, &client()).await.unwrap().signed_in().unwrap();
    let used = house.login("admin", GOOD).await;
    for _ in 0..36 {
        house.clock.turn(Duration::minutes(20));
        if house.auth.identify(&used.token).await.is_ok() {
            house.auth.flush_activity().await.unwrap();
        }
    }
    assert_eq!(kind(house.auth.identify(&idle.token).await), "unauthenticated", "idle");
    assert_eq!(kind(house.auth.identify(&used.token).await), "unauthenticated", "12 hours");
    house.auth.identify(&remembered.token).await.unwrap();
    house.clock.turn(Duration::days(14));
    assert_eq!(kind(house.auth.identify(&remembered.token).await), "unauthenticated", "14 days");
}

async fn m29_sessions_are_listed_and_ended(house: House) {
    house.furnished().await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(house.login("admin", GOOD).await);
    }
    let me = &tokens[0].identity;
    let account = house.auth.my_account(me);
    assert_eq!(account.sessions().await.unwrap().len(), 4);
    account.end_session(tokens[1].identity.session().id, &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&tokens[1].token).await), "unauthenticated");
    let again = account.end_session(tokens[1].identity.session().id, &client()).await;
    assert_eq!(kind(again), "not_found");
    account.end_other_sessions(&client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&tokens[2].token).await), "unauthenticated");
    let me = house.auth.identify(&tokens[0].token).await.unwrap();
    assert_eq!(house.auth.my_account(&me).sessions().await.unwrap().len(), 1);
    house.auth.logout(&tokens[0].token, &client()).await.unwrap();
    house.auth.logout(&tokens[0].token, &client()).await.unwrap();
    assert_eq!(kind(house.auth.identify(&tokens[0].token).await), "unauthenticated", "replayed");
}

async fn m29_a_session_is_good_for_its_own_transport_only(house: House) {
    house.furnished().await;
    let cookie = house.login("admin", GOOD).await.token.reveal();
    let as_bearer = portcullis::auth::SessionToken::bearer(&cookie).unwrap();
    assert_eq!(kind(house.auth.identify(&as_bearer).await), "unauthenticated");
}
