use serde_json::{Value, json};
use tempfile::tempdir;

use super::{
    log_in, set_up,
    support::{Crm, FIRST, SECOND, THIRD, links, program::free_port, token, until},
};

const NONE: &Value = &Value::Null;

#[test]
fn in_and_out_and_in_again() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let link = crm.set_up_link();
    let origin = format!("http://localhost:{}", crm.port);
    assert!(link.starts_with(&format!("{origin}/auth/activate?token=")), "{link}");
    assert_eq!(token(&link).len(), 43);

    // Looking at the link, as mail scanners do, uses nothing up and moves the token out of sight.
    let path = link.strip_prefix(&origin).unwrap();
    for method in ["HEAD", "GET", "GET"] {
        let seen = crm.client().send(method, path, &[], "");
        assert_eq!((seen.status, seen.header("location")), (303, Some("/auth/activate")));
    }
    let mut admin = crm.client();
    let body = json!({"token": token(&link), "password": FIRST});
    assert_eq!(admin.call("POST", "/activation", &body).status, 204);
    let again = admin.call("POST", "/activation", &body);
    assert_eq!((again.status, again.kind().as_str()), (401, "rejected"));

    let session = json!({"login": "admin", "password": FIRST});
    let answer = admin.call("POST", "/session", &session);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.contains("Secure"), "plain HTTP on this machine: {set}");
    let told = answer.json();
    assert_eq!(told["status"], "signed_in");
    assert_eq!(told["user"]["username"], "admin");
    assert_eq!(told["user"]["email"], "admin@acme.example");
    assert_eq!(told["account"]["plan"], "trial");
    assert_eq!(told["account"]["seats"], 50);
    assert!(told.get("token").is_none(), "a cookie's token is in the cookie only");
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let session = admin.call("GET", "/session", NONE).json();
    assert!(session["permissions"].as_array().unwrap().contains(&json!("leads.edit")));
    assert_eq!(session["features"], json!([]));
    assert_eq!(session["session"]["current"], true);
    let me = admin.call("GET", "/me", NONE).json();
    assert_eq!(me["account"]["name"], "Acme");
    assert_eq!(me["last_logins"].as_array().unwrap().len(), 1);
    let requirements = crm.client().call("GET", "/password/requirements", NONE).json();
    assert!(requirements["rules"][0]["message"].is_string());

    // A changed password ends the other sessions and re-issues this one.
    let mut elsewhere = crm.client();
    log_in(&mut elsewhere, FIRST);
    let mut old = admin.clone();
    let change = json!({"current_password": FIRST, "new_password": SECOND});
    assert_eq!(admin.call("PUT", "/me/password", &change).status, 204);
    assert_ne!(admin.cookie("portcullis"), old.cookie("portcullis"));
    assert_eq!(admin.call("GET", "/session", NONE).status, 200);
    for dead in [&mut old, &mut elsewhere] {
        let answer = dead.call("GET", "/session", NONE);
        assert_eq!((answer.status, answer.kind().as_str()), (401, "unauthenticated"));
    }

    // Forgotten: the same answer for an address nobody has, and a letter for the one somebody has.
    let mut stranger = crm.client();
    let known = stranger.call("POST", "/password/forgot", &json!({"email": "admin@acme.example"}));
    let unknown = stranger.call("POST", "/password/forgot", &json!({"email": "who@acme.example"}));
    assert_eq!((known.status, &known.body), (202, &unknown.body));
    assert_eq!(unknown.status, 202);
    let link = until("the reset letter", || {
        let letters = stranger.get("/dev/mail.json").json();
        links(&letters, "admin@acme.example").into_iter().find(|link| link.contains("/auth/reset?"))
    });
    let reset = json!({"token": token(&link), "password": THIRD});
    assert_eq!(stranger.call("POST", "/password/reset", &reset).status, 204);
    assert_eq!(stranger.call("GET", "/session", NONE).status, 401, "nobody is logged in by it");
    assert_eq!(admin.call("GET", "/session", NONE).status, 401, "every session ended");
    assert_eq!(stranger.call("POST", "/password/reset", &reset).kind(), "rejected");
    let outdated = json!({"login": "admin", "password": SECOND});
    assert_eq!(stranger.call("POST", "/session", &outdated).kind(), "rejected");

    // In again, by e-mail this time; out; the cookie is worth nothing any more.
    let by_email = json!({"login": "Admin@Acme.example", "password": THIRD});
    assert_eq!(admin.call("POST", "/session", &by_email).status, 200);
    let mut replay = admin.clone();
    assert_eq!(admin.call("DELETE", "/session", NONE).status, 204);
    assert!(admin.cookie("portcullis").is_none());
    assert_eq!(replay.call("GET", "/session", NONE).kind(), "unauthenticated");

    let (status, printed) = crm.terminate();
    assert!(status.success(), "{status}");
    assert_eq!(printed.len(), 1, "{printed:?}");
    let log = std::fs::read_to_string(folder.path().join("crm.log")).unwrap();
    for secret in [FIRST, SECOND, THIRD, token(&link), old.cookie("portcullis").unwrap()] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[test]
fn sessions_are_listed_and_ended() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut here = set_up(&crm);
    let (mut there, mut third) = (crm.client(), crm.client());
    log_in(&mut there, FIRST);
    let remembered = json!({"login": "admin", "password": FIRST, "remember": true});
    assert_eq!(third.call("POST", "/session", &remembered).status, 200);

    let listed = here.call("GET", "/sessions", NONE).json();
    let sessions = listed["sessions"].as_array().or(listed.as_array()).unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    assert_eq!(sessions.iter().filter(|session| session["remembered"] == true).count(), 1);
    let id = there.call("GET", "/session", NONE).json()["session"]["id"].clone();
    let path = format!("/sessions/{}", id.as_str().unwrap());
    assert_eq!(here.call("DELETE", &path, NONE).status, 204);
    assert_eq!(here.call("DELETE", &path, NONE).kind(), "not_found");
    assert_eq!(there.call("GET", "/session", NONE).status, 401);
    assert_eq!(third.call("GET", "/session", NONE).status, 200);
    assert_eq!(here.call("DELETE", "/sessions", NONE).status, 204);
    assert_eq!(third.call("GET", "/session", NONE).status, 401);
    assert_eq!(here.call("GET", "/session", NONE).status, 200);
}

#[test]
fn a_program_logs_in_with_a_bearer_token() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut browser = set_up(&crm);
    let mut program = crm.client();
    let wish = json!({"login": "admin", "password": FIRST, "transport": "bearer"});
    let answer = program.call("POST", "/session", &wish);
    assert!(answer.header("set-cookie").is_none());
    let bearer = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(program.send("GET", "/auth/api/me", &headers, "").status, 200);
    let both = browser.send("GET", "/auth/api/me", &headers, "");
    assert_eq!((both.status, both.kind().as_str()), (400, "malformed"));
    // A cookie's token is no bearer token.
    let stolen = format!("Bearer {}", browser.cookie("portcullis").unwrap());
    let answer = program.send("GET", "/auth/api/me", &[("authorization", &stolen)], "");
    assert_eq!(answer.kind(), "unauthenticated");
    assert_eq!(program.send("DELETE", "/auth/api/session", &headers, "").status, 204);
    assert_eq!(program.send("GET", "/auth/api/me", &headers, "").status, 401);
}
