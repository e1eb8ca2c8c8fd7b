//! Mistakes other libraries shipped that need a door, each under what happened there.

use portcullis::{auth::NewUser, model::Username};
use serde_json::{Value, json};
use time::Duration;

use crate::{
    house::{BETTER, GOOD, House, client, password, token_in},
    web::{Browser, Web, ask, get, send},
};

on_every_store! {
    who_is_unknown_disabled_invited_stopped_or_temporary_expired_is_refused_byte_by_byte
    host_and_forwarded_headers_reach_no_letter_cve_2017_9303
}

/// There the form of the second step believed that the first had been taken: a new password
/// without a token, if the steps came in the right order. Here each order of three steps without
/// a token is taken, in one browser, by pages and calls.
#[tokio::test]
async fn a_reset_without_a_token_in_any_order_of_steps_changes_nothing() {
    let made_up = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k";
    let steps = 11;
    let web = Web::in_memory().await;
    let mut tried = 0;
    for order in 0..steps * steps * steps {
        let mut browser = web.browser();
        for step in [order % steps, order / steps % steps, order / steps / steps] {
            take(&mut browser, step, made_up).await;
        }
        tried += 1;
    }
    assert_eq!(tried, 1_331);
    // Whatever was counted against strangers has passed.
    web.house.clock.turn(Duration::days(2));
    assert_eq!(web.browser().log_in("admin", BETTER).await.status, 401);
    assert_eq!(web.browser().log_in("admin", GOOD).await.status, 303);
    // And the step that has a token does what all these did not.
    let token = web.reset_token().await;
    let body = json!({ "token": token, "password": BETTER });
    let answer = send(&web.service, ask("POST", "/auth/api/password/reset").json(&body)).await;
    assert_eq!(answer.status, 204);
    assert_eq!(web.browser().log_in("admin", BETTER).await.status, 303);
}

/// A step of somebody who has no token: none may change a password or end in a fault.
async fn take(browser: &mut Browser, step: u32, made_up: &str) {
    let form = [("username", "admin"), ("password", BETTER), ("new_password", BETTER)];
    let api = |body: Value| ask("POST", "/auth/api/password/reset").json(&body);
    let answer = match step {
        0 => browser.post("/auth/forgot", &[("email", "admin@acme.example")]).await,
        1 => browser.get("/auth/reset").await,
        2 => browser.get(&format!("/auth/reset?token={made_up}")).await,
        3 => browser.get("/auth/reset?token=").await,
        4 => browser.post("/auth/reset", &form[..2]).await,
        5 => browser.post("/auth/reset", &[("token", made_up), form[0], form[1]]).await,
        6 => browser.post("/auth/replace", &form).await,
        7 => browser.send(api(json!({ "token": "", "password": BETTER }))).await,
        8 => browser.send(api(json!({ "token": null, "password": BETTER }))).await,
        9 => browser.send(api(json!({ "password": BETTER }))).await,
        _ => browser.send(api(json!({ "token": made_up, "password": BETTER }))).await,
    };
    assert!(answer.status < 500, "{step}: {} {}", answer.status, answer.text);
    assert_ne!(answer.status, 204, "{step}");
}

/// Somebody of each kind that cannot log in, with [`GOOD`] as the password they would type.
async fn shut_out(house: &House) {
    let me = house.login("admin", GOOD).await.identity;
    let disabled = house.employee("dora", "salesperson").await;
    let temporary = house.employee("theo", "salesperson").await;
    house.employee("stan", "salesperson").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.disable(disabled.id, "left", &client()).await.unwrap();
    accounts.set_temporary_password(temporary.id, &password(GOOD), &client()).await.unwrap();
    // A failure and an hour, a hundred times: the password is stopped.
    for _ in 0..100 {
        let _ = house.try_login("stan", BETTER).await;
        house.clock.turn(Duration::hours(1));
    }
    // The temporary one has run out meanwhile.
    let me = house.login("admin", GOOD).await.identity;
    let new = NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson").unwrap();
    house.auth.user_accounts(&me).unwrap().invite(&new, &client()).await.unwrap();
    house.post().await;
}

/// There a page said "your account is disabled" to whoever typed the name.
async fn who_is_unknown_disabled_invited_stopped_or_temporary_expired_is_refused_byte_by_byte(
    house: House,
) {
    let web = Web::new(house).await;
    shut_out(&web.house).await;
    for door in ["api", "page"] {
        web.house.clock.turn(Duration::hours(1));
        let mut answers = Vec::new();
        for login in ["nobody", "admin", "dora", "ivy", "stan", "theo"] {
            let word = if login == "admin" { BETTER } else { GOOD };
            let request = if door == "api" {
                ask("POST", "/auth/api/session").json(&json!({ "login": login, "password": word }))
            } else {
                ask("POST", "/auth/login").form(&[("login", login), ("password", word)])
            };
            let answer = send(&web.service, request).await;
            assert_eq!(answer.status, 401, "{login} {}", answer.text);
            let text = answer.text.replace(&format!("value=\"{login}\""), "value=\"\"");
            answers.push((login, answer.headers, text));
        }
        for (login, headers, text) in &answers {
            let (_, first_headers, first) = &answers[0];
            assert_eq!((headers, text), (first_headers, first), "{door} {login}");
        }
    }
    // Each was refused for its own reason: who is let in again logs in.
    let me = web.house.login("admin", GOOD).await.identity;
    let dora =
        web.house.operator.find_user(&Username::parse("dora").unwrap()).await.unwrap().unwrap();
    web.house.auth.user_accounts(&me).unwrap().enable(dora.id, &client()).await.unwrap();
    web.house.login("dora", GOOD).await;
}

/// There the link in the mail was made of the request's `Host`, or of what a proxy's header said.
async fn host_and_forwarded_headers_reach_no_letter_cve_2017_9303(house: House) {
    let web = Web::new(house).await;
    let body = json!({ "email": "admin@acme.example" });
    let request = ask("POST", "/auth/api/password/forgot").json(&body);
    let request = request
        .with("host", "forgedhost.example")
        .with("x-forwarded-host", "forgedhost.example")
        .with("x-forwarded-proto", "http")
        .with("x-forwarded-server", "forgedhost.example")
        .with("x-original-url", "https://forgedhost.example/")
        .with("forwarded", "host=forgedhost.example;proto=http");
    assert_eq!(send(&web.service, request).await.status, 202);
    let letters = web.house.post().await;
    let letter = &letters[0];
    assert!(!letter.text.contains("forgedhost") && !letter.html.contains("forgedhost"));
    let link = format!("https://crm.example/auth/reset?token={}", &*token_in(letter).reveal());
    assert!(letter.text.contains(&link));
    let answer = send(&web.service, get("/auth/account").with("host", "evil.example")).await;
    assert!(answer.header("location").starts_with("/auth/login"), "{answer:?}");
}
