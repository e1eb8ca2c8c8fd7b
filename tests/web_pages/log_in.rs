//! Logging in and out by the pages.

use portcullis::{
    auth::{NewAccount, NewUser},
    model::Plan,
};
use time::{Duration, macros::datetime};

use crate::{
    house::{BETTER, GOOD, House, client, password, token_in},
    web::{Browser, Web, ask, get, send},
};

on_every_store! {
    logging_in_leads_to_the_site_and_logging_out_back
    remembering_is_asked_for
    a_wrong_log_in_shows_the_page_again
    too_many_tries_say_when_to_come_back
    an_ended_plan_says_what_to_do
    session_fixation_logging_in_ends_the_session_that_was_shown
    a_temporary_password_is_replaced_first
}

#[tokio::test]
async fn the_page_says_what_to_do_without_scripts() {
    let web = Web::in_memory().await;
    let page = send(&web.service, get("/auth/login")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for part in [
        "<form class=\"stack\" method=\"post\" action=\"/auth/login\">",
        "autocomplete=\"username\"",
        "autocomplete=\"current-password\"",
        "name=\"remember\"",
        "href=\"/auth/forgot\"",
        "help@crm.example",
        "<meta name=\"viewport\"",
        "prefers-color-scheme",
    ] {
        let style = send(&web.service, get("/auth/style.css")).await.text;
        assert!(page.text.contains(part) || style.contains(part), "{part}");
    }
    assert!(!page.text.contains("<script") && !page.text.contains("style=\""));
}

#[tokio::test]
async fn the_style_sheet_alone_may_be_kept() {
    let web = Web::in_memory().await;
    let page = send(&web.service, get("/auth/login")).await.text;
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    assert!(path.starts_with("/auth/style.css?v="), "{path}");
    let style = send(&web.service, get(path)).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    for path in ["/auth/style.css", "/auth/style.css?v=0123456789abcdef"] {
        assert_eq!(send(&web.service, get(path)).await.header("cache-control"), "no-store");
    }
}

async fn logging_in_leads_to_the_site_and_logging_out_back(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    let answer = browser.log_in("admin", GOOD).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert!(browser.is_in().await);
    let mut replayed = browser.clone();
    let answer = browser.post("/auth/logout", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/auth/login?notice=logged-out"));
    assert_eq!(browser.token(), None);
    assert!(!replayed.is_in().await, "a replayed log-out cookie is dead");
    let page = browser.get("/auth/login?notice=logged-out").await;
    assert!(page.text.contains("You are logged out."));
    assert_eq!(send(&web.service, ask("POST", "/auth/logout")).await.status, 303, "twice is fine");
    let answer = browser.get("/auth/logout").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

async fn remembering_is_asked_for(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    let fields = [("login", "admin"), ("password", GOOD), ("remember", "yes")];
    let answer = browser.post("/auth/login", &fields).await;
    assert!(answer.cookies()[0].contains("Max-Age=1209600"), "{:?}", answer.cookies());
    let answer = web.browser().log_in("admin", GOOD).await;
    assert!(!answer.cookies()[0].contains("Max-Age"), "{:?}", answer.cookies());
}

async fn a_wrong_log_in_shows_the_page_again(house: House) {
    let web = Web::new(house).await;
    let mut pages = Vec::new();
    for login in ["admin", "nobody"] {
        let answer = web.browser().log_in(login, "wrong").await;
        assert_eq!((answer.status, answer.cookies().len()), (401, 0));
        assert!(answer.text.contains("role=\"alert\""));
        assert!(answer.text.contains(&format!("value=\"{login}\"")), "what was typed stays");
        pages.push(answer.text.replace(&format!("value=\"{login}\""), ""));
    }
    assert_eq!(pages[0], pages[1], "one text for every cause");
    let answer = web.browser().log_in("\"><b>x", "wrong").await;
    assert!(!answer.text.contains("<b>x"), "escaped");
}

async fn too_many_tries_say_when_to_come_back(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    let mut answer = browser.log_in("admin", "wrong").await;
    for _ in 0..9 {
        if answer.status == 429 {
            break;
        }
        answer = browser.log_in("admin", "wrong").await;
    }
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("Try again in a second, at 12:00:01 UTC."), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_password_that_is_too_long_is_told_so() {
    let web = Web::in_memory().await;
    let answer = web.browser().log_in("admin", &"x".repeat(4_097)).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("at most 4096 bytes"), "{}", answer.text);
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
    house.clock.turn(Duration::days(2));
    let answer = web.browser().log_in("sal", GOOD).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("The plan of your company has ended."));
}

#[tokio::test]
async fn next_leads_on_within_this_site_only() {
    let web = Web::in_memory().await;
    for (next, location) in [
        ("/leads?stage=won", "/leads?stage=won"),
        ("/auth/account", "/auth/account"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/leads\r\nSet-Cookie: x=y", "/"),
        ("leads", "/"),
        ("@evil.example", "/"),
        ("///evil.example", "/"),
    ] {
        let fields = [("next", next), ("login", "admin"), ("password", GOOD)];
        let answer = web.browser().post("/auth/login", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, location), "{next:?}");
        let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = web.browser().get(&format!("/auth/login?next={encoded}")).await;
        assert!(!page.text.contains("evil") && !page.text.contains("alert"), "{next:?}");
    }
    let page = web.browser().get("/auth/login?next=/leads&next=//evil.example").await;
    assert!(!page.text.contains("leads") && !page.text.contains("evil"));
}

#[tokio::test]
async fn a_failed_log_in_keeps_where_it_leads() {
    let web = Web::in_memory().await;
    let fields = [("next", "/leads"), ("login", "admin"), ("password", "wrong")];
    let answer = web.browser().post("/auth/login", &fields).await;
    assert!(answer.text.contains("name=\"next\" value=\"&#x2f;leads\""), "{}", answer.text);
}

#[tokio::test]
async fn notices_are_a_fixed_set() {
    let web = Web::in_memory().await;
    for query in ["notice=You+have+won", "notice=activated&notice=activated", "notice="] {
        let page = web.browser().get(&format!("/auth/login?{query}")).await;
        assert!(!page.text.contains("class=\"note\"") && !page.text.contains("won"), "{query}");
    }
    let page = web.browser().get("/auth/login?notice=activated&utm_source=mail").await;
    assert!(page.text.contains("Your log-in is ready."));
}

async fn session_fixation_logging_in_ends_the_session_that_was_shown(house: House) {
    let web = Web::new(house).await;
    let mut attacker = web.admin().await;
    let mut victim = Browser { cookies: attacker.cookies.clone(), ..web.browser() };
    let planted = victim.token().unwrap().to_owned();
    victim.log_in("admin", GOOD).await;
    assert_ne!(victim.token().unwrap(), planted);
    assert!(victim.is_in().await && !attacker.is_in().await);
}

async fn a_temporary_password_is_replaced_first(house: House) {
    let web = Web::new(house).await;
    let operator = web.house.operator.because("test");
    operator.set_temporary_password(web.admin.id, &password(BETTER)).await.unwrap();
    let mut browser = web.browser();
    let answer = browser.log_in("admin", BETTER).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/auth/replace"));
    let cookie = answer.cookies()[0].to_owned();
    assert!(cookie.starts_with("__Host-portcullis-replace="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600"));
    assert!(!browser.is_in().await);
    let page = browser.get("/auth/replace").await;
    assert!(page.status == 200 && page.text.contains("Choose your own password"));
    let short = browser.post("/auth/replace", &[("password", "admin")]).await;
    assert_eq!(short.status, 422);
    assert!(short.text.contains("2 things to change"), "all of them: {}", short.text);
    let same = browser.post("/auth/replace", &[("password", BETTER)]).await;
    assert!(same.status == 422 && same.text.contains("temporary"));
    let mut again = browser.clone();
    let done = browser.post("/auth/replace", &[("password", "the third of three")]).await;
    assert_eq!((done.status, done.header("location")), (303, "/"));
    assert!(browser.is_in().await);
    assert_eq!(browser.cookies.len(), 1, "the ticket's cookie is gone");
    for answer in [
        again.get("/auth/replace").await,
        again.post("/auth/replace", &[("password", "the fourth of four")]).await,
        web.browser().get("/auth/replace").await,
    ] {
        assert!(answer.status == 410 && answer.text.contains("Log in again"), "{}", answer.text);
    }
}
