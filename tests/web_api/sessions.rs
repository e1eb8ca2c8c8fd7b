//! Sessions, their transports, and the mistakes others made with them.

use serde_json::json;
use time::Duration;

use crate::{
    house::{BETTER, GOOD, House},
    web::{Browser, Web, ask, get, send},
};

on_every_store! {
    sessions_are_listed_and_ended
    an_administrator_sees_where_somebody_is_logged_in
    an_id_of_the_list_is_no_token
    sessions_of_others_do_not_exist
    session_fixation_a_log_in_never_keeps_a_token_it_was_shown
    a_failed_log_in_leaves_the_session_alone
    a_replayed_log_out_cookie_is_dead
    a_session_is_good_for_its_own_transport_only
    the_fifth_wrong_current_password_ends_the_session
    an_idle_session_has_ended
}

async fn sessions_are_listed_and_ended(house: House) {
    let web = Web::new(house).await;
    let (mut here, mut there, mut third) =
        (web.admin().await, web.admin().await, web.admin().await);
    let list = here.get("/auth/api/sessions").await.json();
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let there_id = there.get("/auth/api/session").await.json()["session"]["id"].clone();
    let path = format!("/auth/api/sessions/{}", there_id.as_str().unwrap());
    assert_eq!(here.send(ask("DELETE", &path)).await.status, 204);
    assert!(!there.is_in().await && third.is_in().await);
    here.send(ask("DELETE", &path)).await.is_problem(404, "not_found");
    assert_eq!(here.send(ask("DELETE", "/auth/api/sessions")).await.status, 204);
    assert!(here.is_in().await && !third.is_in().await);
}

async fn an_administrator_sees_where_somebody_is_logged_in(house: House) {
    let mut policy = portcullis::policy::Policy::crm();
    policy.limits.sessions_per_user = Some(2);
    let web = Web::new(house.under(policy)).await;
    let id = web.house.employee("grace", "salesperson").await.id;
    let mut admin = web.admin().await;
    let (mut first, mut second) = (web.browser(), web.browser());
    for browser in [&mut first, &mut second] {
        browser.log_in("grace", GOOD).await;
        web.house.clock.turn(Duration::SECOND);
    }
    let path = format!("/auth/api/users/{id}/sessions");
    let seen = admin.get(&path).await.json();
    let own = second.get("/auth/api/sessions").await.json();
    assert_eq!((&seen["allowed"], &own["allowed"]), (&json!(2), &json!(2)));
    let ids = |list: &serde_json::Value| -> Vec<serde_json::Value> {
        list["sessions"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect()
    };
    assert_eq!((ids(&seen).len(), ids(&seen)), (2, ids(&own)));
    let is_current = |it: &serde_json::Value| it["current"] == true;
    assert!(!seen["sessions"].as_array().unwrap().iter().any(is_current));
    assert!(own["sessions"].as_array().unwrap().iter().any(is_current));
    // A third place takes the first one's.
    let mut third = web.browser();
    third.log_in("grace", GOOD).await;
    first.get("/auth/api/session").await.is_problem(401, "unauthenticated");
    assert!(second.is_in().await && third.is_in().await);
    assert_eq!(ids(&admin.get(&path).await.json()).len(), 2);
    let unlimited = Web::in_memory().await.admin().await.get("/auth/api/sessions").await.json();
    assert_eq!(unlimited["allowed"], serde_json::Value::Null);
}

async fn an_id_of_the_list_is_no_token(house: House) {
    let web = Web::new(house).await;
    let id = web.admin().await.get("/auth/api/session").await.json()["session"]["id"].clone();
    let id = id.as_str().unwrap();
    let shown = [
        get("/auth/api/session").bearer(id),
        get("/auth/api/session").with("cookie", &format!("__Host-portcullis={id}")),
    ];
    for ask in shown {
        send(&web.service, ask).await.is_problem(401, "unauthenticated");
    }
}

async fn sessions_of_others_do_not_exist(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let new = json!({"username": "grace", "email": "grace@acme.example", "name": "Grace Hopper",
                     "role": "administrator"});
    assert_eq!(admin.send(ask("POST", "/auth/api/users").json(&new)).await.status, 201);
    let token = crate::house::written_token_in(&web.house.post().await[0]);
    let body = json!({"token": token, "password": GOOD});
    send(&web.service, ask("POST", "/auth/api/activation").json(&body)).await;
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    let id = admin.get("/auth/api/session").await.json()["session"]["id"].clone();
    for id in [id.as_str().unwrap(), "made-up", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("/auth/api/sessions/{id}");
        grace.send(ask("DELETE", &path)).await.is_problem(404, "not_found");
    }
    assert!(admin.is_in().await);
}

async fn session_fixation_a_log_in_never_keeps_a_token_it_was_shown(house: House) {
    let web = Web::new(house).await;
    let mut attacker = web.admin().await;
    let planted = attacker.cookies.clone();
    let mut victim = Browser { cookies: planted.clone(), ..web.browser() };
    let body = json!({"login": "admin", "password": GOOD});
    let answer = victim.send(ask("POST", "/auth/api/session").json(&body)).await;
    assert_eq!(answer.status, 200);
    assert_ne!(victim.cookies, planted);
    assert!(victim.is_in().await);
    assert!(!attacker.is_in().await, "the session it took the place of has ended");
}

async fn a_failed_log_in_leaves_the_session_alone(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let body = json!({"login": "admin", "password": "wrong"});
    let answer = admin.send(ask("POST", "/auth/api/session").json(&body)).await;
    answer.is_problem(401, "rejected");
    assert_eq!(answer.cookies().len(), 0);
    assert!(admin.is_in().await);
}

async fn a_replayed_log_out_cookie_is_dead(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let mut replayed = admin.clone();
    admin.send(ask("DELETE", "/auth/api/session")).await;
    assert_eq!(admin.token(), None);
    let answer = replayed.get("/auth/api/session").await;
    answer.is_problem(401, "unauthenticated");
    assert_eq!(answer.cookies().len(), 0, "a late answer must not delete a newer cookie");
}

async fn a_session_is_good_for_its_own_transport_only(house: House) {
    let web = Web::new(house).await;
    let (cookie, bearer) = (web.admin().await.token().unwrap().to_owned(), web.bearer().await);
    let as_bearer = get("/auth/api/session").bearer(&cookie);
    send(&web.service, as_bearer).await.is_problem(401, "unauthenticated");
    let as_cookie = get("/auth/api/session").with("cookie", &format!("__Host-portcullis={bearer}"));
    send(&web.service, as_cookie).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn cookie_and_bearer_together_are_malformed_everywhere() {
    let web = Web::in_memory().await;
    let mut admin = web.admin().await;
    let bearer = web.bearer().await;
    for (method, path) in [
        ("GET", "/auth/api/session"),
        ("DELETE", "/auth/api/session"),
        ("GET", "/auth/api/password/requirements"),
        ("GET", "/auth/api/me"),
    ] {
        for token in [bearer.as_str(), "x", ""] {
            admin.send(ask(method, path).bearer(token)).await.is_problem(400, "malformed");
        }
    }
    let twice = get("/auth/api/session").bearer(&bearer).bearer(&bearer);
    send(&web.service, twice).await.is_problem(400, "malformed");
    assert!(admin.is_in().await);
}

#[tokio::test]
async fn other_cookies_and_schemes_are_somebody_elses() {
    let web = Web::in_memory().await;
    let token = web.admin().await.token().unwrap().to_owned();
    let session = |cookie: &str| get("/auth/api/session").with("cookie", cookie);
    let good = format!("a=b; __Host-portcullis={token}; theme=d\u{e4}rk");
    let basic = session(&good).with("authorization", "Basic c3RhZ2luZzpzdGFnaW5n");
    assert_eq!(send(&web.service, basic).await.status, 200);
    for cookie in [
        format!("portcullis={token}"),
        format!("__host-portcullis={token}"),
        format!("__Host-portcullis={token}; __Host-portcullis={token}"),
        format!("__Host-portcullis={token}x"),
        "__Host-portcullis=".to_owned(),
    ] {
        send(&web.service, session(&cookie)).await.is_problem(401, "unauthenticated");
    }
    for scheme in ["bearer", "BEARER"] {
        let bearer = format!("{scheme} {}", web.bearer().await);
        let ask = get("/auth/api/session").with("authorization", &bearer);
        assert_eq!(send(&web.service, ask).await.status, 200);
    }
}

async fn the_fifth_wrong_current_password_ends_the_session(house: House) {
    let web = Web::new(house).await;
    let (mut admin, mut other) = (web.admin().await, web.admin().await);
    let body = json!({"current_password": "wrong", "new_password": BETTER});
    for _ in 0..5 {
        let answer = admin.send(ask("PUT", "/auth/api/me/password").json(&body)).await;
        answer.is_problem(401, "rejected");
    }
    assert!(!admin.is_in().await && other.is_in().await);
}

async fn an_idle_session_has_ended(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    web.house.clock.turn(Duration::minutes(31));
    admin.get("/auth/api/me").await.is_problem(401, "unauthenticated");
}
