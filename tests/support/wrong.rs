//! A small store that is wrong in one way, on purpose. Without a fault it holds the contract.
#![allow(unreachable_pub)] // it is a module of a test

#[path = "wrong/fault.rs"]
mod fault;
#[path = "wrong/locks.rs"]
mod locks;
#[path = "wrong/read.rs"]
mod read;
#[path = "wrong/text.rs"]
mod text;
#[path = "wrong/work.rs"]
mod work;
#[path = "wrong/write.rs"]
mod write;

pub use fault::Fault;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use portcullis::{
    clock::{Clock as _, SystemClock},
    secret::Digest,
    store::{
        Batch, CONTRACT, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError,
        Table, Unique, Value, Verdict,
    },
    testkit::store::Place,
};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, task::yield_now};

type Rows = BTreeMap<Vec<u8>, Row>;
type Tables = HashMap<&'static str, Rows>;
/// A value a unique key had: of which table and key, and in which row.
type Taken = (&'static str, &'static str, Vec<Value>, Vec<u8>);

/// Rows by table and key, as they were read.
type Cache = HashMap<(&'static str, Vec<u8>), Option<Row>>;

#[derive(Default)]
struct Shared {
    tables: Mutex<Tables>,
    /// What reads of a replica see.
    replica: Mutex<Tables>,
    /// How many rows lie before the one a page goes on behind.
    offsets: Mutex<HashMap<String, usize>>,
    /// The values unique keys ever had.
    taken: Mutex<Vec<Taken>>,
    /// Rows that were purged, and of which something was left behind.
    ghosts: Mutex<Vec<(&'static str, Row)>>,
    /// Whose turn it is, of those that take their time.
    turn: tokio::sync::Mutex<()>,
    /// What somebody is just writing.
    locked: Mutex<HashSet<Vec<u8>>>,
    /// The latest moment anybody spoke of.
    latest: Mutex<Option<OffsetDateTime>>,
    /// When each row was last written, by its writer's word.
    written: Mutex<HashMap<(&'static str, Vec<u8>), i64>>,
    /// How many handles there are.
    handles: AtomicUsize,
}

pub struct WrongStore {
    fault: Fault,
    shared: Arc<Shared>,
    cache: Mutex<Cache>,
    /// Whose turn it is in this handle.
    turn: tokio::sync::Mutex<()>,
    connections: Semaphore,
    /// Which of the handles this is.
    number: usize,
}

/// A database of a store that is wrong.
pub struct WrongPlace(pub Fault, Arc<Shared>);

impl WrongPlace {
    pub fn new(fault: Fault) -> Self {
        Self(fault, Arc::default())
    }
}

#[async_trait]
impl Place for WrongPlace {
    async fn open(&self) -> Arc<dyn Store> {
        let forgets = self.0 == Fault::ForgetsEverything;
        let shared = if forgets { Arc::default() } else { Arc::clone(&self.1) };
        // As many as stores have.
        let connections = if self.0 == Fault::KeepsItsLock { 1 } else { 8 };
        let number = shared.handles.fetch_add(1, Ordering::SeqCst);
        Arc::new(WrongStore {
            fault: self.0,
            shared,
            cache: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            connections: Semaphore::new(connections),
            number,
        })
    }
}

fn all_at(table: &Table, row: &Row, columns: &[&str]) -> Vec<Value> {
    let at = |column: &&str| row.value(table.position(column).unwrap()).clone();
    columns.iter().map(at).collect()
}

fn version(table: &Table, row: &Row) -> Value {
    all_at(table, row, &[Table::VERSION]).remove(0)
}

impl WrongStore {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// A connection.
    async fn connect(&self) {
        self.take_connection(Fault::LeaksConnections).await;
    }

    async fn connect_to_find(&self) {
        self.take_connection(self.fault).await;
    }

    /// A connection, which is not given back by whoever is dropped, where this is the fault.
    async fn take_connection(&self, leaks: Fault) {
        if !matches!(self.fault, Fault::LeaksConnections | Fault::LeaksWhenFinding) {
            return;
        }
        let connection = self.connections.acquire().await.unwrap();
        if self.is(leaks) {
            connection.forget();
            yield_now().await;
            return;
        }
        yield_now().await;
        connection.forget();
    }

    fn disconnect(&self) {
        if matches!(self.fault, Fault::LeaksConnections | Fault::LeaksWhenFinding) {
            self.connections.add_permits(1);
        }
    }

    fn known(&self, table: &'static Table) -> Result<(), StoreError> {
        if table.is_known() || self.is(Fault::MakesTables) {
            Ok(())
        } else {
            Err(StoreError::Unsupported("an unknown table"))
        }
    }

    fn read<T>(&self, table: &'static Table, read: impl FnOnce(&Rows) -> T) -> T {
        let replica = self.is(Fault::ReadsAReplica);
        let tables = if replica { &self.shared.replica } else { &self.shared.tables };
        read(tables.lock().unwrap().entry(table.name).or_default())
    }

    fn now(&self, told: OffsetDateTime) -> OffsetDateTime {
        let mut latest = self.shared.latest.lock().unwrap();
        let now = latest.map_or(told, |latest| latest.max(told));
        *latest = Some(now);
        match self.fault {
            Fault::AsksItsClock => SystemClock.now(),
            Fault::KeepsTheLatestNow => now,
            _ => told,
        }
    }
}

#[async_trait]
impl Store for WrongStore {
    fn contract(&self) -> u32 {
        CONTRACT
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.read_get(table, key).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.read_find(table, unique, values).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        let _turn = self.lock_handle().await;
        self.read_page(page).await
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        self.read_sessions(digests).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let _turn = self.lock_handle().await;
        self.lock_rows(batch).await?;
        let written = self.write(batch).await;
        self.unlock_rows(batch);
        written
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.lock_budgets(charges).await?;
        let charged = self.do_charge(charges, now).await;
        self.unlock_budgets(charges);
        charged
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        self.do_lease(lease).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.do_purge(table, before, limit).await
    }
}
