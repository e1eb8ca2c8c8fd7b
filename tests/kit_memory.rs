//! The reference store holds every clause of its contract.

use portcullis::{store::memory::MemoryStore, store_kit};

store_kit!(MemoryStore::new());
