//! S7: rows that change while they are paged.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    paging::walk,
    race::race,
    sample::{at, commit, get, insert, key, number, raise, replace, row, with},
};
use crate::store::{Direction, Page, Store, Table, Value, tables::USERS};

/// S7. Rows that stand from the first page to the last, in one place of the order, are shown once
/// each while they are replaced and raised again and again.
///
/// # Panics
/// Where one is missing, doubled or out of order.
pub async fn rows_that_change_are_shown_once(store: Arc<dyn Store>) {
    const ROWS: u64 = 40;
    // A walk while nobody writes shows nothing.
    const WRITTEN: usize = 50;
    let account = Value::Bytes(key(&USERS, 77));
    let user = {
        let account = account.clone();
        move |n: u64| {
            let name = Value::Text(format!("user {n:03}"));
            with(
                &USERS,
                with(&USERS, row(&USERS, n), "account", account.clone()),
                "username_key",
                name,
            )
        }
    };
    commit(&*store, (0..ROWS).map(|n| insert(&USERS, user(n))).collect()).await;
    let (over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    race(5, |racer| {
        let (store, over, user) = (Arc::clone(&store), Arc::clone(&over), user.clone());
        let (account, written) = (account.clone(), Arc::clone(&written));
        async move {
            if racer > 0 {
                let mut round = 0;
                while !over.load(Ordering::SeqCst) {
                    // Of the two who replace each has rows of its own, so neither is too late.
                    let n = round * 7 % (ROWS / 2) * 2 + racer as u64 / 2 % 2;
                    let stands = get(&*store, &USERS, n).await.expect("the row stands");
                    let version = number(&USERS, &stands, Table::VERSION);
                    let changes = if racer % 2 == 0 {
                        // As long as what it replaces, shorter and longer: it may have to move.
                        let words = "x".repeat(usize::try_from(round % 7 * 40).unwrap());
                        let changed = with(&USERS, user(n), "name", Value::Text(words));
                        vec![replace(&USERS, changed, version)]
                    } else {
                        vec![raise(&USERS, n, "session_stamp", 1_000 + round as i64)]
                    };
                    commit(&*store, changes).await;
                    written.fetch_add(1, Ordering::SeqCst);
                    round += 1;
                    tokio::task::yield_now().await;
                }
                return;
            }
            let names: Vec<_> =
                (0..ROWS).map(|n| at(&USERS, &user(n), "username_key").clone()).collect();
            let before = written.load(Ordering::SeqCst);
            let mut walks = 0;
            while walks < 8 || written.load(Ordering::SeqCst) < before + WRITTEN {
                let limit = [1, 3, 20, 100][walks / 2 % 4];
                let direction = [Direction::Ascending, Direction::Descending][walks % 2];
                let page = Page::of(&USERS, "of_account", vec![account.clone()], limit).unwrap();
                let shown = walk(&*store, Page { direction, ..page }).await;
                let mut shown: Vec<_> =
                    shown.iter().map(|user| at(&USERS, user, "username_key").clone()).collect();
                if direction == Direction::Descending {
                    shown.reverse();
                }
                assert!(
                    shown == names,
                    "{} rows instead of {ROWS} while they changed, {direction:?} by {limit}",
                    shown.len()
                );
                walks += 1;
            }
            over.store(true, Ordering::SeqCst);
        }
    })
    .await;
}
