use std::sync::Arc;

use async_trait::async_trait;

use crate::store::{Store, memory::MemoryStore};

/// A database of its own for one proof: empty when it is made, gone when it is dropped.
#[async_trait]
pub trait Place: Send + Sync + 'static {
    /// Opens a store on it. Called again, it opens the same database once more, through other
    /// connections where there are any, as another process would.
    async fn open(&self) -> Arc<dyn Store>;
}

#[async_trait]
impl Place for MemoryStore {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }
}

/// Two handles of one database, as two processes have them: what each holds in itself, a lock or
/// a cache, the other does not see.
pub(super) async fn two(place: &dyn Place) -> [Arc<dyn Store>; 2] {
    [place.open().await, place.open().await]
}
