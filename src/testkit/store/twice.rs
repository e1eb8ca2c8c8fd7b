//! S10: sent twice, done once.

use std::sync::Arc;

use time::Duration;
use tokio::task::yield_now;

use super::{
    Place,
    place::two,
    race::race,
    sample::{batch, commit, delete, found, get, insert, now, number, raise, replace, row, with},
};
use crate::store::{
    Batch, CommitError, Store, Table, Value,
    tables::{ACCOUNTS, ACTIVITY, BATCHES, LINKS},
};

/// One of each change that would conflict, or count twice, if it were done twice.
async fn telling(store: &dyn Store) -> Batch {
    telling_of(store, 1, 2).await
}

/// The same, about the rows `n`, and `new`, which it makes.
async fn telling_of(store: &dyn Store, n: u64, new: u64) -> Batch {
    let stand = vec![
        insert(&ACCOUNTS, row(&ACCOUNTS, n)),
        insert(&ACTIVITY, row(&ACTIVITY, n)),
        insert(&LINKS, row(&LINKS, n)),
    ];
    commit(store, stand).await;
    batch(vec![
        replace(&ACCOUNTS, row(&ACCOUNTS, n), 1),
        insert(&ACCOUNTS, row(&ACCOUNTS, new)),
        raise(&ACTIVITY, n, "last_login_at", 50),
        delete(&LINKS, n),
    ])
}

async fn sent(store: &dyn Store, batch: &Batch) {
    let answer = store.commit(batch).await;
    assert!(answer.is_ok(), "a batch that was sent again: {answer:?}");
}

/// S10. A batch that is sent again is answered as the first time and changes nothing, also when
/// what it wrote has changed since.
///
/// # Panics
/// Where it conflicts or changes something.
pub async fn a_batch_sent_again_changes_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    let telling = telling(store).await;
    sent(store, &telling).await;
    sent(store, &telling).await;
    let changed = with(&ACCOUNTS, row(&ACCOUNTS, 1), "seats", Value::Int(9));
    commit(store, vec![replace(&ACCOUNTS, changed, 2), delete(&ACCOUNTS, 2)]).await;
    commit(store, vec![delete(&ACTIVITY, 1), insert(&LINKS, row(&LINKS, 1))]).await;
    commit(store, vec![insert(&ACTIVITY, row(&ACTIVITY, 1))]).await;
    sent(store, &telling).await;
    let account = get(store, &ACCOUNTS, 1).await.expect("the row stands");
    assert_eq!(number(&ACCOUNTS, &account, "seats"), 9, "a batch sent again wrote its row");
    assert_eq!(get(store, &ACCOUNTS, 2).await, None, "a batch sent again brought back a row");
    assert!(get(store, &LINKS, 1).await.is_some(), "a batch sent again deleted a row");
    let raised = get(store, &ACTIVITY, 1).await;
    assert!(raised == Some(row(&ACTIVITY, 1)), "a batch sent again raised a column");
}

/// S10. One batch sent 64 times at the same moment, through two handles, is done once, and every
/// sender is told so.
///
/// # Panics
/// Where it is done again, or a sender is told of a conflict.
pub async fn a_batch_sent_64_times_at_once_is_done_once(place: &dyn Place) {
    let handles = two(place).await;
    for round in 0..6 {
        let telling = telling_of(&*handles[0], round, 100 + round).await;
        let senders = if round == 0 { 64 } else { 8 };
        race(senders, |racer| {
            let (store, telling) = (Arc::clone(&handles[racer % 2]), telling.clone());
            async move {
                // Who comes a little later comes while it is being done: each round later.
                for _ in 0..round * (racer as u64 % 2) {
                    yield_now().await;
                }
                sent(&*store, &telling).await;
            }
        })
        .await;
        let account = get(&*handles[1], &ACCOUNTS, round).await.expect("the row stands");
        assert_eq!(number(&ACCOUNTS, &account, Table::VERSION), 2);
    }
}

/// S10. A batch that conflicted was not applied: sent again when it can be done, it is.
///
/// # Panics
/// Where it is taken for one that was applied.
pub async fn a_batch_that_conflicted_can_be_sent_again(store: Arc<dyn Store>) {
    let store = &*store;
    let waiting = batch(vec![delete(&LINKS, 1), insert(&ACCOUNTS, row(&ACCOUNTS, 1))]);
    for _ in 0..2 {
        let answer = store.commit(&waiting).await;
        assert!(matches!(answer, Err(CommitError::Conflict)), "there is no such row: {answer:?}");
    }
    commit(store, vec![insert(&LINKS, row(&LINKS, 1))]).await;
    sent(store, &waiting).await;
    assert!(get(store, &LINKS, 1).await.is_none(), "a batch answered as done was not done");
    assert!(get(store, &ACCOUNTS, 1).await.is_some(), "a batch answered as done was not done");
}

/// S10. A batch is recognised for a day, whatever is purged meanwhile, and its id is kept as a
/// row that expires.
///
/// # Panics
/// Where it is forgotten within a day, or never.
pub async fn a_batch_is_recognised_for_a_day(store: Arc<dyn Store>) {
    let store = &*store;
    let telling = telling(store).await;
    sent(store, &telling).await;
    let day = now() + Duration::DAY;
    found(store.purge(&BATCHES, day, 1000).await);
    sent(store, &telling).await;
    let id = telling.id();
    let kept = found(store.get(&BATCHES, id.as_bytes()).await);
    assert!(kept.is_some_and(|row| row.key() == id.as_bytes()), "where a batch's id is kept");
    found(store.purge(&BATCHES, day + Duration::weeks(52), 1000).await);
    let kept = found(store.get(&BATCHES, id.as_bytes()).await);
    assert!(kept.is_none(), "the ids of batches are kept for ever");
}
