//! My Account and User Accounts with nothing but keys, on a phone's screen, with scripts off.

use std::time::Duration;

use fantoccini::key::Key;
use serde_json::json;

use super::{
    driver::tools,
    house::{House, house},
    person::Person,
    support::{Client, FIRST, SECOND, links, token, until},
};

const WIDTH: u64 = 390;

impl Person {
    /// Waits until the page has given the focus to the field of this id.
    async fn begins_at(&self, id: &str) {
        for _ in 0..100 {
            if self.focus().await.attr("id").await.unwrap().as_deref() == Some(id) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the focus is not in {id}");
    }

    /// Goes on from stop to stop until this one: a link, a button or a summary by its words, a
    /// field by its id.
    async fn reach(&self, tag: &str, words: &str) {
        let is_it =
            |found: &str, id: &str, text: &str| found == tag && (id == words || text == words);
        self.reach_what(words, is_it).await;
    }

    async fn reach_what(&self, words: &str, is_it: impl Fn(&str, &str, &str) -> bool) {
        let mut stops = Vec::new();
        for _ in 0..120 {
            self.key(Key::Tab).await;
            let stop = self.focus().await;
            let found = stop.tag_name().await.unwrap();
            let id = stop.attr("id").await.unwrap().unwrap_or_default();
            let text = stop.text().await.unwrap();
            if is_it(&found, &id, &text) {
                assert!(self.is_outlined().await, "{words} has the focus, and nobody sees it");
                return;
            }
            stops.push(format!("{found} {id} {text}"));
        }
        panic!("no stop at {words}: {stops:#?}");
    }

    /// Whether what has the focus shows it.
    async fn is_outlined(&self) -> bool {
        let outline = self.focus().await.css_value("outline-style").await.unwrap();
        let shadow = self.focus().await.css_value("box-shadow").await.unwrap();
        outline != "none" || shadow != "none"
    }

    async fn enter(&self, tag: &str, words: &str) {
        self.reach(tag, words).await;
        self.key(Key::Enter).await;
    }

    /// Types into the field of this id.
    async fn write(&self, id: &str, text: &str) {
        self.reach("input", id).await;
        self.type_blindly(text).await;
    }

    /// Waits for these words on a page that is as wide as the phone.
    async fn read(&self, words: &str) {
        self.see(words).await;
        let sizes = tools(&self.client, "Page.getLayoutMetrics", json!({})).await;
        let width = sizes["cssContentSize"]["width"].as_f64().unwrap();
        assert!(width <= WIDTH as f64, "{} is {width} wide", self.path().await);
    }
}

/// The first administrator, logged in by keys, on a phone and with scripts off.
async fn logged_in(house: &House) -> Person {
    let ada = house.person("ada", false, None).await;
    let metrics = json!({"width": WIDTH, "height": 844, "deviceScaleFactor": 1, "mobile": true});
    tools(&ada.client, "Emulation.setDeviceMetricsOverride", metrics).await;
    ada.open("data:text/html,<p>before</p><script>document.body.textContent='ran'</script>").await;
    assert!(!ada.sees("ran").await, "scripts run");
    ada.open(&house.crm.set_up_link()).await;
    ada.read("Welcome to Acme").await;
    ada.type_blindly(FIRST).await;
    ada.key(Key::Enter).await;
    ada.read("Your log-in is ready").await;
    ada.type_blindly("admin").await;
    ada.write("password", FIRST).await;
    ada.key(Key::Enter).await;
    ada.read("No leads yet").await;
    ada
}

#[tokio::test(flavor = "multi_thread")]
async fn my_account_and_sessions_by_keyboard_on_a_phone_without_scripts() {
    let house = house();
    let ada = logged_in(&house).await;
    ada.enter("a", "My Account").await;
    ada.read("General Information").await;
    ada.read("Trial").await;

    // A refusal is met where it happened, and what was typed is still there.
    ada.write("new_username", "ada").await;
    ada.write("username_current", SECOND).await;
    ada.key(Key::Enter).await;
    ada.read("The current password is not right, so nothing was changed.").await;
    ada.begins_at("new_username").await;
    ada.write("username_current", FIRST).await;
    ada.key(Key::Enter).await;
    ada.read("Your username is changed.").await;
    ada.write("new_email", "ada@acme.example").await;
    ada.write("email_current", FIRST).await;
    ada.key(Key::Enter).await;
    ada.read("A letter is on its way to the new address.").await;
    ada.write("current_password", FIRST).await;
    ada.write("new_password", "short").await;
    ada.key(Key::Enter).await;
    ada.read("One thing to change").await;
    ada.begins_at("current_password").await;
    ada.type_blindly(FIRST).await;
    ada.write("new_password", SECOND).await;
    ada.key(Key::Enter).await;
    ada.read("Your password is changed").await;
    ada.reach("select", "language").await;
    ada.type_blindly("Deu").await;
    ada.enter("button", "Save").await;
    ada.read("Letters to you are written in that language now.").await;

    // Elsewhere twice: one is ended alone, then all that are left.
    let wish = json!({"login": "ada", "password": SECOND});
    let mut others = [house.crm.client(), house.crm.client()];
    for other in &mut others {
        assert_eq!(other.call("POST", "/session", &wish).status, 200);
    }
    let [first, second] = &mut others;
    let is_in = |client: &mut Client| client.call("GET", "/session", &json!(null)).status == 200;
    ada.enter("a", "Sessions").await;
    ada.read("this device").await;
    let ends_one = |found: &str, _: &str, text: &str| {
        found == "button" && text.starts_with("End") && !text.starts_with("End all")
    };
    ada.reach_what("the end of one session", ends_one).await;
    ada.key(Key::Enter).await;
    ada.read("The session has ended.").await;
    assert_ne!(is_in(first), is_in(second), "one of them");
    ada.enter("button", "End all other sessions").await;
    ada.read("All other sessions have ended.").await;
    assert!(!is_in(first) && !is_in(second));
    ada.reach("button", "Log out").await;
    ada.key(Key::Enter).await;
    ada.read("You are logged out.").await;
    ada.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_accounts_by_keyboard_on_a_phone_without_scripts() {
    let house = house();
    let ada = logged_in(&house).await;
    ada.enter("a", "User Accounts").await;
    ada.read("Create User Profile").await;
    ada.write("name", "Grace Hopper").await;
    ada.write("username", "grace").await;
    ada.write("email", "grace@acme.example").await;
    ada.reach("select", "role").await;
    ada.type_blindly("Salesp").await;
    ada.enter("button", "Send Invitation").await;
    ada.read("The invitation is on its way.").await;
    ada.read("Salesperson").await;
    let link = until("the invitation", || {
        let letters = house.crm.client().get("/dev/mail.json").json();
        links(&letters, "grace@acme.example").first().cloned()
    });
    let wish = json!({"token": token(&link), "password": SECOND});
    assert_eq!(house.crm.client().call("POST", "/activation", &wish).status, 204);

    ada.enter("a", "User Accounts").await;
    ada.write("query", "hop").await;
    ada.key(Key::Enter).await;
    ada.read("grace · grace@acme.example").await;
    ada.enter("a", "Grace Hopper").await;
    ada.read("Nothing keeps them from logging in").await;

    // A refusal is met where it happened, and the way on begins there.
    ada.enter("summary", "Disable").await;
    ada.write("disable-reason", " ").await;
    ada.key(Key::Enter).await;
    ada.read("One thing to change").await;
    ada.begins_at("disable-reason").await;
    ada.type_blindly("left for the summer").await;
    ada.key(Key::Enter).await;
    ada.read("Disabled by admin: left for the summer").await;
    ada.enter("summary", "Enable").await;
    ada.enter("button", "Enable").await;
    ada.read("The log-in works again").await;

    ada.enter("summary", "Help who cannot reach the mailbox").await;
    ada.write("recover-email", "grace@new.example").await;
    ada.write("recover-reason", "the old mailbox is closed").await;
    ada.key(Key::Enter).await;
    ada.read("a link to choose a new password is on its way there").await;
    ada.enter("summary", "Change the profile").await;
    ada.write("profile-name", " the Second").await;
    ada.key(Key::Enter).await;
    ada.read("The profile is saved").await;
    ada.enter("summary", "Remove").await;
    ada.write("remove-reason", "it was a try").await;
    ada.key(Key::Enter).await;
    ada.read("Removed user").await;
    ada.leave().await;
}
