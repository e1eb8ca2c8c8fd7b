//! User Accounts.

use portcullis::{
    model::Role,
    policy::{Permission, Policy},
    web::Service,
};
use serde_json::{Value, json};

use crate::{
    house::{BETTER, GOOD, House, token_in, written_token_in},
    web::{Answer, Browser, Web, ask, send},
};

on_every_store! {
    people_are_listed_found_and_shown
    a_profile_is_changed_in_the_version_that_was_seen
    mass_assignment_of_status_role_or_proven_is_refused
    a_user_is_helped_disabled_and_enabled
    who_may_not_see_people_is_refused_by_each_call
    a_temporary_password_is_set_and_must_be_replaced
    somebody_is_secured_diagnosed_and_removed
    an_address_is_replaced_for_a_reason
    an_address_changed_for_somebody_counts_once_it_is_proven
    the_company_is_shown_and_its_plan_is_the_operators
    m23_the_whole_company_is_secured
}

async fn seller(house: &House) -> String {
    house.employee("grace", "salesperson").await.id.to_string()
}

async fn patch(browser: &mut Browser, id: &str, body: &Value) -> Answer {
    browser.send(ask("PATCH", &format!("/auth/api/users/{id}")).json(body)).await
}

async fn people_are_listed_found_and_shown(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let list = admin.get("/auth/api/users").await.json();
    let usernames = |list: &Value| -> Vec<String> {
        let users = list["users"].as_array().unwrap();
        users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (usernames(&list), &list["next"]),
        (vec!["admin".into(), "grace".into()], &Value::Null)
    );
    let first = admin.get("/auth/api/users?limit=1&query=&status=&role=").await.json();
    assert_eq!(usernames(&first), ["admin"]);
    let next = first["next"].as_str().unwrap();
    let second = admin.get(&format!("/auth/api/users?limit=1&cursor={next}")).await.json();
    assert_eq!((usernames(&second), &second["next"]), (vec!["grace".into()], &Value::Null));
    for (query, found) in
        [("query=GRA", 1), ("role=salesperson", 1), ("status=disabled", 0), ("query=gra%20ce", 0)]
    {
        let list = admin.get(&format!("/auth/api/users?{query}")).await.json();
        assert_eq!(usernames(&list).len(), found, "{query}");
    }
    let answer = admin.get(&format!("/auth/api/users/{id}")).await;
    assert_eq!(answer.status, 200);
    let user = answer.json()["user"].clone();
    assert_eq!(user["username"], "grace");
    assert_eq!(user.as_object().unwrap().len(), 10, "never a hash, digest or token");
    for path in ["nobody", &web.admin.account.to_string(), "0"] {
        admin.get(&format!("/auth/api/users/{path}")).await.is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_list_that_is_asked_for_wrongly_is_refused() {
    let web = Web::in_memory().await;
    let mut admin = web.admin().await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "status=awake",
        "query=a&query=b",
        "sort=name",
        "cursor=",
        "cursor=AAAA",
        "query=%00",
        "query",
        "role[]=administrator",
    ] {
        admin.get(&format!("/auth/api/users?{query}")).await.is_problem(400, "malformed");
    }
}

async fn a_profile_is_changed_in_the_version_that_was_seen(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let path = format!("/auth/api/users/{id}");
    let version = admin.get(&path).await.json()["user"]["version"].to_string();
    let change = |version: &str, name: &str| {
        ask("PATCH", &path).with("if-match", version).json(&json!({"name": name}))
    };
    let answer = admin.send(change(&format!("\"{version}\""), "Grace H.")).await;
    assert_eq!((answer.status, &answer.json()["user"]["name"]), (200, &json!("Grace H.")));
    let late = admin.send(change(&format!("\"{version}\""), "Grace X.")).await;
    assert_eq!(late.is_problem(409, "conflict")["field"], "version");
    for wrong in ["*", "3", "W/\"3\"", "\"x\"", ""] {
        admin.send(change(wrong, "Grace X.")).await.is_problem(400, "malformed");
    }
    let changes = json!({"username": "ghopper", "role": "sales_manager"});
    let user = patch(&mut admin, &id, &changes).await.json()["user"].clone();
    assert_eq!((&user["username"], &user["role"]), (&json!("ghopper"), &json!("sales_manager")));
    let taken = patch(&mut admin, &id, &json!({"username": "admin"})).await;
    assert_eq!(taken.is_problem(409, "conflict")["field"], "username");
    let wrong = patch(&mut admin, &id, &json!({"username": "g h", "name": ""})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["violations"].as_array().unwrap().len(), 2);
}

async fn mass_assignment_of_status_role_or_proven_is_refused(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let before = admin.get(&format!("/auth/api/users/{id}")).await.json();
    for field in [
        json!({"status": "disabled"}),
        json!({"email_proven": true}),
        json!({"administrator": true}),
        json!({"version": 9}),
        json!({"id": web.admin.id}),
        json!({"account": web.admin.account}),
        json!({"name": "X", "created_at": "2026-01-01T00:00:00Z"}),
        json!({"name": null}),
        json!({"name": ["X"]}),
        json!(["X"]),
    ] {
        patch(&mut admin, &id, &field).await.is_problem(400, "malformed");
    }
    assert_eq!(admin.get(&format!("/auth/api/users/{id}")).await.json(), before);
    let mut new = json!({"username": "bo", "email": "bo@acme.example", "name": "Bo",
                         "role": "salesperson"});
    for (field, value) in [("status", json!("active")), ("email_proven", json!(true))] {
        new[field] = value;
        admin.send(ask("POST", "/auth/api/users").json(&new)).await.is_problem(400, "malformed");
        new.as_object_mut().unwrap().remove(field);
    }
    // The person's own door changes no role.
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    let own = patch(&mut grace, &id, &json!({"role": "administrator"})).await;
    own.is_problem(403, "forbidden");
}

async fn a_user_is_helped_disabled_and_enabled(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    let mut admin = web.admin().await;
    let path = |call: &str| format!("/auth/api/users/{id}/{call}");
    assert_eq!(admin.send(ask("POST", &path("password-reset"))).await.status, 202);
    let letters = web.house.post().await;
    assert!(letters[0].to.as_str() == "grace@acme.example" && letters.len() == 1);
    token_in(&letters[0]);
    assert!(grace.is_in().await);
    assert_eq!(admin.send(ask("POST", &path("sign-out"))).await.status, 202);
    assert!(!grace.is_in().await);
    grace.log_in("grace", GOOD).await;
    admin.send(ask("POST", &path("disable"))).await.is_problem(415, "malformed");
    let blank = admin.send(ask("POST", &path("disable")).json(&json!({"reason": " "}))).await;
    assert_eq!(blank.is_problem(422, "invalid")["violations"][0]["field"], "reason");
    let why = json!({"reason": "left the company"});
    assert_eq!(admin.send(ask("POST", &path("disable")).json(&why)).await.status, 202);
    assert!(!grace.is_in().await);
    let status = admin.get(&format!("/auth/api/users/{id}")).await.json();
    assert_eq!(status["user"]["status"], "disabled");
    let reset = admin.send(ask("POST", &path("password-reset"))).await;
    assert_eq!(reset.is_problem(409, "conflict")["field"], "status");
    assert_eq!(admin.send(ask("POST", &path("enable"))).await.status, 202);
    grace.log_in("grace", GOOD).await;
    assert!(grace.is_in().await);
    let own = format!("/auth/api/users/{}/disable", web.admin.id);
    let last = admin.send(ask("POST", &own).json(&why)).await;
    assert_eq!(last.is_problem(409, "conflict")["field"], "administrators");
}

async fn who_may_not_see_people_is_refused_by_each_call(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    for (method, call) in [
        ("GET", "/users".to_owned()),
        ("GET", format!("/users/{id}")),
        ("PATCH", format!("/users/{id}")),
        ("POST", format!("/users/{id}/password-reset")),
        ("POST", format!("/users/{id}/sign-out")),
        ("POST", format!("/users/{id}/disable")),
        ("POST", format!("/users/{id}/enable")),
        ("POST", format!("/users/{id}/secure")),
        ("PUT", format!("/users/{id}/password")),
        ("GET", format!("/users/{id}/diagnosis")),
        ("GET", format!("/users/{id}/history")),
        ("GET", format!("/users/{id}/sessions")),
        ("DELETE", format!("/users/{id}")),
        ("GET", "/account".to_owned()),
        ("PUT", "/account/plan".to_owned()),
        ("POST", "/account/secure".to_owned()),
    ] {
        let path = format!("/auth/api{call}");
        grace.send(ask(method, &path)).await.is_problem(403, "forbidden");
        send(&web.service, ask(method, &path)).await.is_problem(401, "unauthenticated");
    }
}

async fn a_temporary_password_is_set_and_must_be_replaced(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let path = format!("/auth/api/users/{id}/password");
    let body = |word: &str| json!({"password": word});
    let weak = admin.send(ask("PUT", &path).json(&body("short"))).await;
    assert_eq!(weak.is_problem(422, "invalid")["violations"][0]["rule"], "min_length");
    let set = admin.send(ask("PUT", &path).json(&body(BETTER))).await;
    assert_eq!((set.status, set.text.as_str()), (204, ""));
    let log_in = json!({"login": "grace", "password": BETTER});
    let answer = send(&web.service, ask("POST", "/auth/api/session").json(&log_in)).await.json();
    assert_eq!(answer["status"], "password_change_required");
    let own = format!("/auth/api/users/{}/password", web.admin.id);
    admin.send(ask("PUT", &own).json(&body(BETTER))).await.is_problem(403, "forbidden");
}

async fn somebody_is_secured_diagnosed_and_removed(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut grace = web.browser();
    grace.log_in("grace", GOOD).await;
    let mut admin = web.admin().await;
    let path = |call: &str| format!("/auth/api/users/{id}{call}");
    let why = json!({"reason": "stolen laptop"});
    let secured = admin.send(ask("POST", &path("/secure")).json(&why)).await;
    assert_eq!((secured.status, secured.json()), (202, json!({"link_sent": true})));
    assert!(!grace.is_in().await);
    let diagnosis = admin.get(&path("/diagnosis")).await.json();
    let reason = &diagnosis["reasons"][0];
    assert_eq!(reason["code"], "secured");
    let keys: Vec<&String> = reason.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "message", "since", "until"]);
    assert_eq!(reason["since"], "2026-11-21T12:00:00Z");
    admin.send(ask("DELETE", &path(""))).await.is_problem(415, "malformed");
    // A link goes to a proven address only.
    let elsewhere = json!({"email": "grace@home.example", "reason": "lost the mailbox"});
    assert_eq!(admin.send(ask("POST", &path("/recover")).json(&elsewhere)).await.status, 202);
    let secured = admin.send(ask("POST", &path("/secure")).json(&why)).await;
    assert_eq!((secured.status, secured.json()), (202, json!({"link_sent": false})));
    web.house.clock.turn(time::Duration::MINUTE);
    assert_eq!(admin.send(ask("DELETE", &path("")).json(&why)).await.status, 202);
    let gone = admin.get(&path("")).await.json();
    assert_eq!(
        (&gone["user"]["status"], &gone["user"]["name"]),
        (&json!("removed"), &json!("Removed user"))
    );
    let history = admin.get(&path("/history?limit=2")).await.json();
    let events = history["events"].as_array().unwrap();
    let newest = events.iter().find(|event| event["event"] == "removed").unwrap();
    assert_eq!(newest["reason"], "stolen laptop");
    assert_eq!(newest["actor"]["user"]["username"], "admin");
    assert_eq!(newest["subject"], json!({"id": id, "username": "grace"}));
    let next = history["next"].as_str().unwrap();
    let more = admin.get(&path(&format!("/history?cursor={next}"))).await.json();
    assert!(more["events"].as_array().unwrap().len() > 2);
    for query in ["limit=0", "cursor=AAAA", "from=x", "limit=1&limit=1"] {
        admin.get(&path(&format!("/history?{query}"))).await.is_problem(400, "malformed");
    }
    let list = admin.get("/auth/api/users").await.json();
    assert_eq!(list["users"].as_array().unwrap().len(), 1, "who is gone is not shown");
    let removed = admin.get("/auth/api/users?status=removed").await.json();
    assert_eq!(removed["users"][0]["id"], id.as_str());
}

async fn an_address_is_replaced_for_a_reason(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let recover = |reason: &str| {
        let body = json!({"email": "grace@home.example", "reason": reason});
        ask("POST", &format!("/auth/api/users/{id}/recover")).json(&body)
    };
    let blank = admin.send(recover(" \t")).await.is_problem(422, "invalid");
    assert_eq!(blank["violations"][0]["field"], "reason");
    assert_eq!(admin.send(recover("lost the mailbox")).await.status, 202);
    let user = admin.get(&format!("/auth/api/users/{id}")).await.json()["user"].clone();
    assert_eq!(
        (&user["email"], &user["email_proven"]),
        (&json!("grace@home.example"), &json!(false))
    );

    // From the former address it can be objected to, once.
    let letters = web.house.post().await;
    let to_former = letters.iter().find(|letter| letter.to.as_str() == "grace@acme.example");
    let token = written_token_in(to_former.unwrap());
    let object = |token: &str| ask("POST", "/auth/api/objection").json(&json!({"token": token}));
    send(&web.service, object(&"A".repeat(43))).await.is_problem(401, "rejected");
    let answer = send(&web.service, object(&token)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    send(&web.service, object(&token)).await.is_problem(401, "rejected");
    let after = admin.get(&format!("/auth/api/users/{id}")).await.json()["user"].clone();
    assert_eq!(after["email"], "grace@home.example", "it restores nothing");
    let diagnosis = admin.get(&format!("/auth/api/users/{id}/diagnosis")).await.json();
    let codes: Vec<&Value> =
        diagnosis["reasons"].as_array().unwrap().iter().map(|reason| &reason["code"]).collect();
    assert!(codes.contains(&&json!("objected")), "{codes:?}");
}

async fn an_address_changed_for_somebody_counts_once_it_is_proven(house: House) {
    let web = Web::new(house).await;
    let id = seller(&web.house).await;
    let mut admin = web.admin().await;
    let wrong = patch(&mut admin, &id, &json!({"email": "nowhere"})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["violations"][0]["field"], "email");
    let answer = patch(&mut admin, &id, &json!({"email": "grace@new.example"})).await;
    assert_eq!(
        (answer.status, &answer.json()["user"]["email"]),
        (200, &json!("grace@acme.example"))
    );
    let letters = web.house.post().await;
    let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert!(to.contains(&"grace@new.example"), "{to:?}");
    let to_new = letters.iter().find(|letter| letter.to.as_str() == "grace@new.example");
    let body = json!({"token": written_token_in(to_new.unwrap())});
    let confirm = ask("POST", "/auth/api/email/confirm").json(&body);
    assert_eq!(send(&web.service, confirm).await.status, 204);
    let user = admin.get(&format!("/auth/api/users/{id}")).await.json()["user"].clone();
    assert_eq!(
        (&user["email"], &user["email_proven"]),
        (&json!("grace@new.example"), &json!(true))
    );
    // Who is invited has it at once, and the activation letter goes there.
    let new = json!({"username": "bo", "email": "ob@acme.example", "name": "Bo",
                     "role": "salesperson"});
    let bo = admin.send(ask("POST", "/auth/api/users").json(&new)).await.json();
    let bo = bo["user"]["id"].as_str().unwrap().to_owned();
    let answer = patch(&mut admin, &bo, &json!({"email": "bo@acme.example"})).await;
    assert_eq!((answer.status, &answer.json()["user"]["email"]), (200, &json!("bo@acme.example")));
    let letters = web.house.post().await;
    let activation = letters.iter().find(|letter| letter.text.contains("/auth/activate?token="));
    assert_eq!(activation.unwrap().to.as_str(), "bo@acme.example");
    let own = web.admin.id.to_string();
    let own = patch(&mut admin, &own, &json!({"email": "ada@new.example"})).await;
    own.is_problem(403, "forbidden");
}

async fn the_company_is_shown_and_its_plan_is_the_operators(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let account = admin.get("/auth/api/account").await.json()["account"].clone();
    assert_eq!((&account["plan"], &account["seats_taken"]), (&json!("trial"), &json!(1)));
    let put = |body: &Value| ask("PUT", "/auth/api/account/plan").json(body);
    admin.send(put(&json!({"plan": "ultimate"}))).await.is_problem(403, "forbidden");
    for wrong in [json!({}), json!({"plan": "ultimate", "until": "soon"}), json!({"plan": 1})] {
        admin.send(put(&wrong)).await.is_problem(400, "malformed");
    }

    // Where a host gives the permission to a role, whoever has that role changes it.
    let mut policy = Policy::crm();
    let held: Vec<Permission> = policy.roles.permissions(&Role::ADMINISTRATOR).collect();
    let held = held.into_iter().chain([Permission::PLAN_CHANGE]);
    policy.roles = policy.roles.with(Role::ADMINISTRATOR, held);
    let house = web.house.under(policy);
    let web = Web { service: Service::new(house.auth.clone()), house, admin: web.admin };
    let mut admin = web.admin().await;
    let answer = admin.send(put(&json!({"plan": "ultimate"}))).await;
    assert_eq!((answer.status, &answer.json()["account"]["plan"]), (200, &json!("ultimate")));
    assert_eq!(answer.json()["account"]["plan_until"], Value::Null);
    let until = json!({"plan": "advanced", "until": "2027-01-31T00:00:00Z"});
    let answer = admin.send(put(&until)).await;
    assert_eq!(answer.status, 200);
    let account = admin.get("/auth/api/account").await.json()["account"].clone();
    assert_eq!(answer.json()["account"], account);
    assert_eq!(
        (&account["plan"], &account["plan_until"]),
        (&json!("advanced"), &json!("2027-01-31T00:00:00Z"))
    );
    let unknown = admin.send(put(&json!({"plan": "golden"}))).await;
    assert_eq!(unknown.is_problem(422, "invalid")["violations"][0]["rule"], "unknown");
}

async fn m23_the_whole_company_is_secured(house: House) {
    let web = Web::new(house).await;
    seller(&web.house).await;
    let (mut admin, mut grace) = (web.admin().await, web.browser());
    grace.log_in("grace", GOOD).await;
    let secure =
        |reason: &str| ask("POST", "/auth/api/account/secure").json(&json!({"reason": reason}));
    let blank = admin.send(secure(" ")).await.is_problem(422, "invalid");
    assert_eq!(blank["violations"][0]["field"], "reason");
    assert!(grace.is_in().await && admin.is_in().await, "nothing happened yet");
    let answer = admin.send(secure("a stolen laptop")).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    assert!(!grace.is_in().await && !admin.is_in().await);
    for login in ["admin", "grace"] {
        let body = json!({"login": login, "password": GOOD});
        let answer = send(&web.service, ask("POST", "/auth/api/session").json(&body)).await;
        answer.is_problem(401, "rejected");
    }
    // What is chosen at the very instant is void as well.
    web.house.clock.turn(time::Duration::SECOND);
    let letters = web.house.post().await;
    let mut to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["admin@acme.example", "grace@acme.example"]);
    for letter in &letters {
        let body = json!({"token": written_token_in(letter), "password": BETTER});
        let reset = ask("POST", "/auth/api/password/reset").json(&body);
        assert_eq!(send(&web.service, reset).await.status, 204, "{}", letter.to);
    }
    grace.log_in("grace", BETTER).await;
    assert!(grace.is_in().await);
}
