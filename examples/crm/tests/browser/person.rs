//! What a person does in a browser: open, read, type, press.

use std::time::{Duration, Instant};

use fantoccini::{Client, Locator, elements::Element, error::CmdError, key::Key};

use super::{driver::console, shots::Shots};

pub(crate) struct Person {
    pub(crate) client: Client,
    origin: String,
    shots: Option<Shots>,
}

impl Person {
    pub(crate) fn new(client: Client, port: u16, shots: Option<Shots>) -> Self {
        Self { client, origin: format!("http://localhost:{port}"), shots }
    }

    /// Opens a page of the site, or a whole link.
    pub(crate) async fn open(&self, path: &str) {
        let url =
            if path.starts_with('/') { format!("{}{path}", self.origin) } else { path.to_owned() };
        self.client.goto(&url).await.unwrap();
    }

    /// Waits for these words on the page.
    pub(crate) async fn see(&self, words: &str) {
        let quoted = words.replace('\'', "’");
        let xpath = format!("//body[contains(normalize-space(.), '{quoted}')]");
        if self.found(Locator::XPath(&xpath)).await.is_err() {
            let text = self.find("body").await.text().await.unwrap();
            panic!("no \"{words}\" at {}:\n{text}", self.path().await);
        }
    }

    /// Whether these words are on the page.
    pub(crate) async fn sees(&self, words: &str) -> bool {
        self.find("body").await.text().await.unwrap().contains(words)
    }

    pub(crate) async fn find(&self, css: &str) -> Element {
        self.found(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Looks for ten seconds. While a page gives way to another one, a look may fail in any way.
    async fn found(&self, what: Locator<'_>) -> Result<Element, CmdError> {
        let begun = Instant::now();
        loop {
            let looked = self.client.find(what).await;
            if looked.is_ok() || begun.elapsed() > Duration::from_secs(10) {
                return looked;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types into a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Presses the button with these words.
    pub(crate) async fn press(&self, words: &str) {
        let xpath = format!(
            "//main//button[normalize-space()='{words}'] | //header//button[normalize-space()='{words}']"
        );
        self.click(Locator::XPath(&xpath)).await;
    }

    /// Follows the first link with these words.
    pub(crate) async fn follow(&self, words: &str) {
        self.click(Locator::LinkText(words)).await;
    }

    /// Clicks on something, once it is there.
    pub(crate) async fn click(&self, what: Locator<'_>) {
        let found = self.found(what).await;
        found.unwrap_or_else(|error| panic!("{what:?}: {error}")).click().await.unwrap();
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn key(&self, key: Key) {
        self.focus().await.send_keys(&char::from(key).to_string()).await.unwrap();
    }

    /// Types into whatever field has the focus, or is given it by the page while it loads.
    pub(crate) async fn type_blindly(&self, text: &str) {
        for _ in 0..100 {
            let focus = self.focus().await;
            if matches!(&*focus.tag_name().await.unwrap(), "input" | "select" | "textarea") {
                return focus.send_keys(text).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no field has the focus at {}", self.path().await);
    }

    /// What has the focus.
    pub(crate) async fn focus(&self) -> Element {
        self.client.active_element().await.unwrap()
    }

    /// Where the person is: path and query.
    pub(crate) async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.origin).unwrap_or(url.as_str()).to_owned()
    }

    /// Waits until the person is where these words stand in the address.
    pub(crate) async fn come(&self, words: &str) {
        for _ in 0..100 {
            if self.path().await.contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{words} is not where the person came: {}", self.path().await);
    }

    /// An attribute of an element.
    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        self.find(css).await.attr(name).await.unwrap().unwrap_or_default()
    }

    /// Takes pictures of the page, in every dress, and sees that nothing was refused by it.
    pub(crate) async fn picture(&mut self, name: &str) {
        if let Some(shots) = &mut self.shots {
            shots.take(&self.client, name).await;
        }
        self.nothing_was_refused().await;
    }

    /// The console has told of nothing that the page's own rules forbid.
    pub(crate) async fn nothing_was_refused(&self) {
        for line in console(&self.client).await {
            assert!(!line.contains("Content Security Policy"), "{line}");
        }
    }

    /// Chooses this password on the page behind a mailed link.
    pub(crate) async fn choose(&self, password: &str, button: &str) {
        assert_eq!(self.attribute("#password", "autocomplete").await, "new-password");
        assert_eq!(self.attribute("#username", "autocomplete").await, "username");
        assert!(!self.path().await.contains("token"), "the token left the address bar");
        self.fill("#password", password).await;
        self.press(button).await;
    }

    /// Logs in on the log-in page.
    pub(crate) async fn log_in(&self, login: &str, password: &str) {
        assert_eq!(self.attribute("#login", "autocomplete").await, "username");
        assert_eq!(self.attribute("#password", "autocomplete").await, "current-password");
        self.fill("#login", login).await;
        self.fill("#password", password).await;
        self.press("Log in").await;
    }

    /// Adds a lead on the start page.
    pub(crate) async fn add_lead(&self, company: &str, contact: &str) {
        self.fill("#company", company).await;
        self.fill("#contact", contact).await;
        self.press("Add").await;
    }

    pub(crate) async fn leave(self) {
        self.client.close().await.unwrap();
    }
}
