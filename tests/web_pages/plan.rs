//! The plan and the seats of a company, and what is refused to whom.

use std::sync::Arc;

use portcullis::{
    clock::Clock as _,
    model::{Plan, Role},
    policy::{Permission, Policy},
};
use serde_json::json;
use time::Duration;

use crate::{
    house::{BETTER, GOOD, House},
    web::{Browser, Web, ask},
};

on_every_store! {
    m16_the_pages_show_the_plan_and_why_it_has_ended
    m16_the_plan_is_changed_on_the_page_by_who_may
    m30_a_refusal_leads_whoever_it_meets_to_somebody_else
    an_invitation_is_written_in_the_language_chosen_on_the_page
    what_is_wrong_with_a_reason_is_said_of_its_field
}

const RIGHT: &str = "Nothing is wrong with your password";

/// The preset, and administrators may change the plan.
fn sells() -> Policy {
    let mut policy = Policy::crm();
    let held: Vec<Permission> = policy.roles.permissions(&Role::ADMINISTRATOR).collect();
    let held = held.into_iter().chain([Permission::PLAN_CHANGE]);
    policy.roles = policy.roles.with(Role::ADMINISTRATOR, held);
    policy
}

/// A page on which all of these stand, and none of those.
async fn shows(browser: &mut Browser, path: &str, these: &[&str], none: &[&str]) {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    for part in these {
        assert!(page.text.contains(part), "{path} lacks {part}: {}", page.text);
    }
    for part in none {
        assert!(!page.text.contains(part), "{path} has {part}: {}", page.text);
    }
}

async fn m16_the_pages_show_the_plan_and_why_it_has_ended(house: House) {
    let web = Web::new(house).await;
    web.house.employee("sal", "salesperson").await;
    web.house.employee("mo", "sales_manager").await;
    let (mut admin, mut sal, mut mo) = (web.admin().await, web.browser(), web.browser());
    sal.log_in("sal", GOOD).await;
    mo.log_in("mo", GOOD).await;
    let endless = ["<dd>Trial</dd>", "<dt>Ends</dt><dd>not by itself</dd>"];
    shows(&mut sal, "/auth/account", &endless, &["<dt>Seats</dt>", "plan-ended"]).await;
    for path in ["/auth/account", "/auth/users"] {
        for browser in [&mut admin, &mut mo] {
            shows(browser, path, &endless, &["plan-ended", "Change the plan"]).await;
            shows(browser, path, &["<dt>Seats</dt><dd>3 of 50 taken</dd>"], &[]).await;
        }
    }
    let acting = web.house.operator.because("test");
    acting.set_plan(web.admin.account, &Plan::ULTIMATE, None).await.unwrap();
    acting.set_seats(web.admin.account, None).await.unwrap();
    shows(&mut admin, "/auth/account", &["<dd>3 taken, of any number</dd>"], &[]).await;

    let until = web.house.clock.now() + Duration::minutes(10);
    acting.set_plan(web.admin.account, &Plan::ESSENTIAL, Some(until)).await.unwrap();
    let ends = "<dt>Ends</dt><dd><time datetime=\"2026-11-21T12:10:00Z\">21 November 2026, 12:10";
    shows(&mut sal, "/auth/account", &[ends], &["plan-ended"]).await;
    web.house.clock.turn(Duration::minutes(10));
    let why = [
        "The Essential plan of Acme ended on",
        "Only administrators are let in until it is renewed",
        "nothing is lost",
        "To renew it, contact <a href=\"mailto:help@crm.example\">",
        "<dt>Ended</dt>",
    ];
    // By the session of before, and by a new one.
    for mut browser in [admin, web.admin().await] {
        for path in ["/auth/account", "/auth/users"] {
            shows(&mut browser, path, &why, &[RIGHT, "Change the plan"]).await;
        }
        // Where it stands in the way, other words than for whoever is kept out.
        let invite =
            [("name", "X"), ("username", "x"), ("email", "x@y.example"), ("role", "salesperson")];
        let refused = browser.post("/auth/users", &invite).await;
        assert_eq!(refused.status, 403);
        let said = "so this waits until it is renewed. To renew it, ask the people who run this \
                    site (help@crm.example).";
        assert!(refused.text.contains(said) && !refused.text.contains(RIGHT), "{}", refused.text);
    }
    let kept_out = web.browser().log_in("sal", GOOD).await;
    assert_eq!(kept_out.status, 403);
    assert!(kept_out.text.contains(RIGHT) && kept_out.text.contains("help@crm.example"));
    assert!(kept_out.text.contains("ask your administrator, who can still log in"));
}

async fn m16_the_plan_is_changed_on_the_page_by_who_may(house: House) {
    let web = Web::new(House::with_policy(Arc::clone(&house.store), sells())).await;
    web.house.employee("mo", "sales_manager").await;
    let (mut admin, mut mo) = (web.admin().await, web.browser());
    mo.log_in("mo", GOOD).await;
    let form = ["Change the plan", "action=\"/auth/users/plan\"", "value=\"trial\" selected"];
    shows(&mut admin, "/auth/users", &form, &[]).await;
    shows(&mut mo, "/auth/users", &["<dd>Trial</dd>"], &form).await;
    let there = ["href=\"/auth/users#plan\">Change the plan"];
    shows(&mut admin, "/auth/account", &there, &[]).await;
    shows(&mut mo, "/auth/account", &["<dd>Trial</dd>"], &there).await;
    let to = |plan, until| [("plan", plan), ("until", until)];
    let refused = mo.post("/auth/users/plan", &to("ultimate", "")).await;
    assert!(refused.status == 403 && refused.text.contains("Ask an administrator of your company"));
    for (plan, until, words) in [
        ("golden", "", "There is no such plan."),
        ("ultimate", "soon", "such as 2027-01-31, or empty for none"),
        ("ultimate", "2027-02-30", "such as 2027-01-31, or empty for none"),
    ] {
        let refused = admin.post("/auth/users/plan", &to(plan, until)).await;
        assert!(refused.status == 422 && refused.text.contains(words), "{}", refused.text);
        assert!(refused.text.contains("<details class=\"option\" open>\n  <summary>Change the"));
    }
    shows(&mut mo, "/auth/account", &["<dd>Trial</dd>"], &[]).await;
    let done = admin.post("/auth/users/plan", &to("ultimate", "2027-01-31")).await;
    assert_eq!((done.status, done.header("location")), (303, "/auth/users?notice=plan-changed"));
    let now = [
        "The plan is changed",
        "<dd>Ultimate</dd>",
        "31 January 2027, 00:00 UTC",
        "value=\"ultimate\" selected",
        "value=\"2027-01-31\"",
    ];
    shows(&mut admin, done.header("location"), &now, &[]).await;
    // Who may renew it is led there.
    assert_eq!(admin.post("/auth/users/plan", &to("trial", "2026-11-21")).await.status, 303);
    let lead = "To renew it, <a href=\"/auth/users#plan\">change the plan</a>";
    shows(&mut admin, "/auth/account", &[lead], &[]).await;
    assert_eq!(admin.post("/auth/users/plan", &to("trial", "")).await.status, 303);
    shows(&mut admin, "/auth/account", &["not by itself"], &["plan-ended"]).await;
    assert!(web.house.try_login("mo", GOOD).await.is_ok());
}

async fn m30_a_refusal_leads_whoever_it_meets_to_somebody_else(house: House) {
    let web = Web::new(house).await;
    web.house.employee("sal", "salesperson").await;
    let (mut admin, mut sal) = (web.admin().await, web.browser());
    sal.log_in("sal", GOOD).await;
    let refused = sal.get("/auth/users").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("Ask an administrator of your company."), "{}", refused.text);
    let plan = json!({"plan": "ultimate"});
    let answer = admin.send(ask("PUT", "/auth/api/account/plan").json(&plan)).await;
    let problem = answer.is_problem(403, "forbidden");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("although you are an administrator"), "{detail}");
    assert!(detail.contains("help@crm.example"), "{detail}");
    let refused = admin.post("/auth/users/plan", &[("plan", "ultimate"), ("until", "")]).await;
    assert!(refused.status == 403 && refused.text.contains("although you are an administrator"));

    // Who is logged in and did too much is not sent to log in.
    let mut last = None;
    for name in ["sal1", "sal2", "sal3", "sal4"] {
        let fields = [("current_password", GOOD), ("username", name)];
        last = Some(sal.post("/auth/account/username", &fields).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, 429, "{}", last.text);
    assert!(last.text.contains("That was done too often."), "{}", last.text);
    assert!(last.text.contains("href=\"/auth/account\">My Account"), "{}", last.text);
    assert!(!last.text.contains("Go to log-in"), "{}", last.text);
    // Nor is anybody told to ask who cannot help.
    let mut stranger = web.browser();
    let far = ask("POST", "/auth/login").form(&[("login", "x"), ("password", BETTER)]);
    let answer = stranger.send(far.with("origin", "https://evil.example")).await;
    assert!(answer.status == 403 && !answer.text.contains("administrator"), "{}", answer.text);
}

async fn an_invitation_is_written_in_the_language_chosen_on_the_page(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    shows(&mut admin, "/auth/users", &["Language of letters", ">Deutsch</option>"], &[]).await;
    let grace = |language| {
        [
            ("name", "Grace"),
            ("username", "grace"),
            ("email", "grace@acme.example"),
            ("role", "salesperson"),
            ("language", language),
        ]
    };
    for (language, words) in [("xx", "<option value=\"salesperson\" selected>"), ("-", "to change")]
    {
        let refused = admin.post("/auth/users", &grace(language)).await;
        assert!(refused.status == 422 && refused.text.contains(words), "{}", refused.text);
    }
    assert!(web.house.post().await.is_empty());
    assert_eq!(admin.post("/auth/users", &grace("de")).await.status, 303);
    let letters = web.house.post().await;
    assert!(letters[0].text.starts_with("Guten Tag Grace,"), "{}", letters[0].text);
}

async fn what_is_wrong_with_a_reason_is_said_of_its_field(house: House) {
    let web = Web::new(house).await;
    let id = web.house.employee("grace", "salesperson").await.id;
    let mut admin = web.admin().await;
    let path = format!("/auth/users/{id}");
    let hint = "aria-describedby=\"disable-reason-hint\">\n  <p class=\"hint\" id=\"disable-reason-hint\">";
    shows(&mut admin, &path, &[hint], &["aria-invalid"]).await;
    let refused = admin.post(&path, &[("do", "disable"), ("reason", " ")]).await;
    let wrong = "aria-describedby=\"problems disable-reason-hint\" aria-invalid=\"true\"";
    assert!(refused.status == 422 && refused.text.contains(wrong), "{}", refused.text);
    assert_eq!(refused.text.matches("aria-invalid").count(), 1, "{}", refused.text);
    // Of another field, nothing is said of the reason.
    let recover = [("do", "recover"), ("email", "nowhere"), ("reason", "why")];
    let refused = admin.post(&path, &recover).await;
    let hint = "autofocus aria-describedby=\"recover-reason-hint\">";
    assert!(refused.status == 422 && refused.text.contains(hint), "{}", refused.text);
}
