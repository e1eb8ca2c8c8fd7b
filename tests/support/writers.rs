//! Who writes batches, one after the other, until the database is away, and what must be there of
//! them afterwards.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use portcullis::store::{
    Batch, CommitError, Store, StoreError,
    tables::{ACCOUNTS, CREDENTIALS},
};
use tokio::task::JoinHandle;

use crate::{
    server,
    servers::{batch, insert, row},
};

/// Numbers no sample has.
pub const FIRST: u64 = 1_000_000;

/// How long they may take for their first batches on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Writers {
    writing: Vec<JoinHandle<Written>>,
    acknowledged: Arc<AtomicUsize>,
}

/// What a writer wrote: batches of two rows of one number each.
pub struct Written {
    first: u64,
    pub acknowledged: u64,
    /// The one that was not answered.
    lost: Batch,
}

pub fn is_unavailable(answer: &Result<(), CommitError>) -> bool {
    matches!(answer, Err(CommitError::Failed(StoreError::Unavailable(_))))
}

/// Whether the two rows of this number are there.
pub async fn stands(store: &dyn Store, n: u64) -> [bool; 2] {
    let (account, credential) = (row(&ACCOUNTS, n), row(&CREDENTIALS, n));
    let account = store.get(&ACCOUNTS, account.key()).await.unwrap().is_some();
    [account, store.get(&CREDENTIALS, credential.key()).await.unwrap().is_some()]
}

/// A batch of the two rows of this number.
pub fn of_two(n: u64) -> Batch {
    batch(vec![insert(&ACCOUNTS, n), insert(&CREDENTIALS, n)])
}

impl Writers {
    pub fn begin(store: &Arc<dyn Store>, writers: u64) -> Self {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let write = |writer| {
            let first = FIRST + writer * 100_000;
            tokio::spawn(write(Arc::clone(store), first, Arc::clone(&acknowledged)))
        };
        Self { writing: (0..writers).map(write).collect(), acknowledged }
    }

    /// Waits until some batches of theirs were acknowledged.
    pub async fn are_acknowledged(&self) {
        let some = || self.acknowledged.load(Ordering::SeqCst) > 50;
        server::until("batches", PATIENCE, async || some()).await;
    }

    /// What each of them wrote, once it was told that the database is away.
    pub async fn end(self) -> Vec<Written> {
        let mut written = Vec::new();
        for writing in self.writing {
            written.push(writing.await.unwrap());
        }
        written
    }
}

async fn write(store: Arc<dyn Store>, first: u64, acknowledged: Arc<AtomicUsize>) -> Written {
    for n in first.. {
        let sent = of_two(n);
        let answer = store.commit(&sent).await;
        if answer.is_ok() {
            acknowledged.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        assert!(is_unavailable(&answer), "{answer:?}");
        return Written { first, acknowledged: n - first, lost: sent };
    }
    unreachable!()
}

impl Written {
    /// Holds these stores, of this or of other processes, against what was acknowledged. What was not is there or not, wholly, and is done once when it is sent again,
    /// however often. Says whether it was there.
    pub async fn check(&self, stores: &[Arc<dyn Store>]) -> bool {
        let each = |n: u64| &*stores[usize::try_from(n).unwrap() % stores.len()];
        let last = self.first + self.acknowledged;
        for n in self.first..last {
            assert_eq!(stands(each(n), n).await, [true; 2], "what was acknowledged is lost");
        }
        let [account, credential] = stands(each(last), last).await;
        assert_eq!(account, credential, "half a batch");
        for store in stores.iter().chain(stores) {
            let answer = store.commit(&self.lost).await;
            assert!(answer.is_ok(), "a batch that was sent again: {answer:?}");
        }
        assert_eq!(stands(each(last + 1), last).await, [true; 2]);
        account
    }
}
