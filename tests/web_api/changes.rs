//! Changes of one's own name and address.

use serde_json::json;

use crate::{
    house::{BETTER, GOOD, House, written_token_in},
    web::{Answer, Web, ask, get, send},
};

on_every_store! {
    the_username_is_changed
    the_address_is_changed_and_changed_back
    the_password_is_shown_again
    m27_the_language_of_letters_is_chosen
}

async fn put(web: &Web, bearer: &str, path: &str, body: serde_json::Value) -> Answer {
    let method = if path == "me/confirm" { "POST" } else { "PUT" };
    let ask = ask(method, &format!("/auth/api/{path}")).json(&body);
    send(&web.service, ask.with("authorization", &format!("Bearer {bearer}"))).await
}

async fn the_username_is_changed(house: House) {
    let web = Web::new(house).await;
    let bearer = web.bearer().await;
    let wish = |name: &str| json!({"current_password": GOOD, "username": name});
    assert_eq!(put(&web, &bearer, "me/username", wish("ada.b")).await.status, 204);
    let me = get("/auth/api/me").with("authorization", &format!("Bearer {bearer}"));
    assert_eq!(send(&web.service, me).await.json()["user"]["username"], "ada.b");
    let answer = put(&web, &bearer, "me/username", wish("two words")).await;
    answer.is_problem(422, "invalid");
    assert_eq!(answer.json()["violations"][0]["field"], "username");
    let wrong = json!({"current_password": BETTER, "username": "ada"});
    put(&web, &bearer, "me/username", wrong).await.is_problem(401, "rejected");
    let stray = json!({"current_password": GOOD, "username": "ada", "role": "administrator"});
    put(&web, &bearer, "me/username", stray).await.is_problem(400, "malformed");
}

async fn the_address_is_changed_and_changed_back(house: House) {
    let web = Web::new(house).await;
    let bearer = web.bearer().await;
    let wish = json!({"current_password": GOOD, "email": "ada@new.example"});
    assert_eq!(put(&web, &bearer, "me/email", wish).await.status, 202);
    let token = written_token_in(&web.house.post().await[0]);
    let confirm =
        |token: &str| ask("POST", "/auth/api/email/confirm").json(&json!({"token": token}));
    send(&web.service, confirm(&"A".repeat(43))).await.is_problem(401, "rejected");
    assert_eq!(send(&web.service, confirm(&token)).await.status, 204);
    let undo = written_token_in(&web.house.post().await[0]);
    let undo =
        |word: &str| ask("POST", "/auth/api/undo").json(&json!({"token": undo, "password": word}));
    send(&web.service, undo(BETTER)).await.is_problem(401, "rejected");
    assert_eq!(send(&web.service, undo(GOOD)).await.status, 204);
    let me = get("/auth/api/me").with("authorization", &format!("Bearer {bearer}"));
    send(&web.service, me).await.is_problem(401, "unauthenticated");
    // CVE-2023-7028: two addresses in one request.
    for body in [
        r#"{"current_password": "x", "email": ["a@b.example", "c@d.example"]}"#,
        r#"{"current_password": "x", "email": "a@b.example", "email": "c@d.example"}"#,
    ] {
        let bearer = web.bearer().await;
        let two =
            ask("PUT", "/auth/api/me/email").body("application/json", body.as_bytes().to_vec());
        let two = two.with("authorization", &format!("Bearer {bearer}"));
        send(&web.service, two).await.is_problem(400, "malformed");
    }
}

async fn the_password_is_shown_again(house: House) {
    let web = Web::new(house).await;
    let bearer = web.bearer().await;
    let token = portcullis::auth::SessionToken::bearer(&bearer).unwrap();
    let confirmed = async || {
        let me = web.house.auth.identify(&token).await.unwrap();
        web.house.auth.require_confirmed(&me).is_ok()
    };
    assert!(confirmed().await, "a log-in counts");
    web.house.clock.turn(time::Duration::minutes(5));
    assert!(!confirmed().await);
    put(&web, &bearer, "me/confirm", json!({"password": BETTER})).await.is_problem(401, "rejected");
    assert!(!confirmed().await);
    assert_eq!(put(&web, &bearer, "me/confirm", json!({"password": GOOD})).await.status, 204);
    assert!(confirmed().await);
}

async fn m27_the_language_of_letters_is_chosen(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let path = "/auth/api/me/language";
    let language = |me: &serde_json::Value| me["language"].clone();
    assert_eq!(language(&admin.get("/auth/api/me").await.json()), json!(null));
    let answer = admin.send(ask("PUT", path).json(&json!({ "language": "de" }))).await;
    assert_eq!(answer.status, 204);
    assert_eq!(language(&admin.get("/auth/api/me").await.json()), json!("de"));
    for wrong in ["tlh", "not a tag", "\u{fc}"] {
        let answer = admin.send(ask("PUT", path).json(&json!({ "language": wrong }))).await;
        answer.is_problem(422, "invalid");
    }
    let invited = json!({
        "username": "sam", "email": "sam@acme.example", "name": "Sam", "role": "salesperson",
        "language": "de",
    });
    let answer = admin.send(ask("POST", "/auth/api/users").json(&invited)).await;
    assert_eq!(answer.status, 201);
    assert!(web.house.post().await[0].text.contains("Guten Tag Sam"));
    admin.send(ask("PUT", path).json(&json!({}))).await.is_problem(400, "malformed");
    for usual in [json!({ "language": null }), json!({ "language": "" })] {
        admin.send(ask("PUT", path).json(&json!({ "language": "de" }))).await;
        assert_eq!(admin.send(ask("PUT", path).json(&usual)).await.status, 204, "{usual}");
        assert_eq!(language(&admin.get("/auth/api/me").await.json()), json!(null));
    }
}
