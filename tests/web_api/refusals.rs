//! Each wrong input of each kind has its kind and status.

use http_body_util::BodyExt as _;
use portcullis::{
    auth::{NewAccount, NewUser},
    model::Plan,
};
use serde_json::{Value, json};
use time::{Duration, macros::datetime};

use crate::{
    house::{GOOD, House, client, password, token_in},
    web::{Ask, Web, ask, get, send},
};

on_every_store! {
    tokens_that_cannot_be_any_are_answered_as_unknown_ones
    every_refused_log_in_looks_the_same
    throttled_says_when_to_come_back
    forgot_is_throttled_by_network
    an_ended_plan_says_what_to_do
    head_is_get_without_a_body
}

fn log_in() -> Ask {
    ask("POST", "/auth/api/session")
}

#[tokio::test]
async fn malformed_bodies() {
    let web = Web::in_memory().await;
    let long = format!("{{\"login\":\"admin\",\"password\":{}\"x\"}}", " ".repeat(100));
    assert_eq!(
        send(&web.service, log_in().body("application/json", long)).await.status,
        401,
        "blanks are fine"
    );
    let bodies: &[&[u8]] = &[
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"admin\"",
        // An array of a struct's fields is no object, though some readers take it for one.
        b"[\"admin\", \"seven green lanterns swing\"]",
        b"{}",
        b"{\"login\":\"admin\"}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"admin\":true}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"password\":\"y\"}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"pass\\u0077ord\":\"y\"}",
        b"{\"login\":\"admin\",\"password\":\"x\"} {}",
        b"{\"login\":\"admin\",\"password\":\"x\"},",
        b"{\"login\":\"admin\",\"password\":[\"x\"]}",
        b"{\"login\":\"admin\",\"password\":7}",
        b"{\"login\":\"admin\",\"password\":null}",
        b"{\"login\":{\"$ne\":null},\"password\":\"x\"}",
        b"{\"login\":\"ad\\u0000min\",\"password\":\"x\"}",
        b"{\"login\":\"admin\",\"password\":\"x\\u0000\"}",
        b"{\"login\":\"ad\0min\",\"password\":\"x\"}",
        b"{\"login\":\"\xff\",\"password\":\"x\"}",
        b"{\"login\":\"\\ud800\",\"password\":\"x\"}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"remember\":\"yes\"}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"remember\":null}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"transport\":null}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"transport\":\"pigeon\"}",
        b"{\"login\":\"admin\",\"password\":\"x\",\"transport\":{\"cookie\":null}}",
        b"\xef\xbb\xbf{\"login\":\"admin\",\"password\":\"x\"}",
    ];
    for body in bodies {
        let answer = send(&web.service, log_in().body("application/json", body.to_vec())).await;
        assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(body));
        answer.is_problem(400, "malformed");
    }
}

#[tokio::test]
async fn no_answer_quotes_what_was_sent() {
    let web = Web::in_memory().await;
    for body in [
        json!({"login": "admin", "password": "x", "remember": "hunter2"}),
        json!({"login": "admin", "password": ["hunter2"]}),
        json!({"login": "admin", "hunter2": "x"}),
        json!({"login": "hunter2", "password": "hunter2"}),
    ] {
        let answer = send(&web.service, log_in().json(&body)).await;
        assert!(answer.status >= 400 && !answer.text.contains("hunter2"), "{}", answer.text);
    }
}

#[tokio::test]
async fn wrong_types_and_sizes() {
    let web = Web::in_memory().await;
    let good = json!({"login": "admin", "password": GOOD}).to_string();
    for wrong in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"] {
        let answer = send(&web.service, log_in().body(wrong, good.clone())).await;
        answer.is_problem(415, "malformed");
    }
    send(&web.service, log_in()).await.is_problem(415, "malformed");
    let twice = log_in().body("application/json", good.clone()).with("content-type", "text/plain");
    send(&web.service, twice).await.is_problem(415, "malformed");
    for content_type in ["application/json; charset=utf-8", "Application/JSON;x=y"] {
        let answer = send(&web.service, log_in().body(content_type, good.clone())).await;
        assert_eq!(answer.status, 200);
    }
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let answer = send(&web.service, log_in().body("application/json", padded(16_384))).await;
    assert_eq!(answer.status, 200);
    let answer = send(&web.service, log_in().body("application/json", padded(16_385))).await;
    answer.is_problem(413, "malformed");
}

/// A body that comes in pieces, says nothing of its length, and may break off.
struct Pieces(Vec<Result<&'static [u8], std::io::Error>>);

impl http_body::Body for Pieces {
    type Data = &'static [u8];
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<&'static [u8]>, std::io::Error>>> {
        let piece = (!self.0.is_empty()).then(|| self.0.remove(0));
        std::task::Poll::Ready(piece.map(|piece| piece.map(http_body::Frame::data)))
    }
}

#[tokio::test]
async fn bodies_in_pieces_are_measured_and_may_break_off() {
    use tower_service::Service as _;
    let web = Web::in_memory().await;
    let send = async |pieces| {
        let request = http::Request::post("/auth/api/session")
            .header("content-type", "application/json")
            .body(Pieces(pieces))
            .unwrap();
        let Ok(response) = web.service.clone().call(request).await;
        let status = response.status().as_u16();
        let Ok(body) = response.into_body().collect().await;
        let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
        (status, body["kind"].as_str().unwrap_or_default().to_owned())
    };
    let halves = vec![Ok(&b"{\"login\":\"admin\","[..]), Ok(b"\"password\":\"wrong\"}")];
    assert_eq!(send(halves).await, (401, "rejected".to_owned()));
    let broken = vec![Ok(&b"{\"login\":"[..]), Err(std::io::Error::other("gone"))];
    assert_eq!(send(broken).await, (400, "malformed".to_owned()));
    let endless = vec![Ok(&[b' '; 8_192][..]), Ok(&[b' '; 8_192]), Ok(&[b' '; 1])];
    assert_eq!(send(endless).await, (413, "malformed".to_owned()));
}

#[tokio::test]
async fn passwords_over_4096_bytes_go_nowhere_near_a_hash() {
    let web = Web::in_memory().await;
    let long = "x".repeat(4_097);
    let token = "A".repeat(43);
    let mut admin = web.admin().await;
    let fields = |problem: Value| -> Vec<String> {
        let violations = problem["violations"].as_array().unwrap();
        assert!(violations.iter().all(|violation| violation["rule"] == "max_bytes"));
        violations.iter().map(|v| v["field"].as_str().unwrap().to_owned()).collect()
    };
    for (path, body) in [
        ("/session", json!({"login": "admin", "password": long})),
        ("/password/reset", json!({"token": token, "password": long})),
        ("/password/replace", json!({"ticket": token, "password": long})),
        ("/activation", json!({"token": token, "password": long})),
    ] {
        let path = format!("/auth/api{path}");
        let answer = send(&web.service, ask("POST", &path).json(&body)).await;
        assert_eq!(fields(answer.is_problem(422, "invalid")), ["password"], "{path}");
    }
    let body = json!({"current_password": long, "new_password": long});
    let answer = admin.send(ask("PUT", "/auth/api/me/password").json(&body)).await;
    assert_eq!(fields(answer.is_problem(422, "invalid")), ["current_password", "new_password"]);
    let most = json!({"login": "admin", "password": "x".repeat(4_096)});
    send(&web.service, log_in().json(&most)).await.is_problem(401, "rejected");
}

async fn tokens_that_cannot_be_any_are_answered_as_unknown_ones(house: House) {
    let web = Web::new(house).await;
    for path in ["password/reset", "activation"] {
        let mut answers = Vec::new();
        for token in ["", "short", &"A".repeat(43), &"A".repeat(44), &"\u{e9}".repeat(43)] {
            let body = json!({"token": token, "password": GOOD});
            let ask = ask("POST", &format!("/auth/api/{path}")).json(&body);
            let answer = send(&web.service, ask).await;
            answer.is_problem(401, "rejected");
            answers.push(answer.text);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

async fn every_refused_log_in_looks_the_same(house: House) {
    let web = Web::new(house).await;
    let mut answers = Vec::new();
    for login in ["admin", "nobody", "admin@acme.example", "", "\u{202e}"] {
        let body = json!({"login": login, "password": "wrong"});
        let answer = send(&web.service, log_in().json(&body)).await;
        answer.is_problem(401, "rejected");
        answers.push((answer.headers, answer.text));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

async fn throttled_says_when_to_come_back(house: House) {
    let web = Web::new(house).await;
    let body = json!({"login": "admin", "password": "wrong"});
    let mut last = send(&web.service, log_in().json(&body)).await;
    for _ in 0..9 {
        if last.status == 429 {
            break;
        }
        last = send(&web.service, log_in().json(&body)).await;
    }
    let problem = last.is_problem(429, "throttled");
    let wait: i64 = last.header("retry-after").parse().unwrap();
    assert!(wait >= 1, "{wait}");
    assert!(problem["retry_at"].as_str().unwrap().ends_with('Z'));
    web.house.clock.turn(Duration::seconds(wait));
    send(&web.service, log_in().json(&body)).await.is_problem(401, "rejected");
}

async fn forgot_is_throttled_by_network(house: House) {
    let web = Web::new(house).await;
    let body = json!({"email": "nobody@acme.example"});
    let forgot = || ask("POST", "/auth/api/password/forgot").json(&body);
    for _ in 0..30 {
        assert_eq!(send(&web.service, forgot()).await.status, 202);
    }
    let answer = send(&web.service, forgot()).await;
    answer.is_problem(429, "throttled");
    assert_ne!(answer.header("retry-after"), "");
    let elsewhere = forgot().from(Some("198.51.100.1"));
    assert_eq!(send(&web.service, elsewhere).await.status, 202);
}

async fn an_ended_plan_says_what_to_do(house: House) {
    let web = Web::new(house).await;
    let house = &web.house;
    let account = NewAccount::new("Basalt", Plan::TRIAL).unwrap();
    let account = account.until(datetime!(2026-11-22 12:00 UTC));
    let boss = NewUser::parse("boss", "boss@basalt.example", "Bo Boss", "administrator").unwrap();
    let operator = house.operator.because("test");
    let opened = operator.open_account(&account, &boss).await.unwrap();
    let seller = NewUser::parse("sal", "sal@basalt.example", "Sal Er", "salesperson").unwrap();
    operator.invite(opened.account.id, &seller).await.unwrap();
    for letter in house.post().await {
        house.auth.activate(&token_in(&letter), &password(GOOD), &client()).await.unwrap();
    }
    web.house.clock.turn(Duration::days(2));
    let body = json!({"login": "sal", "password": GOOD});
    let problem = send(&web.service, log_in().json(&body)).await.is_problem(403, "account_ended");
    let detail = problem["detail"].as_str().unwrap();
    let says = |words| detail.contains(words);
    assert!(says("or the people who run this site") && says("help@crm.example"), "{detail}");
    let wrong = json!({"login": "sal", "password": "wrong"});
    send(&web.service, log_in().json(&wrong)).await.is_problem(401, "rejected");
}

#[tokio::test]
async fn unknown_paths_and_calls_of_later_issues_are_not_found() {
    let web = Web::in_memory().await;
    for path in ["/auth/api", "/auth/api/", "/auth/api/nothing", "/api/session/"] {
        send(&web.service, get(path)).await.is_problem(404, "not_found");
    }
    for (method, path) in [("GET", "review"), ("POST", "naming/rename"), ("GET", "audit")] {
        let answer = send(&web.service, ask(method, &format!("/auth/api/{path}"))).await;
        answer.is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let web = Web::in_memory().await;
    let calls = [
        ("/session", "POST, GET, HEAD, DELETE"),
        ("/sessions", "GET, HEAD, DELETE"),
        ("/sessions/7", "DELETE"),
        ("/password/requirements", "GET, HEAD"),
        ("/password/forgot", "POST"),
        ("/password/reset", "POST"),
        ("/password/replace", "POST"),
        ("/activation", "POST"),
        ("/me", "GET, HEAD"),
        ("/me/password", "PUT"),
        ("/me/username", "PUT"),
        ("/me/email", "PUT"),
        ("/me/confirm", "POST"),
        ("/email/confirm", "POST"),
        ("/undo", "POST"),
        ("/objection", "POST"),
        ("/users/7/recover", "POST"),
        ("/users", "GET, HEAD, POST"),
        ("/users/7", "GET, HEAD, PATCH, DELETE"),
        ("/users/7/activation", "POST"),
        ("/users/7/password-reset", "POST"),
        ("/users/7/sign-out", "POST"),
        ("/users/7/disable", "POST"),
        ("/users/7/enable", "POST"),
        ("/users/7/secure", "POST"),
        ("/users/7/password", "PUT"),
        ("/users/7/diagnosis", "GET, HEAD"),
        ("/users/7/history", "GET, HEAD"),
        ("/users/7/sessions", "GET, HEAD"),
        ("/account", "GET, HEAD"),
        ("/account/plan", "PUT"),
        ("/account/secure", "POST"),
        ("/invitations", "GET, HEAD"),
        ("/invitations/7", "DELETE"),
    ];
    for (path, allow) in calls {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            if allow.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let answer = send(&web.service, ask(method, &format!("/auth/api{path}"))).await;
            answer.is_problem(405, "malformed");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    }
}

async fn head_is_get_without_a_body(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    for path in ["/auth/api/session", "/auth/api/password/requirements", "/auth/login", "/auth/no"]
    {
        let got = admin.get(path).await;
        let head = admin.send(ask("HEAD", path)).await;
        assert_eq!((head.status, head.text.as_str()), (got.status, ""));
        assert_eq!(head.header("content-length"), got.text.len().to_string());
        assert_eq!(head.header("content-type"), got.header("content-type"));
    }
}

#[tokio::test]
async fn writes_from_other_sites_are_refused_before_they_are_read() {
    let web = Web::in_memory().await;
    let mut admin = web.admin().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for (method, path) in [("DELETE", "session"), ("POST", "session"), ("POST", "nothing")] {
            let ask = ask(method, &format!("/auth/api/{path}")).with(name, value);
            let answer = admin.send(ask).await;
            let problem = answer.is_problem(403, "forbidden");
            assert!(problem["detail"].as_str().unwrap().contains("another site"));
        }
        assert!(admin.is_in().await);
        assert_eq!(admin.send(get("/auth/api/me").with(name, value)).await.status, 200);
    }
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", "https://crm.example")] {
        let ask = ask("DELETE", "/auth/api/sessions").with(name, value);
        assert_eq!(admin.send(ask).await.status, 204);
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let web = Web::in_memory().await;
    for ask in [
        get("/auth/api/session"),
        get("/auth/api/password/requirements"),
        log_in(),
        get("/auth/login"),
        get("/auth/account"),
        get("/auth/none"),
        ask("PUT", "/auth/login"),
    ] {
        let answer = send(&web.service, ask).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
    }
}

/// A body that never ends must not keep a request waiting that its head decides already.
#[tokio::test]
async fn another_sites_write_is_refused_before_its_body_is_read() {
    struct Endless;
    impl http_body::Body for Endless {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
    let web = Web::in_memory().await;
    let request = http::Request::post("/auth/api/session")
        .header("content-type", "application/json")
        .header("sec-fetch-site", "cross-site")
        .body(Endless)
        .unwrap();
    let answer = tower_service::Service::call(&mut web.service.clone(), request).await.unwrap();
    assert_eq!(answer.status(), 403);
}
