//! The loop that does what nobody waits for.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{self, Instant},
};

use super::{carry_out, take};
use crate::{
    auth::{Auth, core::Core},
    error::Result,
    model::Intent,
};

/// How many letters are on their way at once. One whose mail server hangs takes up a place for
/// as long as [`SEND`](super::SEND) at the most, and comes back later and later.
const AT_ONCE: usize = 64;

/// How often the outbox is looked at when nothing rings.
const LOOK: Duration = Duration::from_secs(2);

/// How often "last seen" is written.
const FLUSH: Duration = Duration::from_secs(30);

/// How often what has expired is purged, and how much at a time: of each table, few enough that
/// whoever logs in at that moment waits for some milliseconds (`benches/growth.rs`).
const PURGE: Duration = Duration::from_secs(60);
const PURGE_SLICE: u8 = 100;

/// How long a purge rests between slices, as a multiple of what the last ones took. A log-in
/// writes several times, and each may come to wait for a slice; so most find none.
const PURGE_REST: u32 = 3;

impl Auth {
    /// Sends letters, writes "last seen" and purges what has expired, until it is dropped: give
    /// it to `tokio::spawn`. Several processes may run it on one store.
    ///
    /// Dropping it loses no letter. One that was on its way comes again when its lease ends, three
    /// minutes later, and may then arrive twice. "Last seen" of the last half minute is still to be
    /// written: call [`flush_activity`](Self::flush_activity) before the process ends.
    pub async fn background(self) {
        let core = self.core.as_ref();
        let mut out = Out::new(Arc::clone(&self.core));
        // Beside the letters, which do not wait for a year's sessions to be gone; and at once, or
        // a process that never lives for a minute would never do it.
        let mut purging = JoinSet::new();
        purging.spawn(purge_all(self.clone()));
        let (mut flushed, mut purged) = (Instant::now(), Instant::now());
        loop {
            // Whether it rang or the time was up, the outbox is looked at.
            drop(time::timeout(LOOK, core.bell.heard()).await);
            out.send_due().await;
            if flushed.elapsed() >= FLUSH {
                say(self.flush_activity().await);
                flushed = Instant::now();
            }
            while purging.try_join_next().is_some() {}
            if purged.elapsed() >= PURGE && purging.is_empty() {
                purging.spawn(purge_all(self.clone()));
                purged = Instant::now();
            }
        }
    }
}

/// Purges until a round leaves no table with a whole slice of what has expired.
async fn purge_all(auth: Auth) {
    loop {
        let begun = Instant::now();
        match auth.purge(PURGE_SLICE.into()).await {
            Ok(gone) if gone >= PURGE_SLICE.into() => {}
            Ok(_) => return,
            Err(error) => return say(Err(error)),
        }
        time::sleep(begun.elapsed().saturating_mul(PURGE_REST)).await;
    }
}

/// A failure here is nobody's request: it is logged, and the next round tries again.
fn say(result: Result<()>) {
    if let Err(error) = result {
        tracing::warn!(kind = error.kind(), "background work was put off");
    }
}

/// Letters on their way.
struct Out {
    core: Arc<Core>,
    places: Arc<Semaphore>,
    going: JoinSet<()>,
}

impl Out {
    fn new(core: Arc<Core>) -> Self {
        Self { core, places: Arc::new(Semaphore::new(AT_ONCE)), going: JoinSet::new() }
    }

    /// Starts everything that is due and has a place.
    async fn send_due(&mut self) {
        while self.going.try_join_next().is_some() {}
        loop {
            let free = self.places.available_permits();
            let limit = u32::try_from(free).unwrap_or(u32::MAX);
            let due = match take(&self.core, limit).await {
                Ok(due) if !due.is_empty() => due,
                Ok(_) => return,
                Err(error) => return say(Err(error)),
            };
            for intent in due {
                self.start(intent);
            }
        }
    }

    fn start(&mut self, intent: Intent) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let core = Arc::clone(&self.core);
        self.going.spawn(async move {
            let _place = place;
            say(carry_out(&core, intent).await);
            core.bell.ring();
        });
    }
}
