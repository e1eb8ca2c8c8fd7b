//! The pages behind mailed links.

use portcullis::{
    auth::NewUser,
    model::{EmailAddress, User},
    secret::Token,
};
use time::Duration;

use crate::{
    house::{BETTER, GOOD, House, client, kind, password, written_token_in},
    web::{Browser, Web, ask, get, send},
};

on_every_store! {
    the_whole_walk_of_a_forgotten_password
    the_whole_walk_of_an_activation
    get_and_head_of_a_mailed_link_consume_nothing
    a_mailed_link_opens_no_page_but_its_own
    only_the_cookie_of_the_page_is_used
    links_that_cannot_be_any_are_dead
    the_host_header_never_reaches_a_link
    forgot_shows_the_same_page_to_everybody
    too_many_letters_say_when_to_come_back
    duplicate_or_array_addresses_mail_nobody
    a_form_works_for_the_link_it_was_shown_for_only
}

async fn the_whole_walk_of_a_forgotten_password(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    assert_eq!(browser.get("/auth/forgot").await.status, 200);
    let sent = browser.post("/auth/forgot", &[("email", "admin@acme.example")]).await;
    assert!(sent.status == 200 && sent.text.contains("Look in your mailbox"));
    let letters = web.house.post().await;
    let token = written_token_in(&letters[0]);
    let link = format!("/auth/reset?token={token}");
    assert!(letters[0].text.contains(&format!("https://crm.example{link}")));

    let opened = browser.get(&link).await;
    assert_eq!((opened.status, opened.header("location")), (303, "/auth/reset"));
    assert_eq!(
        opened.cookies(),
        [format!(
            "__Host-portcullis-reset={token}; HttpOnly; SameSite=Lax; Secure; \
             Path=/; Max-Age=600"
        )]
    );
    let page = browser.get("/auth/reset").await;
    assert!(page.status == 200 && page.text.contains("<strong>admin</strong>"));
    assert!(page.text.contains("Use at least 15 characters."), "requirements beforehand");
    assert!(page.text.contains("autocomplete=\"new-password\""));
    assert!(!page.text.contains(&token), "the token is in the cookie only");

    let weak = browser.post("/auth/reset", &[("password", "admin")]).await;
    assert_eq!((weak.status, weak.cookies().len()), (422, 0));
    assert!(
        weak.text.contains("2 things to change") && !weak.text.contains("value=\"admin\" name")
    );
    let long = browser.post("/auth/reset", &[("password", &"x".repeat(4_097))]).await;
    assert!(long.status == 422 && long.text.contains("4096"));

    let done = browser.post("/auth/reset", &[("password", BETTER)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/auth/login?notice=password-saved"));
    assert!(browser.cookies.is_empty(), "its cookie is gone, and nobody is logged in");
    assert!(browser.get("/auth/login?notice=password-saved").await.text.contains("is saved"));
    assert_eq!(browser.log_in("admin", BETTER).await.status, 303);

    browser.get(&link).await;
    for answer in
        [browser.get("/auth/reset").await, browser.post("/auth/reset", &[("password", GOOD)]).await]
    {
        assert_eq!((answer.status, answer.cookies().len()), (410, 0));
        assert!(answer.text.contains("This link no longer works"));
        assert!(answer.text.contains("Send a new link"));
    }
}

async fn the_whole_walk_of_an_activation(house: House) {
    house.opened().await;
    let token = written_token_in(&house.post().await[0]);
    let service = portcullis::web::Service::new(house.auth.clone());
    let mut browser = Browser { service, cookies: Default::default() };
    let link = format!("/auth/activate?token={token}");
    assert_eq!(browser.get(&link).await.header("location"), "/auth/activate");
    let page = browser.get("/auth/activate").await;
    for part in ["Welcome to Acme", "<strong>admin</strong>", "admin@acme.example"] {
        assert!(page.text.contains(part), "{part}");
    }
    assert_eq!(browser.post("/auth/activate", &[("password", "short")]).await.status, 422);
    let done = browser.post("/auth/activate", &[("password", GOOD)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/auth/login?notice=activated"));
    assert_eq!(browser.log_in("admin", GOOD).await.status, 303);
    browser.get(&link).await;
    let dead = browser.get("/auth/activate").await;
    assert!(dead.status == 410 && dead.text.contains("An activation link works once"));
}

/// Somebody's wish for another address, and the link that was mailed there.
async fn wish(house: &House, user: &User) -> String {
    let me = house.login(user.username.as_str(), GOOD).await.identity;
    let new = EmailAddress::parse(&format!("new-{}", user.email)).unwrap();
    house.auth.my_account(&me).change_email(&password(GOOD), &new, &client()).await.unwrap();
    written_token_in(&house.post().await[0])
}

/// One link of each kind that is mailed, each to somebody else: its page, and its token.
async fn one_of_each(house: &House) -> Vec<(&'static str, String)> {
    let someone = async |name: &str| house.employee(name, "salesperson").await;
    let (rita, cora, una) = (someone("rita").await, someone("cora").await, someone("una").await);
    let oscar = someone("oscar").await;
    let reset = house.forgot(rita.email.as_str()).await.reveal().to_string();
    let confirm = wish(house, &cora).await;
    let moved = Token::parse(&wish(house, &una).await).unwrap();
    house.auth.confirm_email(&moved, &client()).await.unwrap();
    let undo = written_token_in(&house.post().await[0]);
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let there = EmailAddress::parse("oscar@home.example").unwrap();
    accounts.recover(oscar.id, &there, "lost the mailbox", &client()).await.unwrap();
    let letters = house.post().await;
    let to_former = letters.iter().find(|letter| letter.to.as_str() == oscar.email.as_str());
    let object = written_token_in(to_former.unwrap());
    let new = NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson").unwrap();
    accounts.invite(&new, &client()).await.unwrap();
    let activate = written_token_in(&house.post().await[0]);
    let confirm = ("confirm", confirm);
    vec![("reset", reset), ("activate", activate), confirm, ("undo", undo), ("object", object)]
}

async fn get_and_head_of_a_mailed_link_consume_nothing(house: House) {
    let web = Web::new(house).await;
    for (page, token) in one_of_each(&web.house).await {
        let (path, link) = (format!("/auth/{page}"), format!("/auth/{page}?token={token}"));
        for method in ["GET", "HEAD", "GET", "HEAD"] {
            let mut scanner = web.browser();
            let answer = scanner.send(ask(method, &link)).await;
            assert_eq!((answer.status, answer.text.as_str()), (303, ""), "{method} {page}");
            assert_eq!(scanner.send(ask(method, &path)).await.status, 200, "{method} {page}");
        }
        // The same link is still good for what it was mailed for, once.
        let mut browser = web.browser();
        browser.get(&link).await;
        let again = browser.clone();
        let fields = match page {
            "reset" | "activate" => &[("password", BETTER)][..],
            "undo" => &[("password", GOOD)],
            _ => &[],
        };
        for (mut browser, status) in [(browser, 303), (again, 410)] {
            assert_eq!(browser.post(&path, fields).await.status, status, "{page}");
        }
    }
}

/// A link of one kind, kept for the page of another, is dead there and stands where it belongs.
async fn a_mailed_link_opens_no_page_but_its_own(house: House) {
    let web = Web::new(house).await;
    let links = one_of_each(&web.house).await;
    for (own, token) in &links {
        for (page, _) in &links {
            let mut browser = web.browser();
            browser.get(&format!("/auth/{page}?token={token}")).await;
            let status = browser.get(&format!("/auth/{page}")).await.status;
            assert_eq!(status, if own == page { 200 } else { 410 }, "a link of {own} at {page}");
        }
    }
}

async fn only_the_cookie_of_the_page_is_used(house: House) {
    let web = Web::new(house).await;
    let token = web.reset_token().await;
    let cookie = |name: &str| format!("{name}={token}");
    let post = |cookie: &str| {
        ask("POST", "/auth/reset").form(&[("password", BETTER)]).with("cookie", cookie)
    };
    for name in ["portcullis-reset", "__Host-portcullis-activate", "__Host-portcullis"] {
        assert_eq!(send(&web.service, post(&cookie(name))).await.status, 410, "{name}");
    }
    let name = "__Host-portcullis-reset";
    let twice = format!("{}; {name}={}", cookie(name), "A".repeat(43));
    assert_eq!(send(&web.service, post(&twice)).await.status, 410, "one of two was planted");
    let query = ask("POST", &format!("/auth/reset?token={token}")).form(&[("password", BETTER)]);
    assert_eq!(send(&web.service, query).await.status, 410, "a token in the address of a POST");
    let field = ask("POST", "/auth/reset").form(&[("password", BETTER), ("token", &token)]);
    assert_eq!(send(&web.service, field).await.status, 400, "a token in the form");
    let activate =
        get("/auth/activate").with("cookie", &format!("__Host-portcullis-activate={token}"));
    assert_eq!(send(&web.service, activate).await.status, 410, "a link of another kind");
    assert_eq!(send(&web.service, post(&cookie(name))).await.status, 303);
}

async fn links_that_cannot_be_any_are_dead(house: House) {
    let web = Web::new(house).await;
    let token = web.reset_token().await;
    for query in [
        "token=".to_owned(),
        "token=short".to_owned(),
        format!("token={token}x"),
        format!("token={token}&token={token}"),
        format!("token[]={token}"),
        format!("TOKEN={token}"),
        "token=%00".to_owned(),
    ] {
        let answer = send(&web.service, get(&format!("/auth/reset?{query}"))).await;
        assert_eq!((answer.status, answer.cookies().len()), (410, 0), "{query}");
    }
    let answer = send(&web.service, get(&format!("/auth/reset?utm_source=x&token={token}"))).await;
    assert_eq!(answer.status, 303, "what mail programs add does no harm");
    web.house.clock.turn(Duration::minutes(61));
    let mut late = web.browser();
    late.get(&format!("/auth/reset?token={token}")).await;
    assert_eq!(late.get("/auth/reset").await.status, 410);
}

async fn the_host_header_never_reaches_a_link(house: House) {
    let web = Web::new(house).await;
    let forged = ask("POST", "/auth/forgot")
        .form(&[("email", "admin@acme.example")])
        .with("host", "forgedhost.example")
        .with("x-forwarded-host", "forgedhost.example")
        .with("x-forwarded-proto", "http")
        .with("forwarded", "host=forgedhost.example");
    assert_eq!(send(&web.service, forged).await.status, 200);
    let letters = web.house.post().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("https://crm.example/auth/reset?token="));
    assert!(!letters[0].text.contains("forgedhost") && !letters[0].html.contains("forgedhost"));
    let forged = get("/auth/").with("host", "evil.example");
    assert_eq!(send(&web.service, forged).await.header("location"), "/auth/account");
}

async fn forgot_shows_the_same_page_to_everybody(house: House) {
    let web = Web::new(house).await;
    let mut pages = Vec::new();
    for email in ["admin@acme.example", "nobody@acme.example", "no address", ""] {
        let answer = web.browser().post("/auth/forgot", &[("email", email)]).await;
        assert_eq!(answer.status, 200);
        pages.push(answer.text);
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
}

async fn too_many_letters_say_when_to_come_back(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.browser();
    for _ in 0..30 {
        browser.post("/auth/forgot", &[("email", "nobody@acme.example")]).await;
    }
    let answer = browser.post("/auth/forgot", &[("email", "nobody@acme.example")]).await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("Try again in 10 minutes"), "{}", answer.text);
    assert!(answer.text.contains("value=\"nobody@acme.example\""));
    assert_eq!(answer.header("retry-after"), "600");
}

async fn duplicate_or_array_addresses_mail_nobody(house: House) {
    let web = Web::new(house).await;
    // CVE-2023-7028: an array of addresses had one person's link mailed to another.
    for body in [
        "email[]=admin@acme.example&email[]=evil@evil.example",
        "email=admin@acme.example&email=evil@evil.example",
        "email=admin@acme.example&email%5B%5D=evil@evil.example",
        "email=admin@acme.example&cc=evil@evil.example",
    ] {
        let ask = ask("POST", "/auth/forgot").body("application/x-www-form-urlencoded", body);
        assert_eq!(send(&web.service, ask).await.status, 400, "{body}");
    }
    for body in [
        r#"{"email":["admin@acme.example","evil@evil.example"]}"#,
        r#"{"email":"admin@acme.example","email":"evil@evil.example"}"#,
    ] {
        let ask = ask("POST", "/auth/api/password/forgot").body("application/json", body);
        send(&web.service, ask).await.is_problem(400, "malformed");
    }
    let body = "email=admin@acme.example,evil@evil.example";
    let ask = ask("POST", "/auth/forgot").body("application/x-www-form-urlencoded", body);
    assert_eq!(send(&web.service, ask).await.status, 200, "an address of nobody");
    assert!(web.house.post().await.is_empty());
}

/// On one shared computer two people open their letters one after the other; the form of the
/// first is still there. Sending it must not give the second one's log-in the first's password.
async fn a_form_works_for_the_link_it_was_shown_for_only(house: House) {
    let web = Web::new(house).await;
    let me = web.house.login("admin", GOOD).await.identity;
    let accounts = web.house.auth.user_accounts(&me).unwrap();
    let mut links = Vec::new();
    for name in ["ada", "grace"] {
        let email = format!("{name}@acme.example");
        let new = NewUser::parse(name, &email, "Somebody", "salesperson").unwrap();
        accounts.invite(&new, &client()).await.unwrap();
        let letters = web.house.post().await;
        links.push(format!("/auth/activate?token={}", written_token_in(&letters[0])));
    }
    let mut browser = web.browser();
    browser.get(&links[0]).await;
    assert!(browser.get("/auth/activate").await.text.contains("name=\"username\" value=\"ada\""));
    browser.get(&links[1]).await;
    let fields = [("username", "ada"), ("password", BETTER)];
    let answer = browser.post("/auth/activate", &fields).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("Another link was opened") && answer.text.contains("grace"));
    assert_eq!(kind(web.house.try_login("grace", BETTER).await), "rejected");
    let fields = [("username", "grace"), ("password", BETTER)];
    assert_eq!(browser.post("/auth/activate", &fields).await.status, 303);
    assert_eq!(kind(web.house.try_login("grace", BETTER).await), "ok");
}
