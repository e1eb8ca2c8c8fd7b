//! My Account and its sessions.

use crate::{
    house::{BETTER, GOOD, House},
    web::{Web, ask, get, send},
};

on_every_store! {
    who_is_signed_out_is_led_to_the_log_in_page_and_back
    general_information_shows_the_profile
    agents_are_strangers_words
    the_password_is_changed
    sessions_are_ended_one_by_one_or_all
}

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn who_is_signed_out_is_led_to_the_log_in_page_and_back(house: House) {
    let web = Web::new(house).await;
    for (path, next) in [
        ("/auth/account", "%2Fauth%2Faccount"),
        ("/auth/account/sessions", "%2Fauth%2Faccount%2Fsessions"),
        ("/account", "%2Fauth%2Faccount"),
    ] {
        let answer = send(&web.service, get(path)).await;
        let location = format!("/auth/login?next={next}");
        assert_eq!((answer.status, answer.header("location")), (303, location.as_str()));
    }
    let answer = web.browser().post("/auth/account", &[]).await;
    assert_eq!(answer.status, 303, "before the form is read");
    let answer = send(&web.service, get("/auth/")).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/auth/account"));
}

async fn general_information_shows_the_profile(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    let fields = [("login", "admin"), ("password", GOOD)];
    browser.send(ask("POST", "/auth/login").form(&fields).with("user-agent", FIREFOX)).await;
    let page = browser.get("/auth/account").await;
    for part in [
        "General Information",
        "<dd>admin</dd>",
        "admin@acme.example",
        "Ada Admin",
        "<dd>Administrator</dd>",
        "<dd>Trial</dd>",
        "Firefox on Windows · 203.0.113.7",
        "21 November 2026, 12:00 UTC",
        "action=\"/auth/logout\"",
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
}

async fn agents_are_strangers_words(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    let fields = [("login", "admin"), ("password", GOOD)];
    let agent = "<script>alert(1)</script>\u{202e}";
    browser.send(ask("POST", "/auth/login").form(&fields).with("user-agent", agent)).await;
    for path in ["/auth/account", "/auth/account/sessions"] {
        let page = browser.get(path).await.text;
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    }
}

async fn the_password_is_changed(house: House) {
    let web = Web::new(house).await;
    let (mut here, mut there) = (web.admin().await, web.admin().await);
    let old = here.token().unwrap().to_owned();
    let fields = |current, new| [("current_password", current), ("new_password", new)];
    let weak = here.post("/auth/account", &fields(GOOD, "admin")).await;
    assert_eq!((weak.status, weak.cookies().len()), (422, 0));
    assert!(weak.text.contains("2 things to change"));
    let wrong = here.post("/auth/account", &fields("wrong", BETTER)).await;
    assert_eq!((wrong.status, wrong.cookies().len()), (401, 0));
    assert!(wrong.text.contains("The current password is not right"));
    let long = "x".repeat(4_097);
    let both = here.post("/auth/account", &fields(&long, &long)).await;
    assert!(both.status == 422 && both.text.contains("2 things to change"));
    let done = here.post("/auth/account", &fields(GOOD, BETTER)).await;
    let location = "/auth/account?notice=password-changed";
    assert_eq!((done.status, done.header("location")), (303, location));
    assert_ne!(here.token().unwrap(), old);
    assert!(here.get(location).await.text.contains("Your password is changed"));
    assert!(!there.is_in().await);
}

async fn sessions_are_ended_one_by_one_or_all(house: House) {
    let web = Web::new(house).await;
    let (mut here, mut there, mut third) =
        (web.admin().await, web.admin().await, web.admin().await);
    let page = here.get("/auth/account/sessions").await;
    assert_eq!(page.text.matches("this device").count(), 1);
    assert_eq!(page.text.matches("name=\"session\"").count(), 3, "two others, and all of them");
    let id = there.get("/auth/api/session").await.json()["session"]["id"].clone();
    let end = [("session", id.as_str().unwrap())];
    let answer = here.post("/auth/account/sessions", &end).await;
    let location = "/auth/account/sessions?notice=session-ended";
    assert_eq!((answer.status, answer.header("location")), (303, location));
    assert!(!there.is_in().await && third.is_in().await);
    for gone in [id.as_str().unwrap(), "made-up", ""] {
        let answer = here.post("/auth/account/sessions", &[("session", gone)]).await;
        assert_eq!(answer.header("location"), "/auth/account/sessions?notice=session-gone");
    }
    let answer = here.post("/auth/account/sessions", &[("session", "others")]).await;
    assert_eq!(answer.header("location"), "/auth/account/sessions?notice=others-ended");
    let page = here.get("/auth/account/sessions?notice=others-ended").await;
    assert!(page.text.contains("All other sessions have ended."));
    assert!(here.is_in().await && !third.is_in().await);
}
