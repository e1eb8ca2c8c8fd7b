//! A PostgreSQL of this test's own, which can go away and come back.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::support::{program::free_port, until};

/// How a server ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// What is under way is undone, then it closes its files.
    Fast,
    /// At once, as if it had crashed: it begins again with what it had written down.
    Crash,
}

pub(crate) struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    server: Option<Child>,
}

/// The newest version that is installed.
fn programs() -> PathBuf {
    let found = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = found.map(|entry| entry.path()).max_by_key(version);
    newest.expect("PostgreSQL is missing: run scripts/test, which installs it").join("bin")
}

/// A program that refuses to run as root, run as its own user where this is root.
fn as_postgres(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]);
    command.arg(program);
    command
}

impl Postgres {
    /// A new server below this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        // Its user must find its own folder in here.
        fs::set_permissions(folder, Permissions::from_mode(0o711)).unwrap();
        let home = folder.join("postgres");
        fs::create_dir(&home).unwrap();
        // Where this is not root, it is that user's already.
        let _ = Command::new("chown").arg("postgres").arg(&home).stderr(Stdio::null()).status();
        let (programs, data) = (programs(), home.join("data"));
        let made = as_postgres(&programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb");
        let mut postgres = Self { programs, data, port: free_port(), server: None };
        postgres.start();
        postgres
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    pub(crate) fn start(&mut self) {
        let server = as_postgres(&self.programs.join("postgres"))
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(self.data.parent().unwrap())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            // It ends, the machine does not; so nothing waits for the disk.
            .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        until("PostgreSQL to be ready", || {
            let mut ask = Command::new(self.programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ask.status().unwrap().success().then_some(())
        });
    }

    pub(crate) fn end(&mut self, end: End) {
        let Some(mut server) = self.server.take() else { return };
        let signal = match end {
            End::Fast => "-INT",
            End::Crash => "-QUIT",
        };
        // It may have ended already.
        let _ = Command::new("kill").args([signal, &server.id().to_string()]).status();
        let _ = server.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end(End::Crash);
    }
}
