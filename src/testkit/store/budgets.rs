//! S11: budgets.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::{
    race::race,
    sample::{conflict, delete, found, later, now},
};
use crate::store::{
    Charge, Movement, Rule, Store, Verdict,
    tables::{BUDGETS, LINKS},
};

const HOUR: Duration = Duration::HOUR;

fn charge(budget: u8, limit: u32, movement: Movement) -> Charge {
    Charge { key: [budget; 32], rule: Rule::Window { limit, window: HOUR }, movement }
}

async fn charged(store: &dyn Store, charges: &[Charge], at: OffsetDateTime) -> Vec<Verdict> {
    let verdicts = found(store.charge(charges, at).await);
    assert_eq!(verdicts.len(), charges.len(), "verdicts for that many charges");
    verdicts
}

/// What a budget holds, without changing it.
async fn count(store: &dyn Store, budget: u8) -> u32 {
    let row = found(store.get(&BUDGETS, &[budget; 32]).await);
    row.map_or(0, |row| crate::store::BudgetState::from_row(&row).unwrap().count)
}

/// S11. 64 charges at the same moment take 64 units.
///
/// # Panics
/// Where a unit is lost.
pub async fn sixty_four_charges_take_64_units(store: Arc<dyn Store>) {
    let verdicts = race(64, |_| {
        let store = Arc::clone(&store);
        async move { charged(&*store, &[charge(1, 1000, Movement::Take)], now()).await[0] }
    });
    let verdicts = verdicts.await;
    assert!(verdicts.iter().all(|verdict| verdict.allowed));
    let mut counts: Vec<_> = verdicts.iter().map(|verdict| verdict.count).collect();
    counts.sort_unstable();
    assert!(counts.into_iter().eq(1..=64), "each charge sees a count of its own");
    assert_eq!(count(&*store, 1).await, 64, "units 64 charges took");
}

/// S11. Of 64 charges at the same moment, a budget of ten allows ten.
///
/// # Panics
/// Where it allows more or fewer.
pub async fn a_budget_of_ten_allows_ten_of_64(store: Arc<dyn Store>) {
    let verdicts = race(64, |_| {
        let store = Arc::clone(&store);
        async move { charged(&*store, &[charge(1, 10, Movement::Take)], now()).await[0] }
    });
    let allowed = verdicts.await.iter().filter(|verdict| verdict.allowed).count();
    assert_eq!(allowed, 10, "charges a budget of ten allowed");
    let verdict = charged(&*store, &[charge(1, 10, Movement::Take)], later(5)).await[0];
    let refused = Verdict { allowed: false, count: 10, retry_at: Some(now() + HOUR) };
    assert_eq!(verdict, refused, "a spent budget says from when on it has a unit again");
    let verdict = charged(&*store, &[charge(1, 10, Movement::Take)], now() + HOUR).await[0];
    assert_eq!((verdict.allowed, verdict.count), (true, 1), "a new window opens");
}

/// S11. A request that one of its budgets refuses uses up none of the others.
///
/// # Panics
/// Where another is charged.
pub async fn a_refused_request_uses_up_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    charged(store, &[charge(2, 1, Movement::Take)], now()).await;
    let request =
        [charge(1, 5, Movement::Take), charge(2, 1, Movement::Take), charge(3, 5, Movement::Take)];
    for _ in 0..3 {
        let verdicts = charged(store, &request, now()).await;
        let allowed: Vec<_> = verdicts.iter().map(|verdict| verdict.allowed).collect();
        assert_eq!(allowed, [true, false, true], "verdicts stand in the order of their charges");
    }
    for (budget, units) in [(1, 0), (2, 1), (3, 0)] {
        assert_eq!(count(store, budget).await, units, "units of budget {budget}");
    }
}

/// S11. What is given back can be taken again, and what is cleared is forgotten.
///
/// # Panics
/// Where a count is another.
pub async fn units_are_given_back_and_cleared(store: Arc<dyn Store>) {
    let store = &*store;
    for (movement, units) in [
        (Movement::GiveBack, 0),
        (Movement::Take, 1),
        (Movement::Take, 2),
        (Movement::GiveBack, 1),
        (Movement::Take, 2),
        (Movement::Clear, 0),
        (Movement::Take, 1),
        (Movement::GiveBack, 0),
        (Movement::GiveBack, 0),
    ] {
        let verdict = charged(store, &[charge(1, 9, movement)], now()).await[0];
        assert!(verdict.allowed);
        assert_eq!(verdict.count, units, "the count after {movement:?}");
        assert_eq!(count(store, 1).await, units, "the units kept after {movement:?}");
    }
}

/// S11. A charge stands outside every batch: one that conflicts does not take it back.
///
/// # Panics
/// Where it is taken back.
pub async fn a_charge_outlasts_a_conflict(store: Arc<dyn Store>) {
    for units in 1..4 {
        let charges = [charge(1, 9, Movement::Take)];
        let verdicts = charged(&*store, &charges, now()).await;
        conflict(&*store, vec![delete(&LINKS, 1)], "there is no such row").await;
        assert_eq!(verdicts[0].count, units);
        assert_eq!(count(&*store, 1).await, units, "a conflict took back a charge");
    }
}

/// S11. Many requests that name the same budgets in opposite orders all come through, and every
/// unit counts.
///
/// # Panics
/// Where a unit is lost.
pub async fn opposite_orders_of_budgets_come_through(store: Arc<dyn Store>) {
    race(32, |racer| {
        let store = Arc::clone(&store);
        async move {
            let mut charges: Vec<_> = (1..5).map(|n| charge(n, 1000, Movement::Take)).collect();
            if racer % 2 == 0 {
                charges.reverse();
            }
            for _ in 0..5 {
                charged(&*store, &charges, now()).await;
            }
        }
    })
    .await;
    for budget in 1..5 {
        assert_eq!(count(&*store, budget).await, 160, "units of budget {budget}");
    }
}
