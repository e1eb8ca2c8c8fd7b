//! User Accounts, as an administrator walks it with scripts off.

use crate::{
    house::{BETTER, GOOD, House, written_token_in},
    web::{Browser, Web, get, send},
};

on_every_store! {
    an_administrators_day
    an_address_is_changed_and_an_unreachable_mailbox_helped
    the_places_somebody_may_be_logged_in_at_are_shown_to_both
    what_is_not_to_be_done_is_told_on_the_page
    who_only_sees_people_gets_no_options
    m23_the_account_is_secured_on_the_page_of_its_people
    m10_the_former_address_objects_on_its_page
}

/// The id of the person whose page an answer leads to.
fn id_in(location: &str) -> String {
    let (_, rest) = location.split_once("/users/").unwrap();
    rest.split('?').next().unwrap().to_owned()
}

async fn option(browser: &mut Browser, id: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = browser.post(&format!("/auth/users/{id}"), fields).await;
    if answer.status != 303 {
        return (answer.status, answer.text);
    }
    let page = browser.get(answer.header("location")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    (303, page.text)
}

async fn an_administrators_day(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let list = admin.get("/auth/users").await;
    assert!(list.text.contains("User Accounts</a>") && list.text.contains("Ada Admin"));
    assert!(list.text.contains("aria-current=\"page\">User Accounts"), "{}", list.text);

    let grace = [
        ("name", "Grace <Hopper>"),
        ("username", "grace"),
        ("email", "grace@acme.example"),
        ("role", "salesperson"),
    ];
    let invited = admin.post("/auth/users", &grace).await;
    assert_eq!(invited.status, 303, "{}", invited.text);
    let id = id_in(invited.header("location"));
    let page = admin.get(invited.header("location")).await;
    for part in ["on its way", "Grace &lt;Hopper&gt;", "have not opened their activation link"] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let again = admin.post("/auth/users", &grace).await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("already taken") && again.text.contains("value=\"grace\""));
    let wrong = [("name", ""), ("username", "a b"), ("email", "x"), ("role", "salesperson")];
    let refused = admin.post("/auth/users", &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("3 things to change"));

    let (status, _) = option(&mut admin, &id, &[("do", "activation")]).await;
    assert_eq!(status, 303);
    let letters = web.house.post().await;
    let token = written_token_in(letters.last().unwrap());
    let mut second = web.browser();
    second.get(&format!("/auth/activate?token={token}")).await;
    assert_eq!(second.post("/auth/activate", &[("password", GOOD)]).await.status, 303);
    second.log_in("grace", GOOD).await;
    assert!(second.is_in().await);
    // Grace sees no User Accounts.
    assert!(!second.get("/auth/account").await.text.contains("User Accounts"));
    let refused = second.get("/auth/users").await;
    assert!(refused.status == 403 && refused.text.contains("Not for you to do"));

    // "What was my username?"
    let found = admin.get("/auth/users?query=hop&status=&role=").await;
    assert!(found.text.contains("grace ·") && !found.text.contains("Ada Admin</strong>"));
    let nobody = admin.get("/auth/users?query=zzz").await;
    assert!(nobody.text.contains("Nobody is found by this"));

    let (_, page) = option(&mut admin, &id, &[("do", "reset")]).await;
    assert!(page.contains("Password Reset Email is on its way"), "{page}");
    let (status, page) =
        option(&mut admin, &id, &[("do", "password"), ("password", "short")]).await;
    assert!(status == 422 && page.contains("One thing to change"), "{page}");
    assert!(!page.contains("value=\"short\""));
    let (_, page) = option(&mut admin, &id, &[("do", "password"), ("password", BETTER)]).await;
    assert!(page.contains("The temporary password is set") && page.contains("asks for a new one"));
    assert!(!second.is_in().await);
    let replaced = second.log_in("grace", BETTER).await;
    assert!(replaced.header("location").contains("/replace"), "{}", replaced.header("location"));
    second.post("/auth/replace", &[("password", GOOD)]).await;
    assert!(second.is_in().await);

    let version = admin.get(&format!("/auth/api/users/{id}")).await.json();
    let version = version["user"]["version"].to_string();
    let profile = [
        ("do", "profile"),
        ("name", "Grace B. Hopper"),
        ("username", "ghopper"),
        ("role", "sales_manager"),
        ("version", version.as_str()),
    ];
    let (_, page) = option(&mut admin, &id, &profile).await;
    assert!(page.contains("The profile is saved") && page.contains("<dd>ghopper</dd>"), "{page}");
    let (status, page) = option(&mut admin, &id, &profile).await;
    assert!(status == 409 && page.contains("somebody else changed it meanwhile"), "{page}");

    let why = ("reason", "left for the summer");
    let (status, page) = option(&mut admin, &id, &[("do", "disable"), ("reason", " ")]).await;
    assert!(status == 422 && page.contains("<details class=\"option\" open>"), "{page}");
    let (_, page) = option(&mut admin, &id, &[("do", "disable"), why]).await;
    assert!(page.contains("Disabled by admin: left for the summer"), "{page}");
    assert!(!second.is_in().await);
    let (_, page) = option(&mut admin, &id, &[("do", "enable")]).await;
    assert!(page.contains("The log-in works again"), "{page}");
    second.log_in("ghopper", GOOD).await;
    let (_, page) = option(&mut admin, &id, &[("do", "sign-out")]).await;
    assert!(page.contains("Every session of theirs has ended"));
    let (_, page) = option(&mut admin, &id, &[("do", "secure"), why]).await;
    assert!(page.contains("password they had is void"), "{page}");
    web.house.clock.turn(time::Duration::SECOND);
    let (_, page) = option(&mut admin, &id, &[("do", "remove"), why]).await;
    assert!(page.contains("Removed user") && !page.contains("Options"), "{page}");
    assert!(page.contains("Removed: left for the summer"), "the history stays: {page}");
}

async fn an_address_is_changed_and_an_unreachable_mailbox_helped(house: House) {
    let web = Web::new(house).await;
    let grace = web.house.employee("grace", "salesperson").await.id;
    let id = grace.to_string();
    let mut admin = web.admin().await;
    let path = format!("/auth/users/{id}");
    let version = admin.get(&format!("/auth/api/users/{id}")).await.json();
    let version = version["user"]["version"].to_string();
    let there = ("email", "grace@new.example");
    let (_, page) = option(&mut admin, &id, &[("do", "email"), there, ("version", &version)]).await;
    assert!(page.contains("It counts once its link was followed"), "{page}");
    assert!(page.contains("<dd>grace@acme.example</dd>"), "not before it is proven");
    let letters = web.house.post().await;
    assert!(letters.iter().any(|letter| letter.to.as_str() == "grace@new.example"));
    let (status, _) =
        option(&mut admin, &id, &[("do", "email"), there, ("version", &version)]).await;
    assert_eq!(status, 409, "somebody else's change meanwhile");

    let why = ("reason", "no access to the old mailbox");
    for (fields, words) in [
        ([there, ("reason", " ")], "Say why"),
        ([("email", "nowhere"), why], "One thing to change"),
        ([("email", "grace@acme.example"), why], "This is their address already"),
    ] {
        let (status, page) =
            option(&mut admin, &id, &[&[("do", "recover")], &fields[..]].concat()).await;
        assert!(status == 422 && page.contains(words), "{words} in {page}");
        assert!(page.contains("id=\"recover-email\"") && page.contains("open>\n<summary>Help"));
    }
    let (_, page) = option(&mut admin, &id, &[("do", "recover"), there, why]).await;
    assert!(page.contains("a link to choose a new password is on its way there"), "{page}");
    assert!(
        page.contains("<dd>grace@new.example <span class=\"badge plain\">not proven"),
        "{page}"
    );
    assert!(page.contains("Recovered: no access to the old mailbox"), "{page}");
    let to: Vec<String> =
        web.house.post().await.iter().map(|letter| letter.to.to_string()).collect();
    assert_eq!(to, ["grace@new.example", "grace@acme.example"]);
    // The link ran out, and another goes to the same address; where there is none, it is said.
    let secure = [("do", "secure"), why];
    let (_, page) = option(&mut admin, &id, &secure).await;
    assert!(page.contains("are void. No link was mailed") && page.contains("<summary>Help who"));
    let (_, page) = option(&mut admin, &id, &[("do", "recover"), there, why]).await;
    assert!(page.contains("a link to choose a new password is on its way there"), "{page}");
    let letters = web.house.post().await;
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "grace@new.example"));

    // Who is invited gets the letter where it should have gone.
    let new =
        [("name", "Bo"), ("username", "bo"), ("email", "ob@acme.example"), ("role", "salesperson")];
    let invited = admin.post("/auth/users", &new).await;
    let bo = id_in(invited.header("location"));
    let corrected = [("do", "email"), ("email", "bo@acme.example"), ("version", "1")];
    let (_, page) = option(&mut admin, &bo, &corrected).await;
    assert!(page.contains("bo@acme.example") && page.contains("activation letter is on its way"));
    assert!(!page.contains("Help who cannot reach"), "there is nothing to get back into");

    // Nothing of it for oneself.
    let own = web.admin.id.to_string();
    let page = admin.get(&format!("/auth/users/{own}")).await.text;
    assert!(!page.contains("name=\"email\""), "{page}");
    let (status, _) = option(&mut admin, &own, &[("do", "recover"), there, why]).await;
    assert_eq!(status, 403);
    assert_eq!(admin.get(&path).await.status, 200);
}

async fn the_places_somebody_may_be_logged_in_at_are_shown_to_both(house: House) {
    let mut policy = portcullis::policy::Policy::crm();
    policy.limits.sessions_per_user = Some(1);
    let web = Web::new(house.under(policy)).await;
    let id = web.house.employee("grace", "salesperson").await.id;
    let (mut admin, mut first, mut second) = (web.admin().await, web.browser(), web.browser());
    let path = format!("/auth/users/{id}");
    let page = admin.get(&path).await.text;
    assert!(page.contains("Nowhere, at the moment") && page.contains("one place is allowed"));
    first.log_in("grace", GOOD).await;
    let page = admin.get(&path).await.text;
    assert!(page.contains("203.0.113.7 · last used") && !page.contains("this device"), "{page}");
    web.house.clock.turn(time::Duration::SECOND);
    second.log_in("grace", GOOD).await;
    assert!(!first.is_in().await);
    let own = second.get("/auth/account/sessions").await.text;
    assert!(own.contains("in one place at a time: one more log-in ends the oldest"), "{own}");
    assert!(admin.get(&path).await.text.contains("Session Replaced"));
    let mut unlimited = Web::in_memory().await.admin().await;
    assert!(!unlimited.get("/auth/account/sessions").await.text.contains("at a time"));
}

async fn what_is_not_to_be_done_is_told_on_the_page(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let own = web.admin.id.to_string();
    let why = ("reason", "why");
    for choice in ["disable", "remove"] {
        let (status, page) = option(&mut admin, &own, &[("do", choice), why]).await;
        assert!(status == 409 && page.contains("without an active administrator"), "{page}");
    }
    let page = admin.get(&format!("/auth/users/{own}")).await.text;
    assert!(page.contains("This is you.") && !page.contains("name=\"username\""), "{page}");
    assert!(!page.contains("Set a temporary password"));
    let (status, page) =
        option(&mut admin, &own, &[("do", "password"), ("password", BETTER)]).await;
    assert!(status == 403 && page.contains("not allowed"), "{page}");
    for fields in [
        &[("do", "promote")][..],
        &[("do", "disable")],
        &[("do", "reset"), ("email", "x@y.example")],
        &[("do", "profile"), ("name", "x"), ("role", "salesperson"), ("version", "x")],
    ] {
        assert_eq!(option(&mut admin, &own, fields).await.0, 400, "{fields:?}");
    }
    for path in ["/auth/users/nobody", "/auth/users/01a1fdfa-4600-7002-bc45-eb5cce470a98"] {
        assert_eq!(admin.get(path).await.status, 404);
    }
    assert_eq!(admin.get("/auth/users?cursor=AAAA").await.status, 400);
    assert_eq!(send(&web.service, get("/auth/users")).await.status, 303);
}

async fn who_only_sees_people_gets_no_options(house: House) {
    let web = Web::new(house).await;
    web.house.employee("manager", "sales_manager").await;
    let bo = web.house.employee("bo", "salesperson").await.id.to_string();
    let mut manager = web.browser();
    manager.log_in("manager", GOOD).await;
    let list = manager.get("/auth/users").await.text;
    assert!(list.contains("bo@acme.example") && !list.contains("Send Invitation"));
    let page = manager.get(&format!("/auth/users/{bo}")).await.text;
    assert!(page.contains("General Information"));
    for part in ["Options", "History", "Why can they not log in", "<form class=\"stack\""] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    let (status, _) = option(&mut manager, &bo, &[("do", "disable"), ("reason", "x")]).await;
    assert_eq!(status, 403);
    let invite =
        [("name", "X"), ("username", "x"), ("email", "x@y.example"), ("role", "salesperson")];
    assert_eq!(manager.post("/auth/users", &invite).await.status, 403);
}

async fn m23_the_account_is_secured_on_the_page_of_its_people(house: House) {
    let web = Web::new(house).await;
    web.house.employee("grace", "salesperson").await;
    let (mut admin, mut grace) = (web.admin().await, web.browser());
    grace.log_in("grace", GOOD).await;
    assert_eq!(grace.post("/auth/users/secure", &[("reason", "mine")]).await.status, 403);
    assert!(admin.get("/auth/users").await.text.contains("Secure This Account"));
    let refused = admin.post("/auth/users/secure", &[("reason", " ")]).await;
    assert_eq!(refused.status, 422);
    let opened = refused.text.contains("<details class=\"option\" open>");
    assert!(opened && refused.text.contains("id=\"problems\""), "{}", refused.text);
    assert!(grace.is_in().await && admin.is_in().await, "nothing happened yet");

    let done = admin.post("/auth/users/secure", &[("reason", "a stolen laptop")]).await;
    let location = "/auth/login?notice=account-secured";
    assert_eq!((done.status, done.header("location")), (303, location));
    assert!(admin.cookies.is_empty(), "{:?}", admin.cookies);
    assert!(admin.get(location).await.text.contains("The account is secured"));
    assert!(!grace.is_in().await && !admin.is_in().await);
    assert_eq!(web.browser().log_in("grace", GOOD).await.status, 401, "the password is void");
    let letters = web.house.post().await;
    let to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert!(to.contains(&"admin@acme.example") && to.contains(&"grace@acme.example"), "{to:?}");
    assert!(letters.iter().all(|letter| letter.text.contains("/auth/reset?token=")));
}

async fn m10_the_former_address_objects_on_its_page(house: House) {
    let web = Web::new(house).await;
    let id = web.house.employee("grace", "salesperson").await.id.to_string();
    let (mut admin, mut grace) = (web.admin().await, web.browser());
    let there = [
        ("do", "recover"),
        ("email", "grace@new.example"),
        ("reason", "no access to the old mailbox"),
    ];
    assert_eq!(option(&mut admin, &id, &there).await.0, 303);
    let letters = web.house.post().await;
    let at = |to: &str| letters.iter().find(|letter| letter.to.as_str() == to).unwrap();
    let reset = format!("/auth/reset?token={}", written_token_in(at("grace@new.example")));
    let object = format!("/auth/object?token={}", written_token_in(at("grace@acme.example")));
    // Whoever has the new mailbox is in by now.
    grace.get(&reset).await;
    assert_eq!(grace.post("/auth/reset", &[("password", BETTER)]).await.status, 303);
    grace.log_in("grace", BETTER).await;
    assert!(grace.is_in().await);
    web.house.post().await;
    web.house.clock.turn(time::Duration::MINUTE);

    let mut mail = web.browser();
    assert_eq!(mail.get(&object).await.header("location"), "/auth/object");
    let page = mail.get("/auth/object").await;
    assert!(page.text.contains("<strong>grace@acme.example</strong>"), "{}", page.text);
    assert!(grace.is_in().await, "looking ends nothing");
    let done = mail.post("/auth/object", &[]).await;
    assert_eq!((done.status, done.header("location")), (303, "/auth/login?notice=objected"));
    assert!(mail.get(done.header("location")).await.text.contains("class=\"note\""));
    assert!(!grace.is_in().await);
    assert_eq!(mail.get("/auth/object").await.status, 410, "used");
    let warned: Vec<String> =
        web.house.post().await.iter().map(|letter| letter.to.to_string()).collect();
    assert_eq!(warned, ["admin@acme.example"]);
    let mut admin = web.admin().await;
    let page = admin.get(&format!("/auth/users/{id}")).await.text;
    assert!(page.contains("Objected") && page.contains("<dd>grace@new.example"), "{page}");
}
