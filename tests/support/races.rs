//! The proofs that race, again and again: a race that is lost once in a hundred times is lost.
#![allow(unreachable_pub)]

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis::testkit::store::{Place, Proof};

/// How long a kind of store is raced, in seconds. CI gives each as many as are said here, so that
/// a database, its kit included, is done in twenty.
fn patience() -> Duration {
    let said = std::env::var("PORTCULLIS_RACE_SECONDS");
    Duration::from_secs(said.map_or(3, |said| said.parse().expect("a number of seconds")))
}

/// Runs them, each on a place of its own, until the time is up, beginning with any.
pub async fn races<P: Place + 'static>(place: impl AsyncFn() -> P) {
    let (begun, patience) = (Instant::now(), patience());
    let racing: Vec<_> = Proof::all().into_iter().filter(|proof| proof.races).collect();
    // A run that is short does not get through all of them, so each begins elsewhere.
    let first = RandomState::new().hash_one(begun) as usize % racing.len();
    for proof in racing.iter().cycle().skip(first) {
        if begun.elapsed() >= patience {
            break;
        }
        proof.run(Arc::new(place().await)).await;
    }
}
