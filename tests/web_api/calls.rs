//! Calls of `src/web/calls.md`, as their rows say.

use serde_json::{Value, json};
use time::Duration;

use crate::{
    house::{BETTER, GOOD, House, password, written_token_in},
    web::{Answer, Web, ask, get, send},
};

on_every_store! {
    log_in_answers_who_and_sets_the_cookie
    a_remembered_cookie_lives_as_long_as_its_session
    a_bearer_gets_the_token_and_no_cookie
    the_session_tells_what_its_holder_may_do
    logging_out_deletes_the_cookie_and_needs_no_session
    a_temporary_password_leads_to_a_ticket
    a_ticket_leads_to_the_session_its_log_in_asked_for
    forgot_answers_the_same_for_everybody
    a_reset_link_works_once_and_logs_nobody_in
    an_invited_person_activates
    me_shows_the_last_log_ins
    changing_the_password_re_issues_a_cookie
    changing_the_password_re_issues_a_bearer_token
}

#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const USER: [&str; 10] = [
    "created_at",
    "email",
    "email_proven",
    "id",
    "last_login_at",
    "name",
    "role",
    "status",
    "username",
    "version",
];
const ACCOUNT: [&str; 6] = ["id", "name", "plan", "plan_until", "seats", "seats_taken"];
const SESSION: [&str; 7] =
    ["client", "created_at", "current", "expires_at", "id", "last_seen_at", "remembered"];

async fn log_in(web: &Web, body: Value) -> Answer {
    send(&web.service, ask("POST", "/auth/api/session").json(&body)).await
}

async fn log_in_answers_who_and_sets_the_cookie(house: House) {
    let web = Web::new(house).await;
    let answer = log_in(&web, json!({"login": "admin", "password": GOOD})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!(keys(&body), ["account", "session", "status", "user"], "no token beside a cookie");
    assert_eq!(body["status"], "signed_in");
    assert_eq!(keys(&body["user"]), USER);
    assert_eq!(keys(&body["account"]), ACCOUNT);
    assert_eq!(keys(&body["session"]), SESSION);
    assert_eq!(body["user"]["username"], "admin");
    assert_eq!(body["user"]["last_login_at"], "2026-11-21T12:00:00Z");
    assert_eq!(body["session"]["current"], true);
    assert_eq!(body["session"]["client"], json!({"address": "203.0.113.7", "agent": ""}));
    let [cookie] = answer.cookies()[..] else { panic!("one cookie") };
    let (token, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(token.strip_prefix("__Host-portcullis=").unwrap().len(), 43);
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/");
}

async fn a_remembered_cookie_lives_as_long_as_its_session(house: House) {
    let web = Web::new(house).await;
    let answer = log_in(&web, json!({"login": "admin", "password": GOOD, "remember": true})).await;
    let [cookie] = answer.cookies()[..] else { panic!("one cookie") };
    let fortnight = Duration::days(14).whole_seconds();
    assert!(cookie.contains(&format!("; Max-Age={fortnight}")), "{cookie}");
    assert_eq!(answer.json()["session"]["remembered"], true);
}

async fn a_bearer_gets_the_token_and_no_cookie(house: House) {
    let web = Web::new(house).await;
    let body = json!({"login": "admin", "password": GOOD, "transport": "bearer"});
    let answer = log_in(&web, body).await;
    assert_eq!(answer.cookies(), Vec::<&str>::new());
    let body = answer.json();
    let token = body["token"].as_str().unwrap();
    let answer = send(&web.service, get("/auth/api/session").bearer(token)).await;
    assert_eq!(answer.status, 200);
    let answer = send(&web.service, ask("DELETE", "/auth/api/session").bearer(token)).await;
    assert_eq!((answer.status, answer.cookies().len()), (204, 0));
    let answer = send(&web.service, get("/auth/api/session").bearer(token)).await;
    answer.is_problem(401, "unauthenticated");
}

async fn the_session_tells_what_its_holder_may_do(house: House) {
    let web = Web::new(house).await;
    let answer = web.admin().await.get("/auth/api/session").await;
    let body = answer.json();
    assert_eq!(keys(&body), ["account", "features", "permissions", "session", "user"]);
    let permissions = body["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("users.manage")), "{permissions:?}");
    assert_eq!(body["user"]["last_login_at"], "2026-11-21T12:00:00Z");
    assert_eq!(answer.cookies().len(), 0);
}

async fn logging_out_deletes_the_cookie_and_needs_no_session(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let answer = admin.send(ask("DELETE", "/auth/api/session")).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let [cookie] = answer.cookies()[..] else { panic!("one cookie") };
    assert!(cookie.starts_with("__Host-portcullis=; ") && cookie.contains("Max-Age=0"), "{cookie}");
    assert_eq!(send(&web.service, ask("DELETE", "/auth/api/session")).await.status, 204);
}

async fn a_temporary_password_leads_to_a_ticket(house: House) {
    let web = Web::new(house).await;
    let operator = web.house.operator.because("test");
    operator.set_temporary_password(web.admin.id, &password(BETTER)).await.unwrap();
    let answer = log_in(&web, json!({"login": "admin", "password": BETTER})).await;
    assert_eq!((answer.status, answer.cookies().len()), (200, 0));
    let body = answer.json();
    assert_eq!(keys(&body), ["status", "ticket"]);
    assert_eq!(body["status"], "password_change_required");
    let replace = |password: &str| {
        let body = json!({"ticket": body["ticket"], "password": password});
        send(&web.service, ask("POST", "/auth/api/password/replace").json(&body))
    };
    let problem = replace(BETTER).await.is_problem(422, "invalid");
    assert_eq!(problem["violations"][0]["rule"], "not_temporary");
    let answer = replace("the third of three phrases").await;
    assert_eq!((answer.status, answer.cookies().len()), (200, 1));
    assert_eq!(answer.json()["status"], "signed_in");
    replace("the fourth of three phrases").await.is_problem(401, "rejected");
}

async fn a_ticket_leads_to_the_session_its_log_in_asked_for(house: House) {
    let web = Web::new(house).await;
    let operator = web.house.operator.because("test");
    operator.set_temporary_password(web.admin.id, &password(BETTER)).await.unwrap();
    let body = json!({"login": "admin", "password": BETTER, "transport": "bearer"});
    let ticket = log_in(&web, body).await.json()["ticket"].clone();
    let body = json!({"ticket": ticket, "password": "the third of three phrases"});
    let answer = send(&web.service, ask("POST", "/auth/api/password/replace").json(&body)).await;
    assert_eq!((answer.status, answer.cookies().len()), (200, 0));
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(send(&web.service, get("/auth/api/me").bearer(&token)).await.status, 200);
    let as_token = send(&web.service, get("/auth/api/me").bearer(ticket.as_str().unwrap())).await;
    as_token.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn requirements_are_readable_beforehand() {
    let web = Web::in_memory().await;
    let body = send(&web.service, get("/auth/api/password/requirements")).await.json();
    assert_eq!(keys(&body), ["max_bytes", "min_length", "rules"]);
    assert_eq!((&body["min_length"], &body["max_bytes"]), (&json!(15), &json!(4096)));
    assert_eq!(keys(&body["rules"][0]), ["message", "rule"]);
}

async fn forgot_answers_the_same_for_everybody(house: House) {
    let web = Web::new(house).await;
    let mut answers = Vec::new();
    for email in ["admin@acme.example", "nobody@acme.example", "no address", ""] {
        let body = json!({"email": email});
        let answer = send(&web.service, ask("POST", "/auth/api/password/forgot").json(&body)).await;
        assert_eq!(answer.status, 202);
        answers.push((answer.headers, answer.text));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(web.house.post().await.len(), 1);
}

async fn a_reset_link_works_once_and_logs_nobody_in(house: House) {
    let web = Web::new(house).await;
    let token = web.reset_token().await;
    let reset = |password: &str| {
        let body = json!({"token": token, "password": password});
        send(&web.service, ask("POST", "/auth/api/password/reset").json(&body))
    };
    let problem = reset("short").await.is_problem(422, "invalid");
    let violation = &problem["violations"][0];
    assert_eq!(keys(violation), ["field", "message", "rule"]);
    assert_eq!(
        (&violation["field"], &violation["rule"]),
        (&json!("password"), &json!("min_length"))
    );
    let answer = reset(BETTER).await;
    assert_eq!((answer.status, answer.text.as_str(), answer.cookies().len()), (204, "", 0));
    reset(BETTER).await.is_problem(401, "rejected");
    assert_eq!(log_in(&web, json!({"login": "admin", "password": BETTER})).await.status, 200);
}

async fn an_invited_person_activates(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let new = json!({"username": "grace", "email": "grace@acme.example", "name": "Grace Hopper",
                     "role": "salesperson"});
    let answer = admin.send(ask("POST", "/auth/api/users").json(&new)).await;
    assert_eq!(answer.status, 201);
    let body = answer.json();
    assert_eq!(keys(&body["user"]), USER);
    assert_eq!(
        (&body["user"]["status"], &body["user"]["last_login_at"]),
        (&json!("invited"), &json!(null))
    );
    let token = written_token_in(&web.house.post().await[0]);
    let body = json!({"token": token, "password": GOOD});
    let activation = || ask("POST", "/auth/api/activation").json(&body);
    assert_eq!(send(&web.service, activation()).await.status, 204);
    send(&web.service, activation()).await.is_problem(401, "rejected");
    let answer = log_in(&web, json!({"login": "grace@acme.example", "password": GOOD})).await;
    assert_eq!(answer.json()["user"]["role"], "salesperson");
}

async fn me_shows_the_last_log_ins(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let body = admin.get("/auth/api/me").await.json();
    assert_eq!(keys(&body), ["account", "language", "last_logins", "user"]);
    assert_eq!(keys(&body["user"]), USER);
    assert_eq!(keys(&body["account"]), ACCOUNT);
    assert_eq!(
        body["last_logins"][0],
        json!({"at": "2026-11-21T12:00:00Z", "client": {"address": "203.0.113.7", "agent": ""}})
    );
}

async fn changing_the_password_re_issues_a_cookie(house: House) {
    let web = Web::new(house).await;
    let (mut here, mut there) = (web.admin().await, web.admin().await);
    let old = here.token().unwrap().to_owned();
    let body = json!({"current_password": GOOD, "new_password": BETTER});
    let answer = here.send(ask("PUT", "/auth/api/me/password").json(&body)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_ne!(here.token().unwrap(), old);
    assert!(here.is_in().await && !there.is_in().await);
}

async fn changing_the_password_re_issues_a_bearer_token(house: House) {
    let web = Web::new(house).await;
    let token = web.bearer().await;
    let body = json!({"current_password": GOOD, "new_password": BETTER});
    let change = ask("PUT", "/auth/api/me/password").json(&body).bearer(&token);
    let answer = send(&web.service, change).await;
    assert_eq!((answer.status, answer.cookies().len()), (200, 0));
    let body = answer.json();
    assert_eq!(keys(&body), ["token"]);
    let session = |token: &str| send(&web.service, get("/auth/api/session").bearer(token));
    assert_eq!(session(body["token"].as_str().unwrap()).await.status, 200);
    session(&token).await.is_problem(401, "unauthenticated");
}
