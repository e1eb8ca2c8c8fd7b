//! The program, started as a person starts it.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Client, until};

/// A running `crm`. Dropping it ends it at once.
pub struct Crm {
    pub port: u16,
    child: Child,
    log: PathBuf,
    printed: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// Where it writes what it logs.
const LOG: &str = "crm.log";

/// A port nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// The program with nothing set but where it listens and keeps its file.
pub fn command(folder: &Path, port: u16) -> Command {
    let log = std::fs::File::options().create(true).append(true).open(folder.join(LOG));
    let mut command = Command::new(env!("CARGO_BIN_EXE_crm"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PORT", port.to_string())
        .env("RUST_LOG", "debug")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.expect("a log"));
    command
}

impl Crm {
    /// Starts it in this folder, on a file there, and waits until it is ready.
    pub fn start(folder: &Path, port: u16) -> Self {
        Self::of(command(folder, port), folder, port)
    }

    /// Starts it in this folder, on the database of this URL, and waits until it is ready.
    pub fn start_on(database: &str, folder: &Path, port: u16) -> Self {
        let mut command = command(folder, port);
        command.env("DATABASE_URL", database);
        Self::of(command, folder, port)
    }

    fn of(mut command: Command, folder: &Path, port: u16) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let printed = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&printed);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let log = folder.join(LOG);
        let crm = Self { port, child, log, printed, reader: Some(reader) };
        until("the program to be ready", || {
            let answer = Client::new(port).try_send("GET", "/healthz", &[], "");
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        crm
    }

    /// The one line it prints until somebody has set the account up.
    pub fn set_up_link(&self) -> String {
        let line = until("the set-up link", || self.printed().first().cloned());
        line.strip_prefix("set-up: ").expect("set-up:").to_owned()
    }

    /// Everything it has printed.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().unwrap().clone()
    }

    /// Asks it to end, and waits for it.
    pub fn terminate(mut self) -> (ExitStatus, Vec<String>) {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = until("the program to end", || self.child.try_wait().unwrap());
        assert!(asked.elapsed() < Duration::from_secs(9), "it took {:?} to end", asked.elapsed());
        self.reader.take().expect("its reader").join().unwrap();
        (status, self.printed())
    }

    /// Kills it. Fails where it had ended by itself.
    pub fn kill(mut self) {
        let before = self.child.try_wait().unwrap();
        self.child.kill().unwrap();
        let ended = self.child.wait().unwrap();
        // Only a signal leaves no code.
        if before.is_some() || ended.code().is_some() {
            panic!("the program ended by itself: {ended}, and it logged:\n{}", self.logged());
        }
    }

    /// The last lines of its log.
    fn logged(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// A person's client.
    pub fn client(&self) -> Client {
        Client::new(self.port)
    }
}

impl Drop for Crm {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
