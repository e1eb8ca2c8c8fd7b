//! Database servers of a test's own, which it can kill and start again.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    fs::{self, File, Permissions},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use tokio::net::TcpSocket;

/// A running server. Dropping it kills it.
pub struct Server(Child);

impl Server {
    /// Starts it, with what it says in this file.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Self(command.spawn().expect("a server: run scripts/test, which installs them"))
    }

    /// Ends it as a power cut would, or a kernel that is out of memory.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// A server that refuses to run as root, run as its own user where this is root.
pub fn run_as(user: &str, program: impl AsRef<Path>) -> Command {
    let program = program.as_ref();
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}")]);
    command.args(["--init-groups", "--reset-env"]).arg(program);
    command
}

/// Does what must succeed.
pub fn done(mut command: Command) {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A folder of that user's in here.
pub fn home(within: &Path, user: &str, name: &str) -> PathBuf {
    // Its user must find it.
    fs::set_permissions(within, Permissions::from_mode(0o711)).unwrap();
    let home = within.join(name);
    fs::create_dir(&home).unwrap();
    if is_root() {
        let mut give = Command::new("chown");
        give.arg(user).arg(&home);
        done(give);
    }
    home
}

/// Ports nobody listens on, which nobody else is given as long as the test's process lives: they
/// are bound, but not listened on, and a server that allows it may share them.
pub fn kept_ports<const N: usize>() -> [u16; N] {
    static KEPT: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());
    [(); N].map(|()| {
        let kept = TcpSocket::new_v4().unwrap();
        kept.set_reuseaddr(true).unwrap();
        kept.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = kept.local_addr().unwrap().port();
        KEPT.lock().unwrap().push(kept);
        port
    })
}

/// Ports nobody listens on.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let taken = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    taken.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits for something that comes.
pub async fn until(what: &str, within: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < within, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
