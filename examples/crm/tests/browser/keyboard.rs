//! User Accounts with nothing but keys, on a phone's screen, with scripts off.

use fantoccini::{elements::Element, key::Key};
use serde_json::json;

use super::{
    driver::tools,
    house::house,
    person::Person,
    support::{FIRST, SECOND, links, token, until},
};

const WIDTH: u64 = 390;

impl Person {
    async fn focus(&self) -> Element {
        self.client.active_element().await.unwrap()
    }

    /// Goes on from stop to stop until this one: a link, a button or a summary by its words, a
    /// field by its id.
    async fn reach(&self, tag: &str, words: &str) {
        let mut stops = Vec::new();
        for _ in 0..120 {
            self.key(Key::Tab).await;
            let stop = self.focus().await;
            let found = stop.tag_name().await.unwrap();
            let id = stop.attr("id").await.unwrap().unwrap_or_default();
            let text = stop.text().await.unwrap();
            if found == tag && (id == words || text == words) {
                assert!(self.is_outlined().await, "{words} has the focus, and nobody sees it");
                return;
            }
            stops.push(format!("{found} {id} {text}"));
        }
        panic!("no stop at {tag} {words}: {stops:#?}");
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

#[tokio::test(flavor = "multi_thread")]
async fn user_accounts_by_keyboard_on_a_phone_without_scripts() {
    let house = house();
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
    assert_eq!(ada.focus().await.attr("id").await.unwrap().as_deref(), Some("disable-reason"));
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
