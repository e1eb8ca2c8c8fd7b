//! S3: nobody waits in a ring.

use super::{
    Place,
    race::race,
    sample::{commit, get, insert, number, raise, row, tried},
};
use crate::store::tables::{ACCOUNTS, ACTIVITY, EVENTS};

/// S3. Of many batches that write the same rows, from two handles, and expect nothing of each
/// other, none is a conflict and none fails: a store that takes its rows in an order of its own
/// must sort out by itself who waits for whom.
///
/// # Panics
/// Where one is not done.
pub async fn batches_that_expect_nothing_of_each_other_are_done(place: &dyn Place) {
    const ROWS: u64 = 4;
    const ROUNDS: u64 = 10;
    let handles = [place.open().await, place.open().await];
    let rows = (0..ROWS)
        .flat_map(|n| [insert(&ACTIVITY, row(&ACTIVITY, n)), insert(&ACCOUNTS, row(&ACCOUNTS, n))]);
    commit(&*handles[0], rows.collect()).await;
    race(16, |racer| {
        let (store, racer) = (handles[racer % 2].clone(), racer as u64);
        async move {
            for round in 0..ROUNDS {
                let own = racer * ROUNDS + round;
                let to = 100 + i64::try_from(own).unwrap();
                let (one, other) = ((racer + round) % ROWS, (racer + round * 3 + 1) % ROWS);
                let mut changes = vec![
                    raise(&ACCOUNTS, one, "stamp", to),
                    raise(&ACTIVITY, one, "last_login_at", to),
                    insert(&EVENTS, row(&EVENTS, own)),
                ];
                if one != other {
                    changes.push(raise(&ACCOUNTS, other, "stamp", to));
                    changes.push(raise(&ACTIVITY, other, "last_login_at", to));
                }
                let done = tried(&*store, changes).await;
                assert!(done, "a conflict of batches that expect nothing of each other");
            }
        }
    })
    .await;
    for own in 0..16 * ROUNDS {
        let written = get(&*handles[0], &EVENTS, own).await.is_some();
        assert!(written, "a batch that was answered is not there");
    }
    let mut highest = Vec::new();
    for n in 0..ROWS {
        let stands = get(&*handles[1], &ACCOUNTS, n).await.expect("the row stands");
        highest.push(number(&ACCOUNTS, &stands, "stamp"));
    }
    let last = 99 + i64::try_from(16 * ROUNDS).unwrap();
    assert_eq!(highest.into_iter().max(), Some(last), "the highest a column was raised to");
}
