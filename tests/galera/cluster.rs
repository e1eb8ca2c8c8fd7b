//! Three MariaDB servers that are one Galera cluster, on this machine.
#![allow(dead_code)] // a bench uses its part

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use portcullis::store::{Table, mysql::MySqlOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, MySqlConnection, mysql::MySqlConnectOptions,
};
use tempfile::TempDir;

use crate::server::{self, Server};

pub(crate) const NODES: usize = 3;

/// How long a node may take to join, a whole copy of another's data included.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Cluster {
    nodes: Vec<Node>,
    folder: TempDir,
}

struct Node {
    home: PathBuf,
    /// For clients, for the group, for what one missed, for whole copies.
    ports: [u16; 4],
    server: Option<Server>,
}

/// A program that Debian puts where only administrators look for it.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut places = folders.map(|folder: PathBuf| folder.join(name));
    let found = places.find(|place| place.exists());
    found.unwrap_or_else(|| panic!("{name} is missing: run scripts/test, which installs it"))
}

fn provider() -> &'static Path {
    let library = Path::new("/usr/lib/galera/libgalera_smm.so");
    assert!(library.exists(), "Galera is missing: run scripts/test, which installs it");
    library
}

/// An option with a path.
fn set(option: &str, path: &Path) -> String {
    format!("--{option}={}", path.display())
}

impl Cluster {
    /// Three nodes that have joined, with an empty database.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = |number| server::home(folder.path(), "mysql", &format!("node{number}"));
        // All at once, so that no two are the same.
        let ports: [u16; 4 * NODES] = server::free_ports();
        let node = |(number, ports): (usize, &[u16])| Node {
            home: home(number),
            ports: ports.try_into().unwrap(),
            server: None,
        };
        let nodes = ports.chunks(4).enumerate().map(node).collect();
        let mut cluster = Self { nodes, folder };
        let mut make = server::run_as("mysql", program("mariadb-install-db"));
        make.arg("--no-defaults").arg(set("datadir", &cluster.nodes[0].home));
        make.arg(set("tmpdir", &cluster.nodes[0].home));
        make.args(["--skip-test-db", "--auth-root-authentication-method=normal"]);
        server::done(make);
        // Whoever reaches a node is let in; nobody but this machine does.
        let admit = "CREATE USER tests@'127.0.0.1';\nGRANT ALL ON *.* TO tests@'127.0.0.1';\n";
        fs::write(cluster.admitted(), admit).unwrap();
        cluster.begin(0, true);
        cluster.joined(0).await;
        // They begin with nothing: each gets a copy of what a member has.
        for number in 1..NODES {
            cluster.begin(number, false);
        }
        for number in 1..NODES {
            cluster.joined(number).await;
        }
        cluster.connect(0).await.execute("CREATE DATABASE portcullis").await.unwrap();
        cluster
    }

    /// Starts a node, which is the whole cluster where it is the `first`.
    fn begin(&mut self, number: usize, first: bool) {
        let group = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.ports[1]));
        let group = if first { String::new() } else { group.collect::<Vec<_>>().join(",") };
        let admitted = self.admitted();
        let node = &mut self.nodes[number];
        let [clients, among, missed, copies] = node.ports;
        let mut mariadbd = server::run_as("mysql", program("mariadbd"));
        mariadbd.arg("--no-defaults");
        // A MariaDB that starts takes away temporary tables it finds, also those of another one.
        mariadbd.args([set("datadir", &node.home), set("tmpdir", &node.home)]);
        mariadbd.arg(set("socket", &node.home.join("socket")));
        mariadbd.arg(set("pid-file", &node.home.join("pid")));
        if first {
            mariadbd.arg(set("init-file", &admitted));
        }
        mariadbd.args(["--bind-address=127.0.0.1", "--skip-name-resolve"]);
        mariadbd.arg(format!("--port={clients}"));
        // Only the tests' own data is lost when the machine stops.
        mariadbd.args(["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2"]);
        // Small.
        mariadbd.args(["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"]);
        mariadbd.args(["--max-connections=200", "--performance-schema=OFF"]);
        // What Galera asks for.
        mariadbd.args(["--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON"]);
        mariadbd.args([set("wsrep-provider", provider()), "--wsrep-sst-method=rsync".to_owned()]);
        mariadbd.args(["--wsrep-cluster-name=test", "--wsrep-node-address=127.0.0.1"]);
        mariadbd.arg(format!("--wsrep-node-name=node{number}"));
        mariadbd.arg(format!("--wsrep-cluster-address=gcomm://{group}"));
        mariadbd.arg(format!("--wsrep-sst-receive-address=127.0.0.1:{copies}"));
        mariadbd.arg(format!(
            "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{among};\
             base_port={among};ist.recv_addr=127.0.0.1:{missed};\
             gcache.size=16M;gcache.page_size=16M"
        ));
        node.server = Some(Server::start(mariadbd, &node.home.with_extension("log")));
    }

    fn admitted(&self) -> PathBuf {
        self.folder.path().join("admitted.sql")
    }

    /// Waits until the node has everything the others have, and answers.
    async fn joined(&self, number: usize) {
        let begun = Instant::now();
        while !self.is_synced(number).await {
            let said = || fs::read_to_string(self.nodes[number].home.with_extension("log"));
            assert!(begun.elapsed() < PATIENCE, "node {number} does not join: {:#?}", said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_synced(&self, number: usize) -> bool {
        let Ok(mut connection) = self.way(number).connect().await else { return false };
        let state = "SELECT variable_value FROM information_schema.global_status \
                     WHERE variable_name = 'wsrep_local_state_comment'";
        let state = sqlx::query_scalar::<_, String>(state).fetch_one(&mut connection).await;
        state.is_ok_and(|state| state == "Synced")
    }

    /// Kills a node with -9.
    pub(crate) fn kill(&mut self, number: usize) {
        self.nodes[number].server = None;
    }

    /// Starts it again, until it has what it missed.
    pub(crate) async fn rejoin(&mut self, number: usize) {
        self.begin(number, false);
        self.joined(number).await;
    }

    fn way(&self, number: usize) -> MySqlConnectOptions {
        self.url(number).parse().unwrap()
    }

    fn url(&self, number: usize) -> String {
        format!("mysql://tests@127.0.0.1:{}?ssl-mode=DISABLED", self.nodes[number].ports[0])
    }

    /// A connection to a node, in no database.
    pub(crate) async fn connect(&self, number: usize) -> MySqlConnection {
        self.way(number).connect().await.unwrap()
    }

    /// The store of a process that uses this node.
    pub(crate) fn options(&self, number: usize) -> MySqlOptions {
        let url = self.url(number).replace('?', "/portcullis?");
        MySqlOptions::new(&url).unwrap().connections(8)
    }

    /// Takes every row away, also those that somebody who went away is still writing.
    pub(crate) async fn empty(&self) {
        let mut connection = self.connect(0).await;
        let mut found = true;
        while std::mem::take(&mut found) {
            for table in Table::ALL {
                let delete = format!("DELETE FROM portcullis.portcullis_{}", table.name);
                let deleted = connection.execute(AssertSqlSafe(delete)).await;
                // Whoever writes there meanwhile may win.
                found |= deleted.map_or(true, |deleted| deleted.rows_affected() > 0);
            }
        }
    }
}
