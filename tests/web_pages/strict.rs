//! Forms are read to the letter, and refusals are pages that lead on.

use crate::{
    house::GOOD,
    web::{Web, ask, get, send},
};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn forms_that_no_page_wrote_are_refused() {
    let web = Web::in_memory().await;
    let mut admin = web.admin().await;
    for (path, body) in [
        ("/auth/login", ""),
        ("/auth/login", "login=admin"),
        ("/auth/login", "login=admin&password=x&password=y"),
        ("/auth/login", "login=admin&password=x&role=administrator"),
        ("/auth/login", "login[]=admin&password=x"),
        ("/auth/login", "login=admin&password=%00"),
        ("/auth/login", "login=admin&password=%ff"),
        ("/auth/login", "login=admin&password=%4"),
        ("/auth/login", "login=admin&&password=x"),
        ("/auth/login", "login=admin;password=x"),
        ("/auth/forgot", ""),
        ("/auth/reset", "token=x&password=x"),
        ("/auth/activate", "password=x&role=root"),
        ("/auth/replace", "password=x&next=/"),
        ("/auth/account", "current_password=x"),
        ("/auth/account", "current_password=x&new_password=y&user=other"),
        ("/auth/account/sessions", "session=others&session=others"),
    ] {
        let answer = admin.send(ask("POST", path).body(FORM, body)).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert!(answer.text.contains("did not arrive as it should"));
        assert!(answer.text.contains("href=\"/auth/account\""), "leads on: {}", answer.text);
    }
    assert!(admin.is_in().await);
}

#[tokio::test]
async fn wrong_types_and_sizes_are_pages_too() {
    let web = Web::in_memory().await;
    let body = format!("login=admin&password={}", GOOD.replace(' ', "+"));
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let answer =
            send(&web.service, ask("POST", "/auth/login").body(content_type, body.clone()));
        assert_eq!(answer.await.status, 415, "{content_type}");
    }
    let long = format!("{body}{}", "x".repeat(17_000));
    let answer = send(&web.service, ask("POST", "/auth/login").body(FORM, long)).await;
    assert_eq!((answer.status, answer.header("content-type")), (413, "text/html; charset=utf-8"));
    let fine =
        ask("POST", "/auth/login").body("application/x-www-form-urlencoded;charset=UTF-8", body);
    assert_eq!(send(&web.service, fine).await.status, 303);
}

#[tokio::test]
async fn writes_from_other_sites_are_pages_too() {
    let web = Web::in_memory().await;
    let mut admin = web.admin().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let answer = admin.send(ask("POST", "/auth/logout").form(&[]).with(name, value)).await;
        assert_eq!((answer.status, answer.cookies().len()), (403, 0));
        assert!(answer.text.contains("another site"), "{}", answer.text);
    }
    assert!(admin.is_in().await);
}

#[tokio::test]
async fn unknown_pages_lead_on() {
    let web = Web::in_memory().await;
    for path in ["/auth/nothing", "/auth/login/", "/auth/users/", "/auth/audit", "/auth/review"] {
        let answer = send(&web.service, get(path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "text/html; charset=utf-8")
        );
        assert!(answer.text.contains("There is no such page"));
        assert!(answer.text.contains("help@crm.example"));
    }
}

#[tokio::test]
async fn cookie_and_bearer_together_are_refused() {
    let web = Web::in_memory().await;
    let bearer = web.bearer().await;
    let answer = web.admin().await.send(get("/auth/account").bearer(&bearer)).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let web = Web::in_memory().await;
    for (path, allow) in [
        ("/auth/", "GET, HEAD"),
        ("/auth/login", "GET, HEAD, POST"),
        ("/auth/logout", "POST"),
        ("/auth/forgot", "GET, HEAD, POST"),
        ("/auth/reset", "GET, HEAD, POST"),
        ("/auth/activate", "GET, HEAD, POST"),
        ("/auth/replace", "GET, HEAD, POST"),
        ("/auth/account", "GET, HEAD, POST"),
        ("/auth/account/sessions", "GET, HEAD, POST"),
        ("/auth/style.css", "GET, HEAD"),
    ] {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = send(&web.service, ask(method, path)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
        }
    }
}
