use serde_json::{Value, json};
use tempfile::tempdir;

use super::{
    set_up,
    support::{Client, Crm, FIRST, client::Answer, program::free_port, token},
};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROBLEM: Option<&str> = Some("application/problem+json");

#[track_caller]
fn refused(answer: &Answer, status: u16, kind: &str) {
    assert_eq!((answer.status, answer.kind().as_str()), (status, kind), "{}", answer.body);
    assert_eq!(answer.header("content-type"), PROBLEM);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn what_cannot_be_read_is_malformed() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut client = crm.client();
    let mut post = |headers: &[(&str, &str)], body: &str| {
        client.send("POST", "/auth/api/session", headers, body)
    };
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"login":"admin"}"#,
        r#"{"login":"admin","password":"x","more":1}"#,
        r#"{"login":"admin","login":"admin","password":"x"}"#,
        r#"{"login":1,"password":"x"}"#,
        r#"{"login":"a\u0000b","password":"x"}"#,
        r#"{"login":"admin","password":"x","transport":"pigeon"}"#,
        r#"{"login":"admin","password":"x"} "#.trim_end().replace('}', "}}").as_str(),
    ] {
        refused(&post(&[JSON], body), 400, "malformed");
    }
    let large = json!({"login": "admin", "password": "x".repeat(17_000)}).to_string();
    refused(&post(&[JSON], &large), 413, "malformed");
    let right = json!({"login": "admin", "password": "x"}).to_string();
    for wrong_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        refused(&post(&[("content-type", wrong_type)], &right), 415, "malformed");
    }
    refused(&post(&[], &right), 415, "malformed");
}

#[test]
fn who_is_nobody_is_unauthenticated() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    for (method, path, body) in [
        ("GET", "/session", Value::Null),
        ("GET", "/sessions", Value::Null),
        ("DELETE", "/sessions", Value::Null),
        ("GET", "/me", Value::Null),
        ("PUT", "/me/password", json!({"current_password": "a", "new_password": "b"})),
    ] {
        refused(&crm.client().call(method, path, &body), 401, "unauthenticated");
    }
    let nothing = crm.client().call("GET", "/nothing", &Value::Null);
    refused(&nothing, 404, "not_found");
}

#[test]
fn what_does_not_match_is_rejected_in_one_text() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut client = crm.client();
    let mut log_in = |login: &str, password: &str| {
        client.call("POST", "/session", &json!({"login": login, "password": password}))
    };
    let invited = log_in("admin", FIRST);
    let unknown = log_in("nobody", FIRST);
    refused(&invited, 401, "rejected");
    assert_eq!(invited.body, unknown.body);
    let token = "A".repeat(43);
    for path in ["/activation", "/password/reset"] {
        let body = json!({"token": token, "password": FIRST});
        refused(&client.call("POST", path, &body), 401, "rejected");
        let short = json!({"token": "short", "password": FIRST});
        refused(&client.call("POST", path, &short), 401, "rejected");
    }
    let body = json!({"ticket": token, "password": FIRST});
    refused(&client.call("POST", "/password/replace", &body), 401, "rejected");

    let mut admin = set_up(&crm);
    let change = json!({"current_password": "not this", "new_password": "something else entirely"});
    refused(&admin.call("PUT", "/me/password", &change), 401, "rejected");
    let nobody = "/sessions/00000000-0000-7000-8000-000000000000";
    refused(&admin.call("DELETE", nobody, &Value::Null), 404, "not_found");
}

#[test]
fn every_missed_requirement_is_named_at_once_and_the_link_stays_good() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let link = crm.set_up_link();
    let mut client = crm.client();
    let body = json!({"token": token(&link), "password": "admin"});
    let answer = client.call("POST", "/activation", &body);
    refused(&answer, 422, "invalid");
    let violations = answer.json()["violations"].as_array().unwrap().clone();
    assert!(violations.len() >= 2, "{}", answer.body);
    for violation in violations {
        assert_eq!(violation["field"], "password");
        assert!(!violation["message"].as_str().unwrap().is_empty());
    }
    set_up(&crm);
}

#[test]
fn another_site_writes_nothing() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut admin = set_up(&crm);
    for from in [("sec-fetch-site", "cross-site"), ("origin", "https://elsewhere.example")] {
        let answer = admin.send("DELETE", "/auth/api/session", &[from], "");
        refused(&answer, 403, "forbidden");
        let form = [from, ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(admin.send("POST", "/auth/logout", &form, "").status, 403);
        let lead = "company=A&contact=B&stage=New";
        assert_eq!(admin.send("POST", "/leads", &form, lead).status, 403);
    }
    assert_eq!(admin.call("GET", "/session", &Value::Null).status, 200);
    assert!(!admin.get("/").body.contains("<td>B</td>"));
}

#[test]
fn guessing_is_slowed_down() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut client = Client::from(crm.port, [127, 0, 9, 1].into());
    let mut guess = || client.call("POST", "/session", &json!({"login": "eve", "password": "x"}));
    for _ in 0..5 {
        refused(&guess(), 401, "rejected");
    }
    let answer = (0..3).map(|_| guess()).find(|answer| answer.status == 429).expect("a pause");
    refused(&answer, 429, "throttled");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
}
