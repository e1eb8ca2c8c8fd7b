use std::{fmt, str::FromStr as _, time::Duration};

use sqlx::{ConnectOptions as _, MySqlPool, mysql::MySqlConnectOptions};

use super::{
    MySqlStore,
    dialect::MYSQL,
    driver::{NAME, unavailable},
    link::MySqlLink,
};
use crate::store::{
    StoreError,
    sql::{
        self, Migration, Names, Statements,
        server::{
            self, DriverError, Fate, LONGEST, Peer, PeerLink as _, SHORTEST, Server, database_url,
            within,
        },
    },
};

/// How a [`MySqlStore`] is opened.
///
/// ```no_run
/// # async fn open() -> Result<(), portcullis::store::StoreError> {
/// use portcullis::store::mysql::MySqlOptions;
/// let options = MySqlOptions::new("mysql://crm@db.example/crm?ssl-mode=VERIFY_IDENTITY")?;
/// let store = options.prefix("auth_").connections(20).open().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MySqlOptions {
    way: Way,
    prefix: String,
    connections: u32,
    patience: Duration,
    migrate: bool,
    causal: bool,
}

/// Where connections come from.
#[derive(Clone)]
enum Way {
    Own(Box<MySqlConnectOptions>),
    Pool(MySqlPool),
}

impl MySqlOptions {
    /// The prefix of the tables' names, unless another is chosen.
    pub const PREFIX: &'static str = "portcullis_";

    /// The options [`MySqlStore::connect`] uses, for a URL such as
    /// `mysql://name:password@host:3306/database?ssl-mode=VERIFY_IDENTITY`.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when the text is no such URL.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = database_url(url, &["mysql", "mariadb"])
            .and_then(|url| MySqlConnectOptions::from_str(url).ok())
            .ok_or(StoreError::Unsupported("a URL that names no MySQL database"))?;
        let options = options.disable_statement_logging();
        let options = options.statement_cache_capacity(STATEMENTS);
        Ok(Self::by(Way::Own(Box::new(options)), 10))
    }

    /// The options [`MySqlStore::from_pool`] uses, of a pool as it is described there.
    #[must_use]
    pub fn of_pool(pool: MySqlPool) -> Self {
        let connections = pool.options().get_max_connections();
        Self::by(Way::Pool(pool), connections)
    }

    fn by(way: Way, connections: u32) -> Self {
        let (prefix, patience) = (Self::PREFIX.to_owned(), Duration::from_secs(10));
        Self { way, prefix, connections, patience, migrate: true, causal: true }
    }

    /// Another prefix of the tables' names: up to 24 of a–z, 0–9 and `_`, no digit first.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How many connections are used at once, at the most; 0 is taken for 1. Unless said otherwise
    /// 10, as many as the driver's own pools have, or as many as the host's pool has.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long a call may take, waiting for a connection included, before it is given up as
    /// `Unavailable`: at least a millisecond and at most a day. Unless said otherwise 10 seconds,
    /// chosen because nobody waits longer for a page, and because a Galera cluster waits for five
    /// when a node dies. The same limit holds for each question of [`open`](Self::open), but not
    /// for what changes tables. On connections of the store's own the server gives up waiting for a
    /// lock after half of it, but no sooner than after a second.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience = timeout.clamp(SHORTEST, LONGEST);
        self
    }

    /// Leaves making and changing the tables to the host, who runs
    /// [`migrations`](Self::migrations) with its own tool.
    #[must_use]
    pub fn migrated_by_host(mut self) -> Self {
        self.migrate = false;
        self
    }

    /// Lets a read on one node of a Galera cluster answer what was before a change that another
    /// node has acknowledged: for as long as that node is behind, a session opens after its
    /// log-out and an old password after its change. Only for a cluster of which one node at a
    /// time is used, by everybody.
    ///
    /// Unless this is called, connections of the store's own wait for what was acknowledged
    /// elsewhere (`wsrep_sync_wait = 1`) before each read, and those of a host's pool must.
    /// Elsewhere than on such a cluster it changes nothing.
    #[must_use]
    pub fn danger_stale_reads(mut self) -> Self {
        self.causal = false;
        self
    }

    /// The SQL that makes the tables, oldest first.
    #[must_use]
    pub fn migrations(&self) -> Vec<Migration> {
        sql::migrations(&self.names())
    }

    /// Opens the store. Where another process changes the tables, it waits for it, up to three
    /// minutes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer, or the other process takes
    /// longer; [`StoreError::Unsupported`] when the prefix is not a plain name, the tables are of
    /// another version than this crate's and may not be changed, they compare text in another way
    /// than [`migrations`](Self::migrations) says, or the connections of a host's pool have
    /// autocommit off, read what is not committed, or lead to a Galera node whose reads do not
    /// wait; [`StoreError::Lacking`] when the tables lack a key or an index of `migrations`.
    pub async fn open(&self) -> Result<MySqlStore, StoreError> {
        if !sql::is_prefix(&self.prefix) {
            return Err(StoreError::Unsupported("a prefix that is not a plain name"));
        }
        let peer =
            MySqlPeer { way: self.way.clone(), patience: self.patience, causal: self.causal };
        let statements = Statements::new(&self.names());
        let opening = async {
            let mut link = peer.open().await?;
            within::<MySqlPeer, _, _>(self.patience, self.suits(&mut link)).await?;
            let names = self.names();
            let (migrations, may, patience) = (self.migrations(), self.migrate, self.patience);
            server::bring_up_to_date::<MySqlPeer>(&mut link, &names, &migrations, may, patience)
                .await?;
            server::check::<MySqlPeer>(&mut link, &names, &statements, patience).await?;
            Ok::<(), StoreError>(())
        };
        opening.await?;
        let most = usize::try_from(self.connections).unwrap_or(usize::MAX);
        Ok(MySqlStore { server: Server::new(peer, statements, most, self.patience) })
    }

    /// Whether reads on the connection answer what stands, and nothing older or newer.
    async fn suits(&self, link: &mut MySqlLink) -> Result<(), StoreError> {
        if reads_last(link).await? {
            return Err(StoreError::Unsupported(
                "connections with autocommit off, or that read what is not committed",
            ));
        }
        if self.causal && reads_are_stale(link).await? {
            return Err(StoreError::Unsupported("a Galera node whose reads do not wait"));
        }
        Ok(())
    }

    fn names(&self) -> Names<'_> {
        Names::new(&MYSQL, None, &self.prefix)
    }
}

/// The most prepared statements kept on a connection. The server has one limit for those of all.
const STATEMENTS: usize = 128;

/// What begins a transaction. The engine counts what its conditions let be written, so it needs
/// no stronger isolation; a stronger one would lock more than what is written.
const BEGIN: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION";

impl fmt::Debug for MySqlOptions {
    /// Without the way there, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlOptions")
            .field("prefix", &self.prefix)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Whether a read by itself begins a transaction that the next one still reads in, or reads what
/// may yet be undone: what a host's pool may have asked for.
async fn reads_last(link: &mut MySqlLink) -> Result<bool, StoreError> {
    let ask = |isolation| format!("SELECT @@autocommit = 0 OR {isolation} = 'READ-UNCOMMITTED'");
    // MariaDB before 11.1 has the older name only, MySQL from 8.0 the newer.
    let answer = match link.number(&ask("@@transaction_isolation")).await {
        Err(error) if server::fate(&error) == Some(Fate::Missing) => {
            link.number(&ask("@@tx_isolation")).await
        }
        answer => answer,
    };
    answer.map(|lasting| lasting == Some(1))
}

/// Whether this is a node of a Galera cluster that may answer what was before a change that
/// another has acknowledged.
async fn reads_are_stale(link: &mut MySqlLink) -> Result<bool, StoreError> {
    match link.number("SELECT @@GLOBAL.wsrep_on = 1 AND @@SESSION.wsrep_sync_wait & 1 = 0").await {
        Err(error) if server::fate(&error) == Some(Fate::Missing) => Ok(false),
        answer => answer.map(|stale| stale == Some(1)),
    }
}

/// Opens connections.
pub(super) struct MySqlPeer {
    way: Way,
    patience: Duration,
    causal: bool,
}

impl MySqlPeer {
    async fn connect(&self) -> Result<MySqlLink, StoreError> {
        match &self.way {
            Way::Own(options) => {
                let own = options.connect().await.map_err(|error| unavailable(&error))?;
                let mut link = MySqlLink::Own(Box::new(own));
                // Sooner than the call is given up, so that the answer is a conflict.
                let seconds = (self.patience.as_secs() / 2).max(1);
                // A read that is not committed by itself would go on answering what was.
                let set = format!(
                    "SET SESSION innodb_lock_wait_timeout = {seconds}, autocommit = 1; SET SESSION \
                     TRANSACTION ISOLATION LEVEL READ COMMITTED"
                );
                link.say(&set).await?;
                if self.causal {
                    match link.say("SET SESSION wsrep_sync_wait = 1").await {
                        // Not a server that could be a node of a Galera cluster.
                        Err(error) if server::fate(&error) == Some(Fate::Missing) => {}
                        answer => drop(answer?),
                    }
                }
                Ok(link)
            }
            Way::Pool(pool) => {
                pool.acquire().await.map(MySqlLink::Lent).map_err(|error| unavailable(&error))
            }
        }
    }
}

impl Peer for MySqlPeer {
    type Link = MySqlLink;

    const NAME: &'static str = NAME;
    const MIGRATES_AT_ONCE: bool = false;

    async fn open(&self) -> Result<MySqlLink, StoreError> {
        match tokio::time::timeout(self.patience, self.connect()).await {
            Ok(opened) => opened,
            Err(_) => Err(DriverError::new(NAME, "no connection in time", Fate::Lost).into()),
        }
    }

    fn borrows(&self) -> Option<u32> {
        match &self.way {
            Way::Own(_) => None,
            Way::Pool(pool) => Some(u32::try_from(pool.num_idle()).unwrap_or(u32::MAX)),
        }
    }

    fn begin(&self, _: bool) -> &str {
        BEGIN
    }
}

#[cfg(test)]
mod tests;
