//! The doors of a house, and browsers that stand before them, without sockets.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

#[path = "described.rs"]
pub mod described;

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use portcullis::{
    auth::{Auth, Credentials},
    hash::{Hashing, Params},
    model::{Client, Transport, User},
    site::Site,
    store::memory::MemoryStore,
    web::{Peer, Service},
};
use serde_json::Value;
use tokio::sync::OnceCell;
use tower_service::Service as _;

use described::{Description, Sent};

use super::house::{GOOD, House, LetterBox, client, password, written_token_in};

/// A house with its doors. Its site is `https://crm.example`, mounted at `/auth`.
pub struct Web {
    pub house: House,
    pub service: Service,
    pub admin: User,
}

impl Web {
    /// An account whose administrator `admin` has the password [`GOOD`], in a house where nobody
    /// lives yet.
    pub async fn new(house: House) -> Self {
        let admin = house.furnished().await;
        Self { service: Service::new(house.auth.clone()), house, admin }
    }

    /// The same on the reference store, for what is decided before one is asked.
    pub async fn in_memory() -> Self {
        Self::new(House::new(MemoryStore::new())).await
    }

    pub fn browser(&self) -> Browser {
        Browser { service: self.service.clone(), cookies: BTreeMap::new() }
    }

    /// A browser in which the administrator is logged in.
    pub async fn admin(&self) -> Browser {
        let mut browser = self.browser();
        let answer = browser.log_in("admin", GOOD).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        browser
    }

    /// A bearer token of the administrator.
    pub async fn bearer(&self) -> String {
        let credentials = Credentials::new("admin", password(GOOD)).transport(Transport::Bearer);
        let begun = self.house.auth.login(credentials, &client()).await.unwrap();
        begun.signed_in().unwrap().token.reveal().to_string()
    }

    /// The token of a reset link for the administrator.
    pub async fn reset_token(&self) -> String {
        let client = Client::new(None, "");
        self.house.auth.forgot_password("admin@acme.example", &client).await.unwrap();
        written_token_in(self.house.post().await.last().expect("a reset letter"))
    }

    pub fn site(&self) -> &Site {
        self.house.auth.site()
    }
}

/// The same house under another address.
pub fn on_site(house: &House, site: Site) -> Auth {
    let mut hashing = Hashing::default();
    hashing.params = Params::danger_for_tests();
    let builder = Auth::builder(Arc::clone(&house.store)).site(site).hashing(hashing);
    builder.mailer(LetterBox::default()).clock(house.clock.clone()).build().unwrap().0
}

/// Keeps cookies by name and path, as browsers do, and follows nothing by itself.
#[derive(Clone)]
pub struct Browser {
    pub service: Service,
    pub cookies: BTreeMap<String, (String, String)>,
}

/// A request to be sent.
#[derive(Debug)]
pub struct Ask {
    method: Method,
    pub path: String,
    headers: HeaderMap,
    body: Bytes,
    peer: Option<IpAddr>,
}

pub fn ask(method: &str, path: &str) -> Ask {
    Ask {
        method: method.parse().unwrap(),
        path: path.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        peer: "203.0.113.7".parse().ok(),
    }
}

pub fn get(path: &str) -> Ask {
    ask("GET", path)
}

impl Ask {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    pub fn with_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
        self
    }

    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body.into();
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with("content-type", content_type)
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    pub fn from(mut self, peer: Option<&str>) -> Self {
        self.peer = peer.map(|peer| peer.parse().unwrap());
        self
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// Checks a refusal's status and kind, in the answer and in its body.
    #[track_caller]
    pub fn is_problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["kind"], kind);
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert!(problem["title"].is_string() && problem["type"].is_string());
        problem
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect()
    }
}

/// Sends one request as it is, and holds the answer against the description.
pub async fn send(service: &Service, ask: Ask) -> Answer {
    static DESCRIPTION: OnceCell<Description> = OnceCell::const_new();
    let (method, path, body) = (ask.method.clone(), ask.path.clone(), ask.body.to_vec());
    let sent = Sent { method, path, body };
    let answer = pass(service, ask).await;
    let describe = async || Description::read(&pass(service, get("/api/openapi.json")).await.text);
    let description = DESCRIPTION.get_or_init(describe).await;
    description.hold(&sent, answer.status, &answer.headers, &answer.text);
    answer
}

async fn pass(service: &Service, ask: Ask) -> Answer {
    let mut request = Request::new(Full::new(ask.body));
    *request.method_mut() = ask.method;
    *request.uri_mut() = ask.path.parse().unwrap();
    *request.headers_mut() = ask.headers;
    if let Some(peer) = ask.peer {
        request.extensions_mut().insert(Peer(peer));
    }
    let Ok(response) = service.clone().call(request).await;
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await;
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(body.to_bytes().to_vec()).unwrap(),
    }
}

impl Browser {
    pub const SESSION: &str = "__Host-portcullis";

    pub async fn send(&mut self, ask: Ask) -> Answer {
        let path = ask.path.clone();
        let in_reach = |within: &str| within == "/" || path.starts_with(within);
        let sent: Vec<String> = self
            .cookies
            .iter()
            .filter(|(_, (_, within))| in_reach(within))
            .map(|(name, (value, _))| format!("{name}={value}"))
            .collect();
        let ask = if sent.is_empty() { ask } else { ask.with("cookie", &sent.join("; ")) };
        let answer = send(&self.service, ask).await;
        for cookie in answer.cookies() {
            self.keep(cookie);
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let path = parts.clone().find_map(|part| part.strip_prefix("Path=")).unwrap();
        if parts.any(|part| part == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
        }
    }

    pub fn token(&self) -> Option<&str> {
        self.cookies.get(Self::SESSION).map(|(value, _)| value.as_str())
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(ask("POST", path).form(fields)).await
    }

    /// Through the log-in page.
    pub async fn log_in(&mut self, login: &str, password: &str) -> Answer {
        self.post("/auth/login", &[("login", login), ("password", password)]).await
    }

    /// Whether this browser's session is good.
    pub async fn is_in(&mut self) -> bool {
        self.get("/auth/api/session").await.status == StatusCode::OK.as_u16()
    }
}
