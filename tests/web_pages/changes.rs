//! Changes of one's own name and address, with scripts off.

use crate::{
    house::{BETTER, GOOD, House, written_token_in},
    web::{Web, get, send},
};

on_every_store! {
    the_username_is_changed_in_my_account
    m7_a_taken_name_and_too_many_changes_are_told_on_the_page
    the_address_is_changed_confirmed_and_taken_back
    a_confirmation_that_the_username_stands_against_says_what_to_do
    m27_the_language_of_letters_is_chosen_on_my_account
}

async fn the_username_is_changed_in_my_account(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.admin().await;
    let page = browser.get("/auth/account").await;
    for part in ["Change Username", "Change E-mail", "autocomplete=\"username\""] {
        assert!(page.text.contains(part), "{part}");
    }
    let fields = [("username", "two words"), ("current_password", GOOD)];
    let answer = browser.post("/auth/account/username", &fields).await;
    assert!(answer.status == 422 && answer.text.contains("value=\"two words\""), "{}", answer.text);
    let fields = [("username", "ada.b"), ("current_password", BETTER)];
    let answer = browser.post("/auth/account/username", &fields).await;
    assert!(answer.status == 401 && answer.text.contains("The current password is not right"));
    let fields = [("username", "ada.b"), ("current_password", GOOD)];
    let answer = browser.post("/auth/account/username", &fields).await;
    let location = "/auth/account?notice=username-changed";
    assert_eq!((answer.status, answer.header("location")), (303, location));
    let page = browser.get(location).await.text;
    assert!(page.contains("Your username is changed.") && page.contains("<dd>ada.b</dd>"));
}

async fn m7_a_taken_name_and_too_many_changes_are_told_on_the_page(house: House) {
    let web = Web::new(house).await;
    web.house.employee("grace", "salesperson").await;
    let mut browser = web.admin().await;
    let mut wish = async |name: &str| {
        let fields = [("username", name), ("current_password", GOOD)];
        browser.post("/auth/account/username", &fields).await
    };
    for taken in ["grace", "GRACE"] {
        let answer = wish(taken).await;
        assert_eq!((answer.status, answer.cookies().len()), (409, 0), "{taken}");
        assert!(answer.text.contains("Somebody else has this username"), "{}", answer.text);
        assert!(answer.text.contains(&format!("value=\"{taken}\"")), "what was typed stays");
    }
    // Refusals count for nothing: three changes in 30 days are still there.
    for name in ["ada.b", "ada.c", "ada.d"] {
        assert_eq!(wish(name).await.status, 303, "{name}");
    }
    let answer = wish("ada.e").await;
    let thirty_days = (30 * 24 * 60 * 60).to_string();
    assert_eq!((answer.status, answer.header("retry-after")), (429, thirty_days.as_str()));
    assert!(answer.text.contains("Try again"), "{}", answer.text);
    assert!(browser.get("/auth/account").await.text.contains("<dd>ada.d</dd>"));
}

async fn the_address_is_changed_confirmed_and_taken_back(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.admin().await;
    let fields = [("email", "ada@new.example"), ("current_password", GOOD)];
    let answer = browser.post("/auth/account/email", &fields).await;
    assert_eq!(answer.header("location"), "/auth/account?notice=email-asked");
    let link = format!("/auth/confirm?token={}", written_token_in(&web.house.post().await[0]));
    // The letter is read in another browser, where nobody is logged in.
    let mut mail = web.browser();
    for _ in 0..3 {
        let opened = mail.get(&link).await;
        assert_eq!((opened.status, opened.header("location")), (303, "/auth/confirm"));
    }
    let page = mail.get("/auth/confirm").await;
    assert!(page.status == 200 && page.text.contains("<strong>ada@new.example</strong>"));
    let answer = mail.post("/auth/confirm", &[]).await;
    assert_eq!(answer.header("location"), "/auth/login?notice=email-confirmed");
    assert_eq!(mail.get("/auth/confirm").await.status, 410, "used");
    assert!(browser.get("/auth/account").await.text.contains("ada@new.example"));
    let link = format!("/auth/undo?token={}", written_token_in(&web.house.post().await[0]));
    assert_eq!(mail.get(&link).await.header("location"), "/auth/undo");
    let page = mail.get("/auth/undo").await;
    assert!(page.text.contains("<strong>admin@acme.example</strong>"), "{}", page.text);
    let answer = mail.post("/auth/undo", &[("password", BETTER)]).await;
    assert!(answer.status == 401 && answer.text.contains("not the password from before"));
    let answer = mail.post("/auth/undo", &[("password", GOOD), ("username", "admin")]).await;
    assert_eq!(answer.header("location"), "/auth/login?notice=email-undone");
    assert!(!browser.is_in().await);
    let dead = send(&web.service, get("/auth/undo")).await;
    assert!(dead.status == 410 && dead.text.contains("72 hours"));
}

/// The username became the former address meanwhile, and this one cannot be a username.
async fn a_confirmation_that_the_username_stands_against_says_what_to_do(house: House) {
    let web = Web::new(house).await;
    let mut browser = web.admin().await;
    let fields = [("email", "ada%b@new.example"), ("current_password", GOOD)];
    browser.post("/auth/account/email", &fields).await;
    let link = format!("/auth/confirm?token={}", written_token_in(&web.house.post().await[0]));
    let fields = [("username", "admin@acme.example"), ("current_password", GOOD)];
    browser.post("/auth/account/username", &fields).await;
    let mut mail = web.browser();
    mail.get(&link).await;
    let refused = mail.post("/auth/confirm", &[]).await;
    assert!(refused.status == 422 && refused.text.contains("choose another username first"));
    let fields = [("username", "ada"), ("current_password", GOOD)];
    browser.post("/auth/account/username", &fields).await;
    let answer = mail.post("/auth/confirm", &[]).await;
    assert_eq!(answer.header("location"), "/auth/login?notice=email-confirmed");
}

async fn m27_the_language_of_letters_is_chosen_on_my_account(house: House) {
    let web = Web::new(house).await;
    let mut admin = web.admin().await;
    let page = admin.get("/auth/account").await.text;
    assert!(page.contains("<option value=\"de\" lang=\"de\">Deutsch</option>"), "{page}");
    let answer = admin.post("/auth/account/language", &[("language", "de")]).await;
    let location = "/auth/account?notice=language-chosen";
    assert_eq!((answer.status, answer.header("location")), (303, location));
    let page = admin.get("/auth/account").await.text;
    assert!(page.contains("<option value=\"de\" lang=\"de\" selected>Deutsch</option>"), "{page}");
    admin.post("/auth/account/language", &[("language", "de-at")]).await;
    let page = admin.get("/auth/account").await.text;
    assert!(page.contains("lang=\"de\" selected>Deutsch</option>"), "what serves them: {page}");
    let answer = admin.post("/auth/account/language", &[("language", "tlh")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("Letters can be written in: Deutsch, English."));
    assert_eq!(admin.post("/auth/account/language", &[]).await.status, 400);
}
