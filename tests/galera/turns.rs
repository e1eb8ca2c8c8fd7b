//! A store whose every call goes to the next node, and which has those counted that nobody
//! answered.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
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

use crate::{
    cluster::{Cluster, NODES},
    forgiving::{Answer, Forgiving},
};

/// What a call of a node comes to.
type Asked<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

#[derive(Clone)]
pub(crate) struct Turns {
    nodes: Arc<[Arc<dyn Store>]>,
    next: Arc<AtomicUsize>,
    forgiving: Forgiving,
    /// Whether a call that was not answered is made again, as long as that is forgiven.
    insists: bool,
}

impl Turns {
    pub(crate) fn of(
        nodes: impl IntoIterator<Item = Arc<dyn Store>>,
        forgiving: &Forgiving,
    ) -> Self {
        let (nodes, forgiving) = (nodes.into_iter().collect(), forgiving.clone());
        Self { nodes, next: Arc::default(), forgiving, insists: false }
    }

    /// Each node, as a process of its own opens it.
    pub(crate) async fn opened(cluster: &Cluster, forgiving: &Forgiving) -> Self {
        let mut nodes = Vec::new();
        for node in 0..NODES {
            let store = forgiving.asked(async || cluster.options(node).open().await).await;
            nodes.push(Arc::new(store) as Arc<dyn Store>);
        }
        Self::of(nodes, forgiving)
    }

    /// The same, for whoever looks at what is there and cannot begin anew.
    pub(crate) fn insisting(self) -> Self {
        Self { insists: true, ..self }
    }

    /// A store for each node alone.
    pub(crate) fn alone(&self) -> Vec<Arc<dyn Store>> {
        let alone = |node: &Arc<dyn Store>| {
            let nodes = std::iter::once(Arc::clone(node)).collect();
            Arc::new(Self { nodes, next: Arc::default(), ..self.clone() }) as Arc<dyn Store>
        };
        self.nodes.iter().map(alone).collect()
    }

    async fn ask<'a, T, E: Answer>(
        &'a self,
        ask: impl Fn(&'a dyn Store) -> Asked<'a, T, E> + Send,
    ) -> Result<T, E> {
        loop {
            let call = self.forgiving.call();
            let answer = ask(self.next()).await;
            call.ended(&answer);
            let silent = answer.as_ref().is_err_and(Answer::is_silence);
            if !(silent && self.insists && self.forgiving.once_more()) {
                return answer;
            }
        }
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
        self.ask(|node| node.get(table, key)).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.ask(|node| node.find(table, unique, values)).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        self.ask(|node| node.page(page)).await
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        self.ask(|node| node.sessions(digests)).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.ask(|node| node.commit(batch)).await
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.ask(|node| node.charge(charges, now)).await
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        self.ask(|node| node.lease(lease)).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.ask(|node| node.purge(table, before, limit)).await
    }
}
