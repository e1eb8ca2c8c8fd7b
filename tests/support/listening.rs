//! A store that writes down which calls it got, and a subscriber that hears the hasher.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, Once},
};

use portcullis::{
    secret::Digest,
    store::{
        Batch, Charge, CommitError, Lease, Page, Row, Rule, SessionRows, Store, StoreError, Table,
        Unique, Value, Verdict,
    },
};
use time::OffsetDateTime;
use tracing::{Event, Metadata, Subscriber, span};

type Log = Arc<Mutex<Vec<String>>>;

thread_local! {
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

#[derive(Clone)]
pub struct Listening {
    inner: Arc<dyn Store>,
    log: Log,
}

impl Listening {
    pub fn new(store: impl Store) -> Self {
        Self { inner: Arc::new(store), log: Log::default() }
    }

    fn note(&self, call: String) {
        self.log.lock().unwrap().push(call);
    }
}

/// Runs something and gives its answer with every store and hash call it made, in order. Needs a
/// runtime of one thread.
pub async fn hearing<T>(store: &Listening, run: impl Future<Output = T>) -> (T, Vec<String>) {
    // One subscriber for all tests, and a log for each thread: subscribers that come and go make
    // `tracing` forget call sites for a moment.
    static EAR: Once = Once::new();
    EAR.call_once(|| tracing::subscriber::set_global_default(Ear).unwrap());
    store.log.lock().unwrap().clear();
    LOG.set(Some(Arc::clone(&store.log)));
    let answer = run.await;
    LOG.set(None);
    (answer, std::mem::take(&mut *store.log.lock().unwrap()))
}

#[async_trait::async_trait]
impl Store for Listening {
    fn contract(&self) -> u32 {
        self.inner.contract()
    }

    async fn get(&self, table: &'static Table, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.note(format!("get {}", table.name));
        self.inner.get(table, key).await
    }

    async fn find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.note(format!("find {} by {}", table.name, unique.name));
        self.inner.find(table, unique, values).await
    }

    async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        self.note(format!("page {} by {}", page.table.name, page.ordering.name));
        self.inner.page(page).await
    }

    async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        self.note(format!("{} sessions", digests.len()));
        self.inner.sessions(digests).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.note(format!("commit {:?}", batch.changes()));
        self.inner.commit(batch).await
    }

    async fn charge(
        &self,
        charges: &[Charge],
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, StoreError> {
        // How long a count is kept is no work; which budgets are moved, and how, is.
        let name = |rule| match rule {
            Rule::Window { .. } => "window",
            Rule::Backoff { .. } => "backoff",
            Rule::Tally { .. } => "tally",
        };
        let moved: Vec<_> =
            charges.iter().map(|charge| (name(charge.rule), charge.movement)).collect();
        self.note(format!("charge {moved:?}"));
        self.inner.charge(charges, now).await
    }

    async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
        self.note("lease".to_owned());
        self.inner.lease(lease).await
    }

    async fn purge(
        &self,
        table: &'static Table,
        before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.note(format!("purge {}", table.name));
        self.inner.purge(table, before, limit).await
    }
}

struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "portcullis::hash"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        LOG.with_borrow(|log| {
            if let Some(log) = log {
                log.lock().unwrap().push("hash".to_owned());
            }
        });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
