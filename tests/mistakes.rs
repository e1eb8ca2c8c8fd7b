//! Mistakes other libraries shipped, each under what happened there. On every store. Those that
//! need a door are in `web_api/mistakes.rs`; those that a row's own tests already walk carry the
//! number in their name there.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Credentials, LogIn, NewUser, SessionToken},
    clock::Clock as _,
    entropy::SystemEntropy,
    id::BatchId,
    model::{EmailAddress, Status, User},
    secret::{Purpose, Token},
    store::{Batch, Change, Expect, Record as _, Table, Value, tables},
};
use time::Duration;

on_every_store! {
    an_expired_invitation_and_forgot_password_activate_nobody_cve_2023_48220
    a_case_folded_address_is_mailed_nothing_cve_2019_19844
    a_request_in_flight_does_not_resurrect_a_session_that_was_logged_out
    a_link_of_one_purpose_opens_nothing_of_another
    m4_activation_wipes_what_was_planted_before_it
}

async fn row(house: &House, user: &User) -> User {
    let row = house.store.get(&tables::USERS, user.id.as_bytes()).await.unwrap().unwrap();
    User::from_row(&row).unwrap()
}

/// What sessions, links and e-mail links made for this person now would carry.
async fn stamps(house: &House, user: &User) -> (i64, i64, i64) {
    let row = house.store.get(&tables::USERS, user.id.as_bytes()).await.unwrap().unwrap();
    let stamp = |name: &str| {
        let position = tables::USERS.columns.iter().position(|column| column.name == name);
        let Value::Int(stamp) = row.value(position.unwrap()) else { panic!("{name} is a number") };
        *stamp
    };
    (stamp("session_stamp"), stamp("link_stamp"), stamp("change_stamp"))
}

async fn ivy(house: &House) -> (User, Token) {
    let me = house.login("admin", GOOD).await.identity;
    let new = NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson").unwrap();
    let ivy = house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    (ivy, token)
}

/// There an invitation that had ended could still be used, and "forgot password" let its person
/// in without it.
async fn an_expired_invitation_and_forgot_password_activate_nobody_cve_2023_48220(house: House) {
    house.furnished().await;
    let (ivy, link) = ivy(&house).await;
    house.clock.turn(Duration::days(14) + Duration::seconds(1));
    house.auth.forgot_password("ivy@acme.example", &client()).await.unwrap();
    assert!(house.post().await.is_empty(), "nothing is mailed once the invitation has ended");
    for attempt in [
        house.auth.activate(&link, &password(GOOD), &client()).await,
        house.auth.reset_password(&link, &password(GOOD), &client()).await,
    ] {
        assert_eq!(kind(attempt), "rejected");
    }
    assert_eq!(kind(house.try_login("ivy", GOOD).await), "rejected");
    assert_eq!(row(&house, &ivy).await.status, Status::Invited);
}

/// There `mıke@…`, with a dotless i, found Mike, and the link went to the address that was typed.
async fn a_case_folded_address_is_mailed_nothing_cve_2019_19844(house: House) {
    let admin = house.furnished().await;
    house.employee_of(admin.account, "mike.kiss", "salesperson").await;
    house.clock.turn(Duration::hours(1));
    for typed in [
        "m\u{131}ke.kiss@acme.example",
        "mi\u{212a}e.kiss@acme.example",
        "mike.ki\u{df}@acme.example",
        "mike.ki\u{17f}s@acme.example",
        "mike.kiss@\u{ff41}cme.examp\u{2113}e",
    ] {
        house.auth.forgot_password(typed, &client()).await.unwrap();
        for letter in house.post().await {
            assert_eq!(letter.to.as_str(), "mike.kiss@acme.example", "{typed}");
        }
    }
    house.clock.turn(Duration::hours(1));
    house.auth.forgot_password("MIKE.Kiss@ACME.example", &client()).await.unwrap();
    let letters = house.post().await;
    assert_eq!(letters[0].to.as_str(), "mike.kiss@acme.example", "the stored one, as written");
}

/// There a request that had begun before the log-out wrote its session back when it ended.
async fn a_request_in_flight_does_not_resurrect_a_session_that_was_logged_out(house: House) {
    house.furnished().await;
    let begun = house.login("admin", GOOD).await;
    house.clock.turn(Duration::minutes(5));
    // In flight: it has recognised its person, and noted that the session was seen.
    let me = house.auth.identify(&begun.token).await.unwrap();
    house.auth.logout(&begun.token, &client()).await.unwrap();
    house.auth.flush_activity().await.unwrap();
    assert_eq!(kind(house.auth.identify(&begun.token).await), "unauthenticated");
    // What it goes on to do finds the session gone, and makes none.
    let account = house.auth.my_account(&me);
    let changed = account.change_password(&password(GOOD), &password(BETTER), &client()).await;
    assert_eq!(kind(changed.map(|_| ())), "unauthenticated");
    assert_eq!(kind(account.confirm(&password(GOOD), &client()).await), "unauthenticated");
    assert_eq!(kind(house.auth.identify(&begun.token).await), "unauthenticated");
    assert!(account.sessions().await.unwrap().is_empty());
}

/// There one kind of token was as good as another: a session's, a ticket's or a link's, where a
/// reset's was asked for.
async fn a_link_of_one_purpose_opens_nothing_of_another(house: House) {
    house.furnished().await;
    let (_, activation) = ivy(&house).await;
    let temporary = house.employee("theo", "salesperson").await;
    let operator = house.operator.because("test");
    operator.set_temporary_password(temporary.id, &password(BETTER)).await.unwrap();
    let LogIn::PasswordChangeRequired(ticket) = house.try_login("theo", BETTER).await.unwrap()
    else {
        panic!("no ticket")
    };
    let ticket = Token::parse(&ticket.reveal()).unwrap();
    house.post().await;
    let reset = house.forgot("admin@acme.example").await;
    let bearer = Credentials::new("admin", password(GOOD));
    let session = house.auth.login(bearer, &client()).await.unwrap().signed_in().unwrap();
    let session = Token::parse(&session.token.reveal()).unwrap();
    let (auth, client) = (&house.auth, client());
    let word = password("the third of three phrases");
    for (name, token) in
        [("activation", &activation), ("reset", &reset), ("session", &session), ("ticket", &ticket)]
    {
        if name != "reset" {
            let answer = auth.reset_password(token, &word, &client).await;
            assert_eq!(kind(answer), "rejected", "{name} as a reset");
        }
        if name != "activation" {
            let answer = auth.activate(token, &word, &client).await;
            assert_eq!(kind(answer), "rejected", "{name} as an activation");
        }
        if name != "ticket" {
            let answer = auth.replace_password(token, &word, &client).await;
            assert_eq!(kind(answer), "rejected", "{name} as a ticket");
        }
        for as_session in [SessionToken::cookie, SessionToken::bearer] {
            let shown = as_session(&token.reveal()).unwrap();
            let answer = auth.identify(&shown).await;
            let own = name == "session" && answer.is_ok();
            assert!(own || kind(answer) == "unauthenticated", "{name} as a session");
        }
        assert_eq!(kind(auth.confirm_email(token, &client).await), "rejected", "{name}");
        assert_eq!(kind(auth.undo_email_change(token, &word, &client).await), "rejected", "{name}");
        assert_eq!(kind(auth.object(token, &client).await), "rejected", "{name}");
    }
    house.login("admin", GOOD).await;
    // They were good for what they are for, all along.
    auth.activate(&activation, &word, &client).await.unwrap();
    auth.reset_password(&reset, &word, &client).await.unwrap();
    auth.replace_password(&ticket, &word, &client).await.unwrap();
}

/// A row of somebody else's, made to be about this person as they are now: what whoever can write
/// into the database, or found a way around a door, would leave for later.
async fn plant(house: &House, table: &'static Table, key: &[u8], victim: &User, stamp: i64) {
    let mut row = house.store.get(table, key).await.unwrap().unwrap();
    let commit = async |change: Change| {
        let id = BatchId::draw(house.clock.now(), &SystemEntropy).unwrap();
        house.store.commit(&Batch::new(id, house.clock.now(), vec![change])).await.unwrap();
    };
    commit(Change::Delete { table, key: key.to_vec(), expect: Expect::Present }).await;
    for (position, column) in table.columns.iter().enumerate() {
        let planted = match column.name {
            "user" => Value::Bytes(victim.id.as_bytes().to_vec()),
            "user_stamp" => Value::Int(stamp),
            "email" => Value::Text(victim.email.canonical().to_owned()),
            _ => continue,
        };
        row.set(position, planted);
    }
    commit(Change::Insert { table, row }).await;
}

/// There somebody made a profile under another's address and waited: when the owner came and
/// activated it, the session, the link or the password from before was still good.
///
/// Here nobody has any of them before the activation. If they had, all that carries the person's
/// stamps dies with the activation, which raises them. A password cannot be told from one that was
/// chosen: it opens nothing while the person is invited, and the activation is refused rather than
/// let somebody into a profile that two can open.
async fn m4_activation_wipes_what_was_planted_before_it(house: House) {
    let admin = house.furnished().await;
    let (ivy, older) = ivy(&house).await;
    let me = house.login("admin", GOOD).await;
    let accounts = house.auth.user_accounts(&me.identity).unwrap();
    accounts.resend_activation(ivy.id, &client()).await.unwrap();
    let link = token_in(&house.post().await[0]);
    let (ends, links, changes) = stamps(&house, &ivy).await;
    let session = house.login("admin", GOOD).await.token;
    let digest = Token::parse(&session.reveal()).unwrap().digest(Purpose::Cookie);
    plant(&house, &tables::SESSIONS, digest.as_bytes(), &ivy, ends).await;
    let reset = house.forgot("admin@acme.example").await;
    plant(&house, &tables::LINKS, reset.digest(Purpose::Reset).as_bytes(), &ivy, links).await;
    let account = house.auth.my_account(&me.identity);
    let new = EmailAddress::parse("evil@evil.example").unwrap();
    account.change_email(&password(GOOD), &new, &client()).await.unwrap();
    let confirm = token_in(&house.post().await[0]);
    let digest = confirm.digest(Purpose::EmailConfirm);
    plant(&house, &tables::LINKS, digest.as_bytes(), &ivy, changes).await;

    let planted_opens = async || {
        let (auth, word) = (&house.auth, password("a word of the attacker's own"));
        assert_eq!(kind(auth.identify(&session).await), "unauthenticated");
        assert_eq!(kind(auth.reset_password(&reset, &word, &client()).await), "rejected");
        assert_eq!(kind(auth.confirm_email(&confirm, &client()).await), "rejected");
    };
    planted_opens().await;
    house.auth.activate(&link, &password(GOOD), &client()).await.unwrap();
    planted_opens().await;
    assert_eq!(kind(house.auth.activate(&older, &password(BETTER), &client()).await), "rejected");
    let ivy = row(&house, &ivy).await;
    assert_eq!((ivy.status, ivy.email.as_str()), (Status::Active, "ivy@acme.example"));
    house.login("ivy", GOOD).await;

    // A password.
    house.post().await;
    let new = NewUser::parse("ivo", "ivo@acme.example", "Ivo", "salesperson").unwrap();
    let ivo = accounts.invite(&new, &client()).await.unwrap();
    let link = token_in(&house.post().await[0]);
    let theo = house.employee_of(admin.account, "theo", "salesperson").await;
    plant(&house, &tables::CREDENTIALS, theo.id.as_bytes(), &ivo, 0).await;
    assert_eq!(kind(house.try_login("ivo", GOOD).await), "rejected");
    assert_eq!(kind(house.try_login("ivo@acme.example", GOOD).await), "rejected");
    assert_eq!(kind(house.auth.activate(&link, &password(BETTER), &client()).await), "rejected");
    house.auth.forgot_password("ivo@acme.example", &client()).await.unwrap();
    for letter in house.post().await {
        let link = token_in(&letter);
        let word = password(BETTER);
        assert_eq!(kind(house.auth.reset_password(&link, &word, &client()).await), "rejected");
        assert_eq!(kind(house.auth.activate(&link, &word, &client()).await), "rejected");
    }
    assert_eq!(row(&house, &ivo).await.status, Status::Invited);
}
