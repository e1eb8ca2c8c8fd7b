//! A store whose answers about sessions can be held back, after they were read, and whose commits,
//! before they are made.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use portcullis::{
    secret::Digest,
    store::{
        Batch, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError, Table,
        Unique, Value, Verdict,
    },
};
use time::OffsetDateTime;
use tokio::sync::watch;

#[derive(Clone)]
pub struct Held {
    inner: Arc<dyn Store>,
    holds: Arc<AtomicBool>,
    holds_commits: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
    commits: Arc<AtomicUsize>,
    fails_commits: Arc<AtomicBool>,
    conflicts: Arc<AtomicBool>,
    released: Arc<watch::Sender<()>>,
}

impl Held {
    pub fn new(store: impl Store) -> Self {
        let released = Arc::new(watch::Sender::new(()));
        Self {
            inner: Arc::new(store),
            holds: Arc::default(),
            holds_commits: Arc::default(),
            waiting: Arc::default(),
            commits: Arc::default(),
            fails_commits: Arc::default(),
            conflicts: Arc::default(),
            released,
        }
    }

    /// Whether the answers of reads that begin from now on are held back.
    pub fn hold(&self, hold: bool) {
        self.holds.store(hold, Ordering::SeqCst);
    }

    /// Whether commits that begin from now on are held back.
    pub fn hold_commits(&self, hold: bool) {
        self.holds_commits.store(hold, Ordering::SeqCst);
    }

    /// Whether commits fail.
    pub fn fail_commits(&self, fail: bool) {
        self.fails_commits.store(fail, Ordering::SeqCst);
    }

    /// Whether others always come first.
    pub fn conflict(&self, conflict: bool) {
        self.conflicts.store(conflict, Ordering::SeqCst);
    }

    /// How many commits are held back.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// How many commits there were.
    pub fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// Lets go what is held back.
    pub fn release(&self) {
        self.released.send_replace(());
    }
}

#[async_trait]
impl Store for Held {
    fn contract(&self) -> u32 {
        self.inner.contract()
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        let mut released = self.released.subscribe();
        let held = self.holds.load(Ordering::SeqCst);
        let found = self.inner.sessions(digests).await;
        if held {
            released.changed().await.map_err(StoreError::unavailable)?;
        }
        found
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.inner.get(table, key).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.inner.find(table, unique, values).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        self.inner.page(page).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let mut released = self.released.subscribe();
        if self.holds_commits.load(Ordering::SeqCst) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            released.changed().await.map_err(StoreError::unavailable)?;
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        if self.fails_commits.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("the disk is full").into());
        }
        if self.conflicts.load(Ordering::SeqCst) {
            return Err(CommitError::Conflict);
        }
        self.inner.commit(batch).await
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.inner.charge(charges, now).await
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        self.inner.lease(lease).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.inner.purge(table, before, limit).await
    }
}
