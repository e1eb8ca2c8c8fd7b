//! S7: pages.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering as Atomic},
};

use super::{
    race::race,
    sample::{at, commit, delete, found, insert, key, row, with},
};
use crate::store::{
    Direction, Kind, Ordering, Page, Row, Store, Table, Value,
    tables::{EVENTS, SESSIONS, USERS},
};

/// Reads all pages of an ordering, of so many rows each.
pub(super) async fn walk(store: &dyn Store, first: Page) -> Vec<Row> {
    let mut page = first;
    let mut rows = Vec::new();
    loop {
        let next = found(store.page(&page).await);
        assert!(next.len() as u64 <= u64::from(page.limit), "a page is longer than it may be");
        let Some(last) = next.last() else { return rows };
        assert!(rows.len() < 10_000, "pages never end");
        page.after = Some(values(page.table, last, page.ordering.by));
        rows.extend(next);
        tokio::task::yield_now().await; // for whoever writes meanwhile
    }
}

pub(super) fn values(table: &Table, row: &Row, columns: &[&str]) -> Vec<Value> {
    columns.iter().map(|column| at(table, row, column).clone()).collect()
}

/// Rows of a table, some with the same values in what orderings fix and order by.
fn crowd(table: &'static Table, ordering: &Ordering, rows: u64) -> Vec<Row> {
    let some = |n: u64, of: u64, kind| match kind {
        Kind::Bytes => Value::Bytes(key(table, 1000 + n % of)),
        Kind::Int => Value::Int(i64::try_from(n % of).unwrap() - 2),
        Kind::Text => Value::Text(format!("some {}", n % of)),
    };
    let put = |n: u64, made: Row, column: &str, of: u64| {
        let position = table.position(column).unwrap();
        let unique = |unique: &crate::store::Unique| unique.columns.contains(&column);
        if position == 0 || table.uniques.iter().any(unique) {
            return made; // it must stay apart
        }
        with(table, made, column, some(n, of, table.columns[position].kind))
    };
    (0..rows)
        .map(|n| {
            // Inserted out of order.
            let n = (n * 7) % rows;
            let made = ordering.equal.iter().fold(row(table, n), |made, c| put(n, made, c, 2));
            ordering.by.iter().fold(made, |made, column| put(n / 2, made, column, 5))
        })
        .collect()
}

/// S7. Every ordering of every table, in both directions and in pages of any length, shows the
/// rows it should, each once, in its order.
///
/// # Panics
/// Where a row is missing, doubled or out of order.
pub async fn every_ordering_shows_its_rows_in_order(store: Arc<dyn Store>) {
    for table in Table::ALL {
        for ordering in table.orderings {
            let rows = crowd(table, ordering, 30);
            commit(&*store, rows.iter().map(|row| insert(table, row.clone())).collect()).await;
            for equal in fixed(table, ordering, &rows) {
                for direction in [Direction::Ascending, Direction::Descending] {
                    let expected = expected(table, ordering, &rows, &equal, direction);
                    assert!(!expected.is_empty());
                    for limit in [1, 7, 100] {
                        let page = Page::of(table, ordering.name, equal.clone(), limit).unwrap();
                        let shown = walk(&*store, Page { direction, ..page }).await;
                        assert!(
                            shown == expected,
                            "{} of {}, {direction:?} by {limit}: {} rows instead of {}, or in \
                             another order",
                            ordering.name,
                            table.name,
                            shown.len(),
                            expected.len()
                        );
                    }
                }
            }
            let gone = rows.iter().map(|row| crate::store::Change::Delete {
                table,
                key: row.key().to_vec(),
                expect: crate::store::Expect::Present,
            });
            commit(&*store, gone.collect()).await;
        }
    }
}

/// The different values of what an ordering fixes.
fn fixed(table: &Table, ordering: &Ordering, rows: &[Row]) -> Vec<Vec<Value>> {
    let mut fixed: Vec<_> = rows.iter().map(|row| values(table, row, ordering.equal)).collect();
    fixed.sort();
    fixed.dedup();
    fixed
}

/// What all pages together should show.
fn expected(
    table: &Table,
    ordering: &Ordering,
    rows: &[Row],
    equal: &[Value],
    direction: Direction,
) -> Vec<Row> {
    let mut rows: Vec<_> =
        rows.iter().filter(|row| values(table, row, ordering.equal) == equal).cloned().collect();
    rows.sort_by_key(|row| values(table, row, ordering.by));
    if direction == Direction::Descending {
        rows.reverse();
    }
    rows
}

/// S7. `from` is the first value shown and `until` the first that is not, in both directions,
/// whether or not the page goes on behind a row, and wherever that row lies.
///
/// # Panics
/// Where a row is shown that should not be, or the other way round.
pub async fn bounds_hold_in_both_directions(store: Arc<dyn Store>) {
    let (table, ordering) = (&EVENTS, &EVENTS.orderings[0]);
    let rows = crowd(table, ordering, 40);
    commit(&*store, rows.iter().map(|row| insert(table, row.clone())).collect()).await;
    let equal = fixed(table, ordering, &rows).remove(0);
    let bounds = || (-3..=3).map(|at| Some(Value::Int(at))).chain([None]);
    for direction in [Direction::Ascending, Direction::Descending] {
        let all = expected(table, ordering, &rows, &equal, direction);
        let behind = all.iter().step_by(4).map(|row| Some(values(table, row, ordering.by)));
        let behind: Vec<_> = behind.chain([None]).collect();
        for (from, until) in bounds().flat_map(|from| bounds().map(move |u| (from.clone(), u))) {
            for after in behind.clone() {
                let page = Page::of(table, ordering.name, equal.clone(), 100).unwrap();
                let (from, until) = (from.clone(), until.clone());
                let page = Page { from, until, after, direction, ..page };
                let shown = found(store.page(&page).await);
                let expected: Vec<_> =
                    all.iter().filter(|row| is_within(&page, row)).cloned().collect();
                assert!(
                    shown == expected,
                    "{direction:?} from {:?} until {:?}, behind a row: {}: {} rows instead of {}",
                    number(page.from.as_ref()),
                    number(page.until.as_ref()),
                    page.after.is_some(),
                    shown.len(),
                    expected.len()
                );
            }
        }
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

pub(super) fn is_within(page: &Page, row: &Row) -> bool {
    let by = values(page.table, row, page.ordering.by);
    page.from.as_ref().is_none_or(|from| by[0] >= *from)
        && page.until.as_ref().is_none_or(|until| by[0] < *until)
        && page.after.as_ref().is_none_or(|after| match page.direction {
            Direction::Ascending => by > *after,
            Direction::Descending => by < *after,
        })
}

/// S7. Where an ordering fixes a column to null, it shows the rows that have nothing there.
///
/// # Panics
/// Where it shows others, or none.
pub async fn null_is_a_value_to_page_by(store: Arc<dyn Store>) {
    let table = &EVENTS;
    let nobody = with(table, row(table, 1), "account", Value::Null);
    commit(&*store, vec![insert(table, nobody.clone()), insert(table, row(table, 2))]).await;
    let page = Page::of(table, "of_account", vec![Value::Null], 10).unwrap();
    assert!(found(store.page(&page).await) == vec![nobody], "events that belong to no account");
}

/// S7. A page of no rows has none, and one behind the last row neither.
///
/// # Panics
/// Where one has rows.
pub async fn a_page_of_nothing_is_empty(store: Arc<dyn Store>) {
    let page = |limit| Page::of(&USERS, "of_account", vec![key_of_account()], limit).unwrap();
    assert!(found(store.page(&page(10)).await).is_empty(), "an empty table has rows");
    let user = with(&USERS, row(&USERS, 1), "account", key_of_account());
    commit(&*store, vec![insert(&USERS, user)]).await;
    assert!(found(store.page(&page(0)).await).is_empty(), "a page of no rows has some");
    assert_eq!(found(store.page(&page(1)).await).len(), 1);
    let last = found(store.page(&page(1)).await);
    let behind = Some(values(&USERS, &last[0], &["username_key"]));
    let behind = Page { after: behind, ..page(10) };
    assert!(found(store.page(&behind).await).is_empty(), "a row comes behind itself");
}

fn key_of_account() -> Value {
    Value::Bytes(key(&USERS, 77))
}

/// S7. Rows that stand from the first page to the last are shown once, in order, while others
/// come and go around them.
///
/// # Panics
/// Where such a row is missing, doubled or out of order.
pub async fn rows_that_stand_are_shown_once_whatever_is_written(store: Arc<dyn Store>) {
    const STANDING: u64 = 60;
    // After how many others a row goes that came.
    const STAY: u64 = 8;
    // A walk while nobody writes shows nothing.
    const WRITTEN: usize = 50;
    let table = &SESSIONS;
    let user = Value::Bytes(key(&USERS, 5));
    let session = {
        let user = user.clone();
        move |n: u64| {
            let at = Value::Int(i64::try_from(n / 3).unwrap());
            let session = with(table, row(table, n), "user", user.clone());
            with(table, session, "created_at", at)
        }
    };
    // Every fifth row stands; each writer has one place between two of them.
    let standing: Vec<_> = (0..STANDING).map(|n| session(n * 5)).collect();
    commit(&*store, standing.iter().map(|row| insert(table, row.clone())).collect()).await;
    let (over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    race(5, |racer| {
        let (store, over, session) = (Arc::clone(&store), Arc::clone(&over), session.clone());
        let (user, standing, written) = (user.clone(), standing.clone(), Arc::clone(&written));
        async move {
            if racer > 0 {
                let mut round = 0_u64;
                while !over.load(Atomic::SeqCst) {
                    let n = |round: u64| (round * 13 % STANDING) * 5 + racer as u64;
                    commit(&*store, vec![insert(table, session(n(round)))]).await;
                    if let Some(before) = round.checked_sub(STAY) {
                        tokio::task::yield_now().await;
                        commit(&*store, vec![delete(table, n(before))]).await;
                    }
                    written.fetch_add(1, Atomic::SeqCst);
                    round += 1;
                    tokio::task::yield_now().await;
                }
                return;
            }
            let before = written.load(Atomic::SeqCst);
            let mut walks = 0;
            while walks < 4 || written.load(Atomic::SeqCst) < before + WRITTEN {
                let direction = [Direction::Ascending, Direction::Descending][walks / 2 % 2];
                let limit = [3, 20][walks % 2];
                let page = Page::of(table, "of_user", vec![user.clone()], limit).unwrap();
                let shown = walk(&*store, Page { direction, ..page }).await;
                let by = |row: &Row| values(table, row, &["created_at", "id"]);
                let ordered = shown.windows(2).all(|pair| match direction {
                    Direction::Ascending => by(&pair[0]) < by(&pair[1]),
                    Direction::Descending => by(&pair[0]) > by(&pair[1]),
                });
                assert!(ordered, "rows are doubled or out of order while others are written");
                let stood = shown.into_iter().filter(|row| standing.contains(row));
                let stood = stood.count();
                assert_eq!(stood, standing.len(), "rows that stood throughout and were shown");
                walks += 1;
            }
            over.store(true, Atomic::SeqCst);
        }
    })
    .await;
}
