//! What a host's own routes use, and how the service is mounted.

use http::{HeaderMap, Method};
use portcullis::{
    auth::{Auth, Credentials},
    error::Error,
    model::Transport,
    site::Site,
    store::memory::MemoryStore,
    web::{Door, Peer, Service},
};
use serde_json::json;

use crate::{
    house::{GOOD, House, LetterBox, client, password},
    web::{Web, ask, get, on_site, send},
};

on_every_store! {
    hosts_recognise_people_by_the_same_rules
    forged_proxies_do_not_escape_the_limits
    hosts_set_the_cookie_themselves
}

fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

async fn hosts_recognise_people_by_the_same_rules(house: House) {
    let web = Web::new(house).await;
    let door = web.service.door();
    let cookie = format!("__Host-portcullis={}", web.admin().await.token().unwrap());
    let bearer = format!("Bearer {}", web.bearer().await);
    for shown in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
        let me = door.identify(&headers(&[shown])).await.unwrap();
        assert_eq!(me.user().id, web.admin.id);
    }
    let both = headers(&[("cookie", &cookie), ("authorization", &bearer)]);
    assert!(matches!(door.identify(&both).await, Err(Error::Malformed(_))));
    let nobody = headers(&[("cookie", "__Host-portcullis=x")]);
    assert!(matches!(door.identify(&nobody).await, Err(Error::Unauthenticated)));
    assert!(matches!(door.identify(&HeaderMap::new()).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn hosts_refuse_writes_from_other_sites() {
    let web = Web::in_memory().await;
    let door = web.service.door();
    let cookie = format!("__Host-portcullis={}", web.admin().await.token().unwrap());
    let own = headers(&[("cookie", &cookie), ("sec-fetch-site", "same-origin")]);
    let foreign = headers(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]);
    assert!(door.admit(&Method::POST, &own).await.is_ok());
    assert!(door.admit(&Method::GET, &foreign).await.is_ok());
    let refused = door.admit(&Method::POST, &foreign).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    let problem = door.problem(Error::Forbidden);
    assert_eq!(problem.status(), 403);
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    assert_eq!(problem.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn the_client_is_the_peer_unless_proxies_are_trusted() {
    let web = Web::in_memory().await;
    let direct = Door::new(web.house.auth.clone());
    let peer = Some(Peer("10.0.0.1".parse().unwrap()));
    let address = |door: &Door, forwarded: &[(&'static str, &str)]| {
        let client = door.client(&headers(forwarded), peer);
        client.address.map(|address| address.to_string()).unwrap_or_default()
    };
    let forged = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "7.7.7.7, 203.0.113.9")];
    assert_eq!(address(&direct, &forged), "10.0.0.1");
    let one = direct.clone().trusted_proxies(1);
    assert_eq!(address(&one, &forged), "203.0.113.9");
    let two = direct.clone().trusted_proxies(2);
    assert_eq!(address(&two, &forged), "7.7.7.7");
    assert_eq!(address(&direct.clone().trusted_proxies(9), &forged), "10.0.0.1");
    for (written, read) in [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("203.0.113.9,", "10.0.0.1"),
    ] {
        assert_eq!(address(&one, &[("x-forwarded-for", written)]), read, "{written}");
    }
    assert_eq!(direct.client(&HeaderMap::new(), None).address, None);
}

async fn forged_proxies_do_not_escape_the_limits(house: House) {
    let web = Web::new(house).await;
    let body = json!({"email": "x@acme.example"});
    let mut last = 0;
    for number in 0..31 {
        let ask = ask("POST", "/auth/api/password/forgot")
            .json(&body)
            .with("x-forwarded-for", &format!("198.51.{number}.1"));
        last = send(&web.service, ask).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn the_prefix_may_be_stripped_or_kept() {
    let web = Web::in_memory().await;
    for path in ["/api/password/requirements", "/auth/api/password/requirements"] {
        assert_eq!(send(&web.service, get(path)).await.status, 200, "{path}");
    }
    for path in ["", "/", "/auth", "/auth/"] {
        let uri = if path.is_empty() { "https://crm.example" } else { path };
        let answer = send(&web.service, get(uri)).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/auth/account"), "{path:?}");
    }
    for path in ["/authx", "/authlogin", "/auth/auth/login", "/AUTH/login", "/auth//login"] {
        assert_eq!(send(&web.service, get(path)).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn axum_mounts_it() {
    use axum::{Extension, Router, http::Request, routing};
    use http_body_util::BodyExt as _;
    use tower_service::Service as _;
    let web = Web::in_memory().await;
    let router: Router = Router::new()
        .route("/", routing::get(|| async { "home" }))
        .nest_service("/auth", web.service.clone())
        .layer(Extension(Peer("198.51.100.9".parse().unwrap())));
    let send = async |method: &str, path: &str, body: String| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body));
        let Ok(response) = router.clone().call(request.unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let body = json!({"login": "admin", "password": GOOD}).to_string();
    let (status, text) = send("POST", "/auth/api/session", body).await;
    assert!(status == 200 && text.contains("\"address\":\"198.51.100.9\""), "{text}");
    let (status, text) = send("GET", "/auth/login", String::new()).await;
    assert!(status == 200 && text.contains("action=\"/auth/login\""));
    for path in ["/auth", "/auth/"] {
        assert_eq!(send("GET", path, String::new()).await.0, 303, "{path}");
    }
    assert_eq!(send("HEAD", "/auth/login", String::new()).await, (200, String::new()));
    assert_eq!(send("GET", "/", String::new()).await.1, "home");
}

#[tokio::test]
async fn axum_mounts_it_at_the_root() {
    use axum::{Router, http::Request, routing};
    use tower_service::Service as _;
    let house = House::new(MemoryStore::new());
    let site = Site::new("Site", "https://crm.example").unwrap().mounted_at("/");
    let router: Router = Router::new()
        .route("/", routing::get(|| async { "home" }))
        .fallback_service(Service::new(on_site(&house, site)));
    for (path, status) in [("/", 200), ("/login", 200), ("/api/session", 401), ("/nowhere", 404)] {
        let request = Request::builder().uri(path).body(axum::body::Body::empty());
        let Ok(response) = router.clone().call(request.unwrap()).await;
        assert_eq!(response.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_mounted_at_is_reported() {
    let site = Site::new("Site", "https://crm.example").unwrap().mounted_at("/log in");
    let builder = Auth::builder(MemoryStore::new()).site(site).mailer(LetterBox::default());
    let error = builder.build().unwrap_err();
    assert!(error.findings()[0].contains("\"log in\""), "{error}");
}

/// A host's own log-in and log-out, beside the door's.
async fn hosts_set_the_cookie_themselves(house: House) {
    let web = Web::new(house).await;
    let (auth, door) = (&web.house.auth, web.service.door());
    let session = web.house.login("admin", GOOD).await;
    let set = door.session_cookie(&session).unwrap();
    assert!(set.is_sensitive());
    let (cookie, rest) = set.to_str().unwrap().split_once("; ").unwrap();
    assert_eq!(rest, "HttpOnly; SameSite=Lax; Secure; Path=/");
    let shown = headers(&[("cookie", cookie)]);
    assert_eq!(door.identify(&shown).await.unwrap().user().id, web.admin.id);

    let token = door.session_token(&shown).unwrap().unwrap();
    auth.logout(&token, &client()).await.unwrap();
    assert!(matches!(door.identify(&shown).await, Err(Error::Unauthenticated)));
    let gone = door.no_session_cookie().unwrap();
    let gone = gone.to_str().unwrap();
    assert!(gone.starts_with("__Host-portcullis=; ") && gone.contains("; Max-Age=0"), "{gone}");

    assert!(door.session_token(&HeaderMap::new()).unwrap().is_none());
    assert!(door.session_token(&headers(&[("cookie", "__Host-portcullis=x")])).unwrap().is_none());
    let both = headers(&[("cookie", cookie), ("authorization", "Bearer x")]);
    assert!(matches!(door.session_token(&both), Err(Error::Malformed(_))));

    let credentials = Credentials::new("admin", password(GOOD)).transport(Transport::Bearer);
    let bearer = auth.login(credentials, &client()).await.unwrap().signed_in().unwrap();
    assert!(matches!(door.session_cookie(&bearer), Err(Error::Malformed(_))));
}

#[tokio::test]
async fn any_base_will_do() {
    let site = Site::new("Site", "http://localhost:3000").unwrap();
    for (base, page) in [("/", "/login"), ("/login", "/login/login"), ("/a/b", "/a/b/login")] {
        let house = House::new(MemoryStore::new());
        house.furnished().await;
        let service = Service::new(on_site(&house, site.clone().mounted_at(base)));
        let answer = send(&service, get(page)).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.text.contains(&format!("action=\"{page}\"")), "{}", answer.text);
        assert_eq!(send(&service, get("/login")).await.status, 200, "stripped");
        let body = json!({"login": "admin", "password": GOOD});
        let answer = send(&service, ask("POST", "/api/session").json(&body)).await;
        let [cookie] = answer.cookies()[..] else { panic!("one cookie: {}", answer.text) };
        assert!(cookie.starts_with("portcullis="), "plain HTTP on loopback: {cookie}");
        assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
        let (token, _) = cookie.split_once("; ").unwrap();
        let session = |cookie: &str| get("/api/session").with("cookie", cookie);
        assert_eq!(send(&service, session(token)).await.status, 200);
        let other = format!("__Host-{token}");
        send(&service, session(&other)).await.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_way_to_the_log_in_page_is_escaped() {
    let web = Web::in_memory().await;
    let path = web.service.door().log_in_path("/leads?a=b&c=d#e");
    assert_eq!(path, "/auth/login?next=%2Fleads%3Fa%3Db%26c%3Dd%23e");
}
