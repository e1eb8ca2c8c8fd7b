//! Asking people in, and who may.

use serde_json::{Value, json};

use crate::{
    house::{GOOD, House, written_token_in},
    web::{Browser, Web, ask, get, send},
};

on_every_store! {
    invitations_are_listed_sent_again_and_revoked
    what_is_wrong_with_a_profile_is_told_at_once
    who_may_not_manage_users_is_told_before_anything_is_read
}

fn grace() -> Value {
    json!({"username": "grace", "email": "grace@acme.example", "name": "Grace Hopper",
           "role": "salesperson"})
}

async fn invite(browser: &mut Browser, new: &Value) -> String {
    let answer = browser.send(ask("POST", "/auth/api/users").json(new)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["user"]["id"].as_str().unwrap().to_owned()
}

async fn invitations_are_listed_sent_again_and_revoked(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let id = invite(&mut admin, &grace()).await;
    let list = admin.get("/auth/api/invitations").await.json();
    let [invitation] = &list["invitations"].as_array().unwrap()[..] else { panic!("one") };
    assert_eq!(invitation["user"]["id"], id.as_str());
    assert_eq!(invitation["inviter"], "Ada Admin");
    assert_eq!(invitation["expires_at"], "2026-12-05T12:00:00Z");
    let again = format!("/auth/api/users/{id}/activation");
    // While the first letter waits, there is no second one.
    assert_eq!(admin.send(ask("POST", &again)).await.status, 202);
    assert_eq!(web.house.post().await.len(), 1);
    assert_eq!(admin.send(ask("POST", &again)).await.status, 202);
    assert_eq!(web.house.post().await.len(), 1);
    let path = format!("/auth/api/invitations/{id}");
    assert_eq!(admin.send(ask("DELETE", &path)).await.status, 204);
    admin.send(ask("DELETE", &path)).await.is_problem(404, "not_found");
    admin.send(ask("POST", &again)).await.is_problem(404, "not_found");
    let list = admin.get("/auth/api/invitations").await.json();
    assert_eq!(list, json!({"invitations": []}));
}

async fn what_is_wrong_with_a_profile_is_told_at_once(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let new = json!({"username": "gr ace", "email": "grace", "name": "", "role": "salesperson"});
    let answer = admin.send(ask("POST", "/auth/api/users").json(&new)).await;
    let problem = answer.is_problem(422, "invalid");
    let fields: Vec<&Value> =
        problem["violations"].as_array().unwrap().iter().map(|v| &v["field"]).collect();
    assert_eq!(fields, ["username", "email", "name"]);
    let mut unknown = grace();
    unknown["role"] = json!("emperor");
    let answer = admin.send(ask("POST", "/auth/api/users").json(&unknown)).await;
    assert_eq!(answer.is_problem(422, "invalid")["violations"][0]["field"], "role");
    invite(&mut admin, &grace()).await;
    let answer = admin.send(ask("POST", "/auth/api/users").json(&grace())).await;
    assert_eq!(answer.is_problem(409, "conflict")["field"], "username");
}

async fn who_may_not_manage_users_is_told_before_anything_is_read(house: House) {
    let web = Web::new(house).await;
    invite(&mut web.admin().await, &grace()).await;
    let token = written_token_in(&web.house.post().await[0]);
    let body = json!({"token": token, "password": GOOD});
    send(&web.service, ask("POST", "/auth/api/activation").json(&body)).await;
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    let id = web.admin.id;
    for (method, path) in [
        ("POST", "/auth/api/users".to_owned()),
        ("POST", format!("/auth/api/users/{id}/activation")),
        ("GET", "/auth/api/invitations".to_owned()),
        ("DELETE", format!("/auth/api/invitations/{id}")),
    ] {
        grace.send(ask(method, &path)).await.is_problem(403, "forbidden");
        send(&web.service, ask(method, &path)).await.is_problem(401, "unauthenticated");
    }
    send(&web.service, get("/auth/api/me")).await.is_problem(401, "unauthenticated");
}
