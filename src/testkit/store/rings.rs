//! S3 and S4: nobody waits in a ring.

use super::{
    Place,
    place::two,
    race::race,
    sample::{commit, found, get, insert, key, number, raise, row, tried, with},
};
use crate::store::{
    Value,
    tables::{ACCOUNTS, ACTIVITY, BY_USERNAME, EVENTS, USERS},
};

/// S3. Of many batches that write the same rows, from two handles, and expect nothing of each
/// other, none is a conflict and none fails: a store that takes its rows in an order of its own
/// must sort out by itself who waits for whom.
///
/// # Panics
/// Where one is not done.
pub async fn batches_that_expect_nothing_of_each_other_are_done(place: &dyn Place) {
    const ROWS: u64 = 4;
    const ROUNDS: u64 = 10;
    let handles = two(place).await;
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

/// S4. Of two batches that take two names in opposite orders, through two handles, one is done and
/// the other is a conflict. That changes are sorted by key does not sort what they take of a
/// unique key, so here each may have what the other waits for.
///
/// # Panics
/// Where both are done, or none, or one fails.
pub async fn names_taken_in_opposite_orders_go_to_one(place: &dyn Place) {
    // Many at once, since a database may take a second to see that two wait for each other.
    const RINGS: u64 = 8;
    const ROUNDS: u64 = 3;
    let handles = two(place).await;
    let name = |ring, which| Value::Text(format!("name {which} of {ring}"));
    for round in 0..ROUNDS {
        let answers = race(2 * RINGS as usize, |racer| {
            let (store, side) = (handles[racer % 2].clone(), racer as u64 % 2);
            let ring = round * RINGS + racer as u64 / 2;
            let user = |at, which| {
                with(&USERS, row(&USERS, 4 * ring + at), "username_key", name(ring, which))
            };
            let first = insert(&USERS, user(2 * side, side));
            let second = insert(&USERS, user(2 * side + 1, 1 - side));
            async move { (ring, side, tried(&*store, vec![first, second]).await) }
        });
        let answers = answers.await;
        for ring in round * RINGS..(round + 1) * RINGS {
            let done = answers.iter().filter(|(of, _, done)| *of == ring && *done);
            let done: Vec<_> = done.map(|(_, side, _)| *side).collect();
            assert_eq!(done.len(), 1, "batches that got the two names both want");
            for (which, at) in [(done[0], 0), (1 - done[0], 1)] {
                let holder = handles[1].find(&USERS, &BY_USERNAME, &[name(ring, which)]).await;
                let holder = found(holder).map(|user| user.key().to_vec());
                let winner = key(&USERS, 4 * ring + 2 * done[0] + at);
                assert_eq!(holder, Some(winner), "who has a name");
            }
        }
    }
}
