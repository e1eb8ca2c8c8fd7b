//! A real mail server (aiosmtpd, by `tests/peers/smtp_server.py`) with a private CA, for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::net::TcpSocket;

/// How the server is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// STARTTLS and a log-in before anything else.
    StartTls,
    /// TLS from the first byte, and a log-in.
    Tls,
    /// In the clear, without a log-in.
    Plain,
}

/// The user the server knows.
pub(crate) const USER: &str = "crm@mail.test";
/// That user's password, with characters a URL must escape.
pub(crate) const PASSWORD: &str = "canary:/@ü%41";
/// [`USER`] and [`PASSWORD`] as a URL writes them.
pub(crate) const USERINFO: &str = "crm%40mail.test:canary%3A%2F%40%C3%BC%2541";

/// A running server; ends with its owner. It can be stopped and started again on its port.
pub(crate) struct SmtpServer {
    mode: Mode,
    dir: TempDir,
    child: Option<Child>,
    /// Keeps others from the port while the server is stopped.
    kept: Option<TcpSocket>,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl SmtpServer {
    /// Starts a server on a free port, with a CA of its own.
    pub(crate) fn start(mode: Mode) -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_certificates(dir.path());
        let mut server = Self { mode, dir, child: None, kept: None, port: 0 };
        server.restart();
        server
    }

    /// Ends the server; its port refuses connections from now on.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
            // Bound, but not listening: the server, which may share it, is let in again.
            let kept = TcpSocket::new_v4().unwrap();
            kept.set_reuseaddr(true).unwrap();
            kept.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).unwrap();
            self.kept = Some(kept);
        }
    }

    /// Starts the server again, on the port it had.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let python = Path::new("/usr/bin/python3");
        let has = Command::new(python).args(["-c", "import aiosmtpd"]).output();
        assert!(
            has.is_ok_and(|run| run.status.success()),
            "python3-aiosmtpd is missing: run scripts/test, which installs it"
        );
        let mut child = Command::new(python)
            // It warns of what is wrong on purpose here.
            .args(["-W", "ignore"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smtp_server.py"))
            .args([
                "--mode",
                match self.mode {
                    Mode::StartTls => "starttls",
                    Mode::Tls => "tls",
                    Mode::Plain => "plain",
                },
            ])
            .args(["--port", &self.port.to_string(), "--user", USER, "--password", PASSWORD])
            .arg("--certificate")
            .arg(self.path("server.pem"))
            .arg("--key")
            .arg(self.path("server.key"))
            .arg("--letters")
            .arg(self.path("letters.jsonl"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.child = Some(child);
        self.kept = None;
        self.port = line.trim().parse().expect("the mail server says its port");
    }

    /// The URL to reach it by, with the right user and password where it wants them.
    pub(crate) fn url(&self) -> String {
        match self.mode {
            Mode::StartTls => format!("smtp://{USERINFO}@127.0.0.1:{}?tls=required", self.port),
            Mode::Tls => format!("smtps://{USERINFO}@127.0.0.1:{}", self.port),
            Mode::Plain => format!("smtp://127.0.0.1:{}", self.port),
        }
    }

    /// The CA that vouches for it, as PEM.
    pub(crate) fn ca(&self) -> Vec<u8> {
        fs::read(self.path("ca.pem")).unwrap()
    }

    /// The letters it accepted so far, as `smtp_server.py` writes them.
    pub(crate) fn letters(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("letters.jsonl")).unwrap_or_default();
        // A line without an end is still being written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The letters, as soon as there are so many; panics when they do not come in time.
    pub(crate) async fn wait_for(
        &self,
        count: usize,
        patience: Duration,
    ) -> Vec<serde_json::Value> {
        let started = Instant::now();
        loop {
            let letters = self.letters();
            if letters.len() >= count {
                return letters;
            }
            assert!(started.elapsed() < patience, "{} of {count} letters came", letters.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes `ca.pem`, and `server.pem` with `server.key` for localhost and 127.0.0.1.
pub(crate) fn make_certificates(dir: &Path) {
    let openssl = |line: &str| {
        let run = Command::new("openssl").args(line.split(' ')).current_dir(dir).output();
        let run = run.expect("openssl is missing: run scripts/test, which installs it");
        assert!(run.status.success(), "openssl: {}", String::from_utf8_lossy(&run.stderr));
    };
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config settings";
    fs::write(
        dir.join("settings"),
        "[req]\ndistinguished_name=name\nprompt=no\n[name]\nCN=portcullis test\n\
         [ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
         [server]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
    )
    .unwrap();
    openssl(&format!("{new} -x509 -days 2 -extensions ca -keyout ca.key -out ca.pem"));
    openssl(&format!("{new} -keyout server.key -out server.csr"));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 2 \
         -extfile settings -extensions server -out server.pem",
    );
}
