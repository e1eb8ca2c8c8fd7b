//! A PostgreSQL server and its standby, behind one address.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use portcullis::store::postgres::PostgresOptions;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions,
};
use tempfile::TempDir;

use crate::{
    server::{self, Server},
    wire::Wire,
};

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Pair {
    programs: PathBuf,
    homes: [PathBuf; 2],
    ports: [u16; 2],
    /// The primary, until it is killed, and the standby.
    servers: [Option<Server>; 2],
    /// What the site connects to.
    pub(crate) wire: Wire,
    /// What the standby connects to.
    pub(crate) stream: Wire,
    _folder: TempDir,
}

/// The newest version that is installed.
fn programs() -> PathBuf {
    let found = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = found.map(|entry| entry.path()).max_by_key(version);
    newest.expect("PostgreSQL is missing: run scripts/test, which installs it").join("bin")
}

fn at(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

impl Pair {
    /// A primary, and a standby that has everything it has.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = |name| server::home(folder.path(), "postgres", name);
        let ports = server::kept_ports();
        let mut pair = Self {
            programs: programs(),
            homes: [home("primary"), home("standby")],
            ports,
            servers: [None, None],
            wire: Wire::to(at(ports[0])).await,
            stream: Wire::to(at(ports[0])).await,
            _folder: folder,
        };
        let mut make = server::run_as("postgres", pair.programs.join("initdb"));
        make.args([
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        make.arg("-D").arg(pair.data(0));
        server::done(make);
        pair.begin(0).await;
        let mut copy = server::run_as("postgres", pair.programs.join("pg_basebackup"));
        let from = pair.stream.address.port();
        copy.arg("-D").arg(pair.data(1)).args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        copy.arg("-d")
            .arg(format!("host=127.0.0.1 port={from} user=postgres application_name=standby"));
        tokio::task::spawn_blocking(|| server::done(copy)).await.unwrap();
        pair.begin(1).await;
        pair
    }

    fn data(&self, server: usize) -> PathBuf {
        self.homes[server].join("data")
    }

    async fn begin(&mut self, server: usize) {
        let mut postgres = server::run_as("postgres", self.programs.join("postgres"));
        postgres.arg("-D").arg(self.data(server)).arg("-k").arg(&self.homes[server]);
        postgres.arg("-p").arg(self.ports[server].to_string());
        // Only the tests' own data is lost when the machine stops.
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off"] {
            postgres.args(["-c", setting]);
        }
        let log = self.homes[server].with_extension("log");
        self.servers[server] = Some(Server::start(postgres, &log));
        let options = self.options_of(server);
        server::until("PostgreSQL", PATIENCE, async || options.connect().await.is_ok()).await;
    }

    /// Whether a commit is acknowledged only when the standby has it.
    pub(crate) async fn synchronous(&self, synchronous: bool) {
        let mut connection = self.connect(0).await;
        let names = if synchronous { "standby" } else { "" };
        let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        connection.execute(AssertSqlSafe(set)).await.unwrap();
        connection.execute("SELECT pg_reload_conf()").await.unwrap();
        let state = if synchronous { "sync" } else { "async" };
        server::until(state, PATIENCE, async || {
            let ask = "SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = $1";
            let found = sqlx::query_scalar::<_, i64>(ask).bind(state);
            found.fetch_one(&mut connection).await.unwrap() == 1
        })
        .await;
    }

    /// Kills the primary with -9.
    pub(crate) fn kill_primary(&mut self) {
        self.servers[0] = None;
    }

    /// Ends the connection whose commit waits for the standby.
    pub(crate) async fn end_a_wait(&self) {
        let mut connection = self.connect(0).await;
        server::until("a wait", PATIENCE, async || {
            let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE wait_event = 'SyncRep'";
            let ended = sqlx::query_scalar::<_, i64>(end).fetch_one(&mut connection).await;
            ended.unwrap() > 0
        })
        .await;
    }

    /// Has the primary refuse to write, as one does that was made a standby.
    pub(crate) async fn demote_primary(&self) {
        let mut connection = self.connect(0).await;
        let set = "ALTER SYSTEM SET default_transaction_read_only = on";
        connection.execute(set).await.unwrap();
        connection.execute("SELECT pg_reload_conf()").await.unwrap();
    }

    /// Makes the standby the primary, and leads everybody there who connects.
    pub(crate) async fn promote(&self) {
        let promoted = "SELECT pg_promote(true, 30)";
        let promoted = sqlx::query_scalar::<_, bool>(promoted);
        assert!(promoted.fetch_one(&mut self.connect(1).await).await.unwrap());
        self.wire.lead_to(at(self.ports[1]));
    }

    fn options_of(&self, server: usize) -> PgConnectOptions {
        url(at(self.ports[server])).parse().unwrap()
    }

    async fn connect(&self, server: usize) -> PgConnection {
        self.options_of(server).connect().await.unwrap()
    }

    /// The store of a site.
    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions::new(&url(self.wire.address)).unwrap().connections(8)
    }
}

fn url(address: SocketAddr) -> String {
    format!("postgres://postgres@{address}/postgres?sslmode=disable")
}
