use std::{fmt, str::FromStr as _, time::Duration};

use sqlx::{ConnectOptions as _, PgPool, postgres::PgConnectOptions};

use super::{
    PostgresStore,
    dialect::POSTGRES,
    driver::{NAME, unavailable},
    link::PostgresLink,
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

/// How a [`PostgresStore`] is opened.
///
/// ```no_run
/// # async fn open() -> Result<(), portcullis::store::StoreError> {
/// use portcullis::store::postgres::PostgresOptions;
/// let options = PostgresOptions::new("postgres://crm@db.example/crm?sslmode=verify-full")?;
/// let store = options.schema("auth").connections(20).open().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    way: Way,
    schema: Option<String>,
    prefix: String,
    connections: u32,
    patience: Duration,
    migrate: bool,
}

/// Where connections come from.
#[derive(Clone)]
enum Way {
    Own(Box<PgConnectOptions>),
    Pool(PgPool),
}

impl PostgresOptions {
    /// The prefix of the tables' names, unless another is chosen.
    pub const PREFIX: &'static str = "portcullis_";

    /// The options [`PostgresStore::connect`] uses, for a URL such as
    /// `postgres://name:password@host:5432/database?sslmode=verify-full`.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when the text is no such URL.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = database_url(url, &["postgres", "postgresql"])
            .and_then(|url| PgConnectOptions::from_str(url).ok())
            .ok_or(StoreError::Unsupported("a URL that names no PostgreSQL database"))?;
        // No number here has a fraction, and poolers refuse settings they do not know.
        let options = options.extra_float_digits(None).disable_statement_logging();
        let options = options.statement_cache_capacity(STATEMENTS);
        Ok(Self::by(Way::Own(Box::new(options)), 10))
    }

    /// The options [`PostgresStore::from_pool`] uses, of a pool as it is described there.
    #[must_use]
    pub fn of_pool(pool: PgPool) -> Self {
        let connections = pool.options().get_max_connections();
        Self::by(Way::Pool(pool), connections)
    }

    fn by(way: Way, connections: u32) -> Self {
        let (prefix, patience) = (Self::PREFIX.to_owned(), Duration::from_secs(10));
        Self { way, schema: None, prefix, connections, patience, migrate: true }
    }

    /// The schema the tables stand in: up to 24 of a–z, 0–9 and `_`, no digit first. It is made
    /// where it does not exist, unless [the host migrates](Self::migrated_by_host): then make it
    /// first. Unless it is named, tables are where the connection's `search_path` leads.
    #[must_use]
    pub fn schema(mut self, schema: &str) -> Self {
        self.schema = Some(schema.to_owned());
        self
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
    /// chosen because nobody waits longer for a page. The same limit holds for each question of
    /// [`open`](Self::open), but not for what changes tables. The server cancels each statement of
    /// a writing transaction after the same time.
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
    /// longer; [`StoreError::Unsupported`] when the schema or the prefix is not a plain name, the
    /// tables are of another version than this crate's and may not be changed, or they compare text
    /// in another way than [`migrations`](Self::migrations) says; [`StoreError::Lacking`] when they
    /// lack a key or an index that those make.
    pub async fn open(&self) -> Result<PostgresStore, StoreError> {
        let plain = |name: &str| !name.is_empty() && sql::is_prefix(name);
        if !sql::is_prefix(&self.prefix) || !self.schema.as_deref().is_none_or(plain) {
            return Err(StoreError::Unsupported("a schema or a prefix that is not a plain name"));
        }
        let peer = PostgresPeer::new(self.way.clone(), self.patience);
        let statements = Statements::new(&self.names());
        let opening = async {
            let mut link = peer.open().await?;
            self.make_schema(&mut link).await?;
            let names = self.names();
            let (migrations, may, patience) = (self.migrations(), self.migrate, self.patience);
            server::bring_up_to_date::<PostgresPeer>(&mut link, &names, &migrations, may, patience)
                .await?;
            server::check::<PostgresPeer>(&mut link, &names, &statements, patience).await?;
            Ok::<(), StoreError>(())
        };
        opening.await?;
        let most = usize::try_from(self.connections).unwrap_or(usize::MAX);
        Ok(PostgresStore { server: Server::new(peer, statements, most, self.patience) })
    }

    fn names(&self) -> Names<'_> {
        Names::new(&POSTGRES, self.schema.as_deref(), &self.prefix)
    }

    async fn make_schema(&self, link: &mut PostgresLink) -> Result<(), StoreError> {
        let Some(schema) = self.schema.as_deref().filter(|_| self.migrate) else { return Ok(()) };
        // Asked first: whoever may not make schemas may still use one.
        let there = format!(
            "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '{schema}'"
        );
        let there = link.number(&there);
        if within::<PostgresPeer, _, _>(self.patience, there).await? != Some(0) {
            return Ok(());
        }
        server::migrate::make(link, &format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await
    }
}

/// The most prepared statements kept on a connection: as many as there are, nearly.
const STATEMENTS: usize = 512;

impl fmt::Debug for PostgresOptions {
    /// Without the way there, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("prefix", &self.prefix)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Opens connections.
pub(super) struct PostgresPeer {
    way: Way,
    durable: String,
    lasting: String,
    patience: Duration,
}

impl PostgresPeer {
    fn new(way: Way, patience: Duration) -> Self {
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {}",
            patience.as_millis()
        );
        // What needs not outlast a crash of the server is not waited for.
        let lasting = format!("{begin}; SET LOCAL synchronous_commit = off");
        Self { way, durable: begin, lasting, patience }
    }
}

impl Peer for PostgresPeer {
    type Link = PostgresLink;

    const NAME: &'static str = NAME;
    const MIGRATES_AT_ONCE: bool = true;

    async fn open(&self) -> Result<PostgresLink, StoreError> {
        let opened = async {
            match &self.way {
                Way::Own(options) => {
                    options.connect().await.map(|own| PostgresLink::Own(Box::new(own)))
                }
                Way::Pool(pool) => pool.acquire().await.map(PostgresLink::Lent),
            }
        };
        match tokio::time::timeout(self.patience, opened).await {
            Ok(opened) => opened.map_err(|error| unavailable(&error)),
            Err(_) => Err(DriverError::new(NAME, "no connection in time", Fate::Lost).into()),
        }
    }

    fn borrows(&self) -> Option<u32> {
        match &self.way {
            Way::Own(_) => None,
            Way::Pool(pool) => Some(u32::try_from(pool.num_idle()).unwrap_or(u32::MAX)),
        }
    }

    fn begin(&self, durable: bool) -> &str {
        if durable { &self.durable } else { &self.lasting }
    }
}

#[cfg(test)]
mod tests;
