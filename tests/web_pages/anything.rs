//! Whatever is thrown at the doors is answered: by calls as `src/web/calls.md` says, by pages as a
//! page, and never with an error of the server's.

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
    "/auth/account/username",
    "/auth/account/email",
    "/auth/account/sessions",
    "/auth/confirm",
    "/auth/undo",
    "/auth/object",
    "/auth/users",
    "/auth/users/7",
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
    "/auth/api/users/7",
    "/auth/api/users/7/sessions",
    "/auth/api/users/7/history",
    "/auth/api/users/7/recover",
    "/auth/api/account/plan",
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
            let web = Web::in_memory().await;
            let cookies = if logged_in { web.admin().await.cookies } else { BTreeMap::new() };
            for ask in asks {
                let path = ask.path.split('?').next().unwrap();
                let within = path.strip_prefix("/auth").unwrap_or(path);
                let is_api = within == "/api" || within.starts_with("/api/");
                let mut browser = Browser { cookies: cookies.clone(), ..web.browser() };
                check(&browser.send(ask).await, is_api)?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

/// What is typed into User Accounts: words that mean something there, and anything.
fn typed() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "",
        "salesperson",
        "administrator",
        "active",
        "removed",
        "grace",
        "grace@new.example",
        "1",
        "-1",
        "9223372036854775808",
        GOOD,
    ];
    prop_oneof![3 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

/// Fields of these names, or of any.
fn fields(names: &'static str) -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![9 => names.prop_map(String::from), 1 => any::<String>()];
    prop::collection::vec((name, typed()), 0..6)
}

/// The forms of the pages: what each option takes, and the invitation.
const FORMS: &[(&str, &[&str])] = &[
    ("", &["username", "email", "name", "role"]),
    ("profile", &["username", "name", "role", "version"]),
    ("email", &["email", "version"]),
    ("recover", &["email", "reason"]),
    ("reset", &[]),
    ("activation", &[]),
    ("revoke", &[]),
    ("sign-out", &[]),
    ("password", &["password"]),
    ("disable", &["reason"]),
    ("enable", &[]),
    ("secure", &["reason"]),
    ("remove", &["reason"]),
];

fn written(fields: Vec<(String, String)>) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish().into_bytes()
}

/// Any bytes, as an address bar carries them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

fn queries() -> impl Strategy<Value = String> {
    let known = fields("query|status|role|cursor|limit|notice");
    let known = known.prop_map(|fields| String::from_utf8(written(fields)).unwrap());
    prop_oneof![known, any::<Vec<u8>>().prop_map(|bytes| format!("query={}", escaped(&bytes)))]
}

fn forms() -> impl Strategy<Value = Vec<u8>> {
    let whole = (prop::sample::select(FORMS), prop::array::uniform4(typed()));
    let whole = whole.prop_map(|((option, names), typed)| {
        let names = names.iter().map(|name| (*name).to_owned());
        let mut fields: Vec<_> = names.zip(typed).collect();
        if !option.is_empty() {
            fields.push(("do".to_owned(), option.to_owned()));
        }
        written(fields)
    });
    let loose = fields("do|username|email|name|role|version|reason").prop_map(written);
    prop_oneof![3 => whole, 1 => loose, 1 => any::<Vec<u8>>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_query_and_form_of_user_accounts_is_answered(
        asks in prop::collection::vec((0..3_u8, queries(), forms()), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let web = Web::in_memory().await;
            let grace = web.house.employee("grace", "salesperson").await.id.to_string();
            let mut admin = web.admin().await;
            for (whom, query, form) in asks {
                // Securing oneself is allowed, and ends it.
                if !admin.is_in().await {
                    break;
                }
                let id = [grace.clone(), web.admin.id.to_string(), escaped(&form)];
                let one = format!("/auth/users/{}", id[usize::from(whom)]);
                for path in ["/auth/users", &one] {
                    let get = ask("GET", &format!("{path}?{query}"));
                    let post = ask("POST", &format!("{path}?{query}"))
                        .body("application/x-www-form-urlencoded", form.clone())
                        .with("sec-fetch-site", "same-origin");
                    for ask in [get, post] {
                        check(&admin.send(ask).await, false)?;
                    }
                }
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_request_at_once_from_many_is_answered_to_each() {
    let web = Web::in_memory().await;
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
