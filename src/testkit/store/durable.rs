//! S2: durable.

use super::{
    Place,
    sample::{batch, commit, found, get, insert, made, now, number, raise, replace, row},
};
use crate::store::{
    Charge, Movement, Rule, Table,
    tables::{ACCOUNTS, ACTIVITY, USERS},
};

/// S2. What was answered is there when the database is opened again: rows, budgets and the ids
/// of batches. (Whether it also outlasts a process that is killed is for a test that kills one.)
///
/// # Panics
/// Where something is gone.
pub async fn what_was_answered_is_there_when_opened_again(place: &dyn Place) {
    let rule = Rule::Window { limit: 100, window: time::Duration::DAY };
    let charge = [Charge { key: [1; 32], rule, movement: Movement::Take }];
    let sent = batch(vec![insert(&USERS, row(&USERS, 1))]);
    for round in 1..6 {
        let store = place.open().await;
        made(&store.commit(&sent).await, "a batch was forgotten");
        if round == 1 {
            let rows =
                vec![insert(&ACCOUNTS, row(&ACCOUNTS, 1)), insert(&ACTIVITY, row(&ACTIVITY, 1))];
            commit(&*store, rows).await;
        }
        let account = get(&*store, &ACCOUNTS, 1).await.expect("a row that was committed");
        assert_eq!(number(&ACCOUNTS, &account, Table::VERSION), round, "its version");
        let last = get(&*store, &ACTIVITY, 1).await.expect("a row that was committed");
        assert_eq!(number(&ACTIVITY, &last, "last_login_at"), round, "what it was raised to");
        let verdicts = found(store.charge(&charge, now()).await);
        assert_eq!(i64::from(verdicts[0].count), round, "units that were charged");
        let changes = vec![
            replace(&ACCOUNTS, row(&ACCOUNTS, 1), round),
            raise(&ACTIVITY, 1, "last_login_at", round + 1),
        ];
        commit(&*store, changes).await;
    }
}
