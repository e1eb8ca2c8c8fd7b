//! Whatever is thrown at the doors is answered, as HTTP.md says answers look.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::{
    house::GOOD,
    web::{Ask, Browser, Web, ask, send},
};

const PATHS: &[&str] = &[
    "/auth/",
    "/auth/login",
    "/auth/logout",
    "/auth/forgot",
    "/auth/reset",
    "/auth/activate",
    "/auth/replace",
    "/auth/account",
    "/auth/account/sessions",
    "/auth/style.css",
    "/auth/api/session",
    "/auth/api/sessions",
    "/auth/api/sessions/7",
    "/auth/api/password/requirements",
    "/auth/api/password/forgot",
    "/auth/api/password/reset",
    "/auth/api/password/replace",
    "/auth/api/activation",
    "/auth/api/me",
    "/auth/api/me/password",
    "/auth/api/users",
    "/auth/api/users/7/activation",
    "/auth/api/invitations",
    "/auth/api/invitations/7",
];

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"];

const HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "origin",
    "sec-fetch-site",
    "user-agent",
    "x-forwarded-for",
    "host",
    "content-type",
    "content-length",
];

const KINDS: &[&str] = &[
    "malformed",
    "unauthenticated",
    "rejected",
    "forbidden",
    "not_found",
    "conflict",
    "invalid",
    "throttled",
];

fn paths() -> impl Strategy<Value = String> {
    let known = prop::sample::select(PATHS).prop_map(str::to_owned);
    let query = prop_oneof![
        Just(String::new()),
        "\\?(token|next|notice)=[a-zA-Z0-9%/\\-]{0,50}",
        "\\?[a-z%=&\\[\\]0-9]{0,20}",
    ];
    let other = "/[a-z/%.~0-9]{0,30}";
    (prop_oneof![9 => known, 1 => other], query).prop_map(|(path, query)| path + &query)
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let usual = prop_oneof![
        Just(("content-type", b"application/json".to_vec())),
        Just(("content-type", b"application/x-www-form-urlencoded".to_vec())),
        Just(("sec-fetch-site", b"same-origin".to_vec())),
    ];
    let bytes = prop::collection::vec(prop_oneof![Just(b'\t'), 32_u8..127, 128_u8..], 0..60);
    let any = (prop::sample::select(HEADERS), bytes);
    prop::collection::vec(prop_oneof![usual, any], 0..5)
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let field = "login|password|email|token|ticket|current_password|new_password|session|next";
    let value = prop_oneof![Just(GOOD.to_owned()), "[ -~]{0,50}", any::<String>()];
    let fields = prop::collection::vec((field, value), 0..4);
    let json = fields.clone().prop_map(|fields| {
        let object: serde_json::Map<_, _> =
            fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        serde_json::Value::from(object).to_string().into_bytes()
    });
    let form = fields.prop_map(|fields| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
    });
    prop_oneof![json, form, any::<Vec<u8>>(), Just(vec![b' '; 20_000])]
}

fn asks() -> impl Strategy<Value = Ask> {
    let method = prop::sample::select(METHODS);
    (method, paths(), headers(), bodies()).prop_map(|(method, path, headers, body)| {
        let mut ask = ask(method, &path).bytes(body);
        for (name, value) in headers {
            ask = ask.with_bytes(name, &value);
        }
        ask
    })
}

/// What every answer has in common.
fn check(answer: &crate::web::Answer, is_api: bool) -> Result<(), TestCaseError> {
    let status = answer.status;
    prop_assert!(matches!(status, 200..=204 | 303 | 400..=429), "{}", status);
    prop_assert_eq!(answer.header("x-content-type-options"), "nosniff");
    prop_assert_eq!(answer.header("referrer-policy"), "no-referrer");
    prop_assert!(!answer.header("cache-control").is_empty());
    prop_assert!(status < 400 || answer.cookies().is_empty(), "a cookie on a refusal");
    let problem = "application/problem+json";
    if status >= 400 && is_api && !answer.text.is_empty() {
        prop_assert_eq!(answer.header("content-type"), problem);
        let problem = answer.json();
        let kind = problem["kind"].as_str().unwrap_or_default();
        prop_assert!(KINDS.contains(&kind), "{}", kind);
        prop_assert_eq!(&problem["status"], status);
    }
    if status >= 400 && !is_api {
        prop_assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    let location = answer.header("location");
    prop_assert!(location.is_empty() || location.starts_with('/'), "{}", location);
    prop_assert!(!location.starts_with("//"), "{}", location);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_request_is_answered(asks in prop::collection::vec(asks(), 1..8), logged_in: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let web = Web::new().await;
            let cookies = if logged_in { web.admin().await.cookies } else { BTreeMap::new() };
            for ask in asks {
                let is_api = ask.path.starts_with("/auth/api") || ask.path.starts_with("/api");
                let is_api = is_api && !ask.path.starts_with("/auth/apis");
                let mut browser = Browser { cookies: cookies.clone(), ..web.browser() };
                check(&browser.send(ask).await, is_api)?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_request_at_once_from_many_is_answered_to_each() {
    let web = Web::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let service = web.service.clone();
        tasks.spawn(async move {
            let fields = [("login", "admin"), ("password", GOOD)];
            send(&service, ask("POST", "/auth/login").form(&fields)).await.status
        });
    }
    while let Some(status) = tasks.join_next().await {
        let status = status.unwrap();
        assert!(matches!(status, 303 | 429 | 503), "{status}");
    }
}
