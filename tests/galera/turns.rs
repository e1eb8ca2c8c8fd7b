//! A store whose every call goes to the next node, and which counts calls that nobody answered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use portcullis::{
    secret::Digest,
    store::{
        Batch, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError, Table,
        Unique, Value, Verdict,
    },
    testkit::store::Place,
};
use time::OffsetDateTime;

#[derive(Clone)]
pub(crate) struct Turns {
    nodes: Arc<[Arc<dyn Store>]>,
    next: Arc<AtomicUsize>,
    unanswered: Arc<AtomicUsize>,
}

impl Turns {
    pub(crate) fn of(nodes: impl IntoIterator<Item = Arc<dyn Store>>) -> Self {
        let nodes = nodes.into_iter().collect();
        Self { nodes, next: Arc::default(), unanswered: Arc::default() }
    }

    /// A store for each node alone, whose unanswered calls count here.
    pub(crate) fn alone(&self) -> Vec<Arc<dyn Store>> {
        let alone = |node: &Arc<dyn Store>| {
            let nodes = std::iter::once(Arc::clone(node)).collect();
            let one = Self { nodes, next: Arc::default(), unanswered: self.unanswered.clone() };
            Arc::new(one) as Arc<dyn Store>
        };
        self.nodes.iter().map(alone).collect()
    }

    /// How many calls were answered that the database is away, or not in time.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::SeqCst)
    }

    fn told<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        let away = matches!(answer, Err(StoreError::Unavailable(_)));
        self.unanswered.fetch_add(usize::from(away), Ordering::SeqCst);
        answer
    }

    fn next(&self) -> &dyn Store {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &*self.nodes[turn % self.nodes.len()]
    }
}

#[async_trait]
impl Place for Turns {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Store for Turns {
    fn contract(&self) -> u32 {
        self.next().contract()
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.told(self.next().get(table, key).await)
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.told(self.next().find(table, unique, values).await)
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        self.told(self.next().page(page).await)
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        self.told(self.next().sessions(digests).await)
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let answer = self.next().commit(batch).await;
        match answer {
            Err(CommitError::Failed(error)) => Ok(self.told(Err(error))?),
            answer => answer,
        }
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.told(self.next().charge(charges, now).await)
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        self.told(self.next().lease(lease).await)
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.told(self.next().purge(table, before, limit).await)
    }
}
