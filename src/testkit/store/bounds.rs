//! Counts, versions and lengths at their bounds.

use std::sync::Arc;

use time::Duration;

use super::sample::{
    commit, conflict, delete_version, found, get, insert, later, number, replace, row, with,
};
use crate::store::{
    BudgetState, Charge, Lease, Movement, Page, Rule, Store, Table, Value,
    tables::{ACCOUNTS, BUDGETS, OUTBOX},
};

/// S3. Versions are numbers of 64 bits: compared whole, and counted up to the last of them.
///
/// # Panics
/// Where two versions are taken for one, or the last one cannot be written, met or deleted.
pub async fn a_version_counts_to_its_bound(store: Arc<dyn Store>) {
    let store = &*store;
    for table in Table::ALL.iter().filter(|table| table.version().is_some()) {
        let nearly = i64::MAX - 2;
        let old = with(table, row(table, 1), Table::VERSION, Value::Int(nearly));
        commit(store, vec![insert(table, old)]).await;
        for other in [nearly - (1 << 32), nearly & 0xffff_ffff, -3, 0, nearly + 1] {
            let change = replace(table, row(table, 1), other);
            conflict(store, vec![change], "the version is another").await;
        }
        commit(store, vec![replace(table, row(table, 1), nearly)]).await;
        commit(store, vec![replace(table, row(table, 1), nearly + 1)]).await;
        let stands = get(store, table, 1).await.expect("the row stands");
        assert_eq!(number(table, &stands, Table::VERSION), i64::MAX, "the last version");
        for other in [nearly + 1, 0, -1, i64::MIN] {
            let change = replace(table, row(table, 1), other);
            conflict(store, vec![change], "the version is the last").await;
            let delete = vec![delete_version(table, 1, other)];
            conflict(store, delete, "the version is the last").await;
        }
        commit(store, vec![delete_version(table, 1, i64::MAX)]).await;
        assert!(get(store, table, 1).await.is_none(), "a deleted row is still there");
    }
}

/// S7. A page may be as long as can be asked for.
///
/// # Panics
/// Where a row is missing.
pub async fn a_page_is_as_long_as_was_asked(store: Arc<dyn Store>) {
    let store = &*store;
    let rows: Vec<_> = (0..300).map(|n| row(&ACCOUNTS, n)).collect();
    commit(store, rows.iter().map(|row| insert(&ACCOUNTS, row.clone())).collect()).await;
    for limit in [300, 0xffff, 1 << 16, 1 << 31, u32::MAX] {
        let page = Page::of(&ACCOUNTS, "all", Vec::new(), limit).unwrap();
        let shown = found(store.page(&page).await);
        assert!(shown == rows, "{} of 300 rows on a page of {limit}", shown.len());
        let shown = found(store.page(&page.descending()).await);
        assert!(shown.iter().rev().eq(&rows), "the same, backwards, on a page of {limit}");
    }
}

/// S11. A budget counts to the last number it can hold, and stays there.
///
/// # Panics
/// Where it begins anew, or fails.
pub async fn a_budget_counts_to_its_bound(store: Arc<dyn Store>) {
    let store = &*store;
    let (at, key) = (later(0), [1; 32]);
    let nearly = BudgetState { count: u32::MAX - 1, at, expires_at: at + Duration::DAY };
    commit(store, vec![insert(&BUDGETS, nearly.to_row(&key))]).await;
    let rule = Rule::Tally { forget: Duration::DAY };
    let last = [
        (Movement::Take, u32::MAX),
        (Movement::Take, u32::MAX),
        (Movement::GiveBack, u32::MAX - 1),
        (Movement::Take, u32::MAX),
    ];
    for (movement, count) in last {
        let verdicts = found(store.charge(&[Charge { key, rule, movement }], at).await);
        assert_eq!(verdicts[0].count, count, "the count after {movement:?}");
        let stands = found(store.get(&BUDGETS, &key).await).expect("the row stands");
        assert_eq!(BudgetState::from_row(&stands).unwrap().count, count, "the count that is kept");
    }
}

/// S12. A lease may be of as many rows as can be asked for.
///
/// # Panics
/// Where a row that is due is not taken.
pub async fn a_lease_is_as_long_as_was_asked(store: Arc<dyn Store>) {
    let store = &*store;
    for (round, limit) in (0..).zip([40, 1 << 31, u32::MAX]) {
        let rows = (round * 40..(round + 1) * 40).map(|n| insert(&OUTBOX, row(&OUTBOX, n)));
        commit(store, rows.collect()).await;
        let lease = Lease { now: later(0), until: later(60), limit };
        let taken = found(store.lease(&lease).await);
        assert_eq!(taken.len(), 40, "rows a lease of {limit} took");
    }
}
