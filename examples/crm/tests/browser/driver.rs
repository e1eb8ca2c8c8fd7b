//! Chromium, through its driver.

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::support::{Client as Http, program::free_port, until};

/// The running driver. Dropping it ends it, and every browser it has started.
pub(crate) struct Driver {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Driver {
    pub(crate) fn start(folder: &Path) -> Self {
        const MISSING: &str = "chromium-driver is missing: run scripts/test, which installs it";
        let port = free_port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that its browsers can be ended with it.
            .process_group(0)
            .spawn()
            .expect(MISSING);
        assert!(Path::new("/usr/bin/chromium").exists(), "{MISSING}");
        until("the driver", || {
            let status = Http::new(port).try_send("GET", "/status", &[], "").ok()?;
            (status.json()["value"]["ready"] == true).then_some(())
        });
        Self { child, port, folder: folder.to_owned() }
    }

    /// A browser of its own, with nothing in it.
    pub(crate) async fn browser(&self, name: &str, scripts: bool) -> Client {
        let data = self.folder.join(format!("chromium-{name}"));
        let mut options = json!({
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--disable-dev-shm-usage", "--lang=en", "--window-size=1280,900",
                format!("--user-data-dir={}", data.display()),
            ],
        });
        if !scripts {
            let prefs = json!({"profile.managed_default_content_settings.javascript": 2});
            options["prefs"] = prefs;
        }
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted.as_object().expect("an object").clone())
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("a browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver and its browsers by their group, which this test has made.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or(""), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A command of the developer tools.
pub(crate) async fn tools(client: &Client, command: &str, parameters: Value) -> Value {
    let body = json!({"cmd": command, "params": parameters});
    client.issue_cmd(Own { path: "goog/cdp/execute", body }).await.expect(command)
}

/// What the browser's console has said since this was last asked.
pub(crate) async fn console(client: &Client) -> Vec<String> {
    let body = json!({"type": "browser"});
    let said = client.issue_cmd(Own { path: "se/log", body }).await.expect("the console");
    let entries = said.as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["message"].as_str().unwrap_or("").to_owned()).collect()
}
