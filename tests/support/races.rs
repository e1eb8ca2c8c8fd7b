//! The proofs that race, again and again: a race that is lost once in a hundred times is lost.
#![allow(unreachable_pub)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis::testkit::store::{Place, Proof};

/// The clauses about what many do at once.
const RACING: &[u8] = &[1, 3, 4, 8, 9, 10, 11, 12];

/// How long a database is raced, in seconds. CI gives each as many as are said here.
fn patience() -> Duration {
    let said = std::env::var("PORTCULLIS_RACE_SECONDS");
    Duration::from_secs(said.map_or(5, |said| said.parse().expect("a number of seconds")))
}

/// Runs them, each on a place of its own, until the time is up.
pub async fn races<P: Place + 'static>(place: impl AsyncFn() -> P) {
    let (begun, patience) = (Instant::now(), patience());
    let racing = |proof: &Proof| RACING.contains(&proof.clause);
    for proof in Proof::all().iter().filter(|proof| racing(proof)).cycle() {
        if begun.elapsed() >= patience {
            break;
        }
        proof.run(Arc::new(place().await)).await;
    }
}
