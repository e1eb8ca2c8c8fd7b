//! S4: unique keys.

use std::sync::Arc;

use super::{
    Place,
    place::two,
    race::winners,
    sample::{at, commit, conflict, delete, found, get, insert, replace, row, tried, with},
};
use crate::store::{
    Store, Table, Value,
    tables::{BY_PROVEN_EMAIL, ONCE, OUTBOX, USERS},
};

/// S4. Two rows never share a unique key, of any table: not by an insert, not by a replacement.
///
/// # Panics
/// Where a second row gets the value of a first.
pub async fn no_two_rows_share_a_unique_key(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| !table.uniques.is_empty()) {
        commit(store, vec![insert(table, row(table, 1)), insert(table, row(table, 2))]).await;
        for unique in table.uniques {
            let taken = |n| {
                unique.columns.iter().fold(row(table, n), |other, column| {
                    with(table, other, column, at(table, &row(table, 1), column).clone())
                })
            };
            conflict(store, vec![insert(table, taken(3))], "the unique key is taken").await;
            if table.version().is_some() {
                let change = replace(table, taken(2), 1);
                conflict(store, vec![change], "the unique key is taken").await;
            }
            let values: Vec<_> = unique
                .columns
                .iter()
                .map(|column| at(table, &row(table, 1), column).clone())
                .collect();
            let holder = found(store.find(table, unique, &values).await);
            assert_eq!(holder, Some(row(table, 1)), "who holds a unique key of {}", table.name);
        }
    }
}

/// S4. Of 64 rows that want one value of a unique key at the same moment, through two handles,
/// one gets it.
///
/// # Panics
/// Where none or several get it.
pub async fn one_of_64_takers_of_a_unique_key_wins(place: &dyn Place) {
    let handles = two(place).await;
    for round in 0..4 {
        let name = Value::Text(format!("wanted {round}"));
        let won = winners(64, |racer| {
            let (store, name) = (Arc::clone(&handles[racer % 2]), name.clone());
            async move {
                let user = row(&USERS, round * 64 + racer as u64);
                let user = with(&USERS, user, "username_key", name);
                tried(&*store, vec![insert(&USERS, user)]).await
            }
        });
        assert_eq!(won.await, 1, "rows that got one value of a unique key");
    }
}

/// S4. Null equals nothing, not even null: any number of rows have it, and none is found by it.
///
/// # Panics
/// Where a null is taken for a value.
pub async fn null_is_never_taken(store: Arc<dyn Store>) {
    let store = &*store;
    for n in 1..4 {
        let unproven = with(&USERS, row(&USERS, n), "proven_email", Value::Null);
        let free = with(&OUTBOX, row(&OUTBOX, n), "once", Value::Null);
        assert!(
            tried(store, vec![insert(&USERS, unproven), insert(&OUTBOX, free)]).await,
            "a second row without a value was a conflict"
        );
    }
    for (table, unique) in [(&USERS, &BY_PROVEN_EMAIL), (&OUTBOX, &ONCE)] {
        let by_null = found(store.find(table, unique, &[Value::Null]).await);
        assert_eq!(by_null, None, "a row of {} was found by null", table.name);
    }
}

/// S4. A value is free again when its row is deleted or gets another one, also for the changes
/// that come after in the same batch, and a row does not stand in its own way.
///
/// # Panics
/// Where a free value cannot be taken.
pub async fn a_value_given_up_is_free(store: Arc<dyn Store>) {
    let store = &*store;
    let named =
        |n, name: &str| with(&USERS, row(&USERS, n), "username_key", Value::Text(name.to_owned()));
    let version = |n, name, version| with(&USERS, named(n, name), "version", Value::Int(version));
    commit(store, vec![insert(&USERS, named(1, "ada"))]).await;
    commit(store, vec![replace(&USERS, named(1, "ada"), 1)]).await;
    commit(store, vec![replace(&USERS, named(1, "grace"), 2)]).await;
    commit(store, vec![insert(&USERS, named(2, "ada"))]).await;
    commit(store, vec![delete(&USERS, 1), insert(&USERS, named(3, "grace"))]).await;
    commit(store, vec![replace(&USERS, named(2, "joan"), 1), insert(&USERS, named(4, "ada"))])
        .await;
    let holders = [(2, "joan", 2), (3, "grace", 1), (4, "ada", 1)];
    for (n, name, number) in holders {
        assert_eq!(get(store, &USERS, n).await, Some(version(n, name, number)));
    }
    assert_eq!(get(store, &USERS, 1).await, None);
}

/// S4. Unique keys hold after each change, and not only at the end of a batch: two rows do not
/// trade values in one, and none takes what a later change gives up.
///
/// # Panics
/// Where such a batch is done.
pub async fn a_value_is_not_free_before_it_is_given_up(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| !table.uniques.is_empty()) {
        commit(store, vec![insert(table, row(table, 2)), insert(table, row(table, 3))]).await;
        for unique in table.uniques {
            // Row `n` with what row `of` has in the columns of this key.
            let like = |n, of| {
                unique.columns.iter().fold(row(table, n), |other, column| {
                    with(table, other, column, at(table, &row(table, of), column).clone())
                })
            };
            // Changes go by key, so each of these takes before the other gives.
            let mut early =
                vec![("deletes its row", vec![insert(table, like(1, 2)), delete(table, 2)])];
            if table.version().is_some() {
                let change = |n, of| replace(table, like(n, of), 1);
                early.extend([
                    ("deletes its row", vec![change(2, 3), delete(table, 3)]),
                    ("gives it up", vec![insert(table, like(1, 2)), change(2, 4)]),
                    ("gives it up", vec![change(2, 3), change(3, 4)]),
                    ("trades it", vec![change(2, 3), change(3, 2)]),
                ]);
            }
            for (what, changes) in early {
                let why = format!("a value of {} is taken until a later change {what}", table.name);
                conflict(store, changes, &why).await;
            }
        }
        for n in [2, 3] {
            let stands = get(store, table, n).await;
            assert_eq!(stands, Some(row(table, n)), "a row of {} was changed", table.name);
        }
        assert_eq!(get(store, table, 1).await, None, "a row of {} was made", table.name);
    }
}
