use time::OffsetDateTime;

use super::{
    Arg, Call, Done, Link, Statements,
    names::{Marks, Names},
    statements::columns,
};
use crate::store::{BudgetState, Charge, CommitError, Row, StoreError, Value, tables::BUDGETS};

/// The statements about budgets: each for one row, for two, and so on, so that a charge needs as
/// many round trips for all its budgets as for one.
pub(super) struct Budgets(Vec<ByCount>);

struct ByCount {
    /// Sees to it that the rows are there and nobody else changes them. None where nobody can.
    hold: Option<String>,
    /// Reads the rows with these keys.
    read: String,
    /// Writes rows over those that stand.
    keep: String,
    /// Takes the rows with these keys away.
    drop: String,
}

/// The most rows one statement is about. A log-in charges four budgets.
const MOST: usize = 8;

/// When a row expired that only says that there is none: before any moment there is.
const NEVER: Value = Value::Int(i64::MIN);

impl Budgets {
    pub(super) fn new(names: &Names<'_>) -> Self {
        Self((1..=MOST).map(|count| ByCount::new(names, count)).collect())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|by| by.hold.iter().chain([&by.read, &by.keep, &by.drop]).map(String::as_str))
    }

    /// Those about so many rows.
    fn about(&self, count: usize) -> Result<&ByCount, StoreError> {
        let by = count.checked_sub(1).and_then(|position| self.0.get(position));
        by.ok_or(StoreError::Unsupported("a charge of no budgets"))
    }
}

impl ByCount {
    fn new(names: &Names<'_>, count: usize) -> Self {
        let columns = columns(&BUDGETS);
        let (table, list) = (names.table(BUDGETS.name), names.list(&columns));
        let key = columns.first().copied().unwrap_or_default();
        let mut marks = Marks::new(names.dialect);
        let rows: Vec<_> = (0..count).map(|_| format!("({})", marks.list(columns.len()))).collect();
        let insert = format!("INSERT INTO {table} ({list}) VALUES {}", rows.join(", "));
        let keys = Marks::new(names.dialect).list(count);
        let among = format!("{} IN ({keys})", names.quoted(key));
        Self {
            hold: names.dialect.or_hold.map(|hold| format!("{insert}{}", hold(names, key))),
            read: format!("SELECT {list} FROM {table} WHERE {among}"),
            keep: format!("{insert}{}", (names.dialect.or_overwrite)(names, &columns)),
            drop: format!("DELETE FROM {table} WHERE {among}"),
        }
    }
}

/// Charges budgets: reads them, settles, and writes them back, while nobody else can.
///
/// # Errors
/// [`CommitError`]: what it wrote must be rolled back.
pub(super) async fn charge(
    charges: &[Charge],
    now: OffsetDateTime,
    link: &mut impl Link,
    statements: &Statements,
) -> Result<Done, CommitError> {
    let budgets = &statements.budgets;
    // In one order, so that two requests never wait for each other.
    let mut keys: Vec<_> = charges.iter().map(|charge| &charge.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut rows = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MOST) {
        let by = budgets.about(keys.len())?;
        if let Some(hold) = &by.hold {
            // A row that is not there cannot be held, so it is made first.
            let none = [Arg::Int(0), Arg::from(&NEVER), Arg::from(&NEVER)];
            let args = keys.iter().flat_map(|key| [Arg::Bytes(*key)].into_iter().chain(none));
            link.run(&[Call::new(hold, args)]).await?;
        }
        let read = Call::new(&by.read, keys.iter().map(|key| Arg::Bytes(*key)));
        rows.extend(link.rows(&[read], &[&BUDGETS]).await?.into_iter().flatten());
    }
    let mut states = Vec::with_capacity(charges.len());
    for charge in charges {
        let row = rows.iter().find(|row| row.key() == charge.key).filter(|row| is_budget(row));
        states.push(row.map(BudgetState::from_row).transpose().map_err(StoreError::from)?);
    }
    let before = states.clone();
    let verdicts = Charge::settle(charges, &mut states, now);
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (charge, (state, before)) in charges.iter().zip(states.iter().zip(&before)) {
        let stands = rows.iter().any(|row| row.key() == charge.key);
        match state {
            Some(state) if Some(*state) != *before => kept.push(state.to_row(&charge.key)),
            None if stands => dropped.push(&charge.key),
            _ => {}
        }
    }
    for rows in kept.chunks(MOST) {
        let args = rows.iter().flat_map(Row::values).map(Arg::from);
        link.run(&[Call::new(&budgets.about(rows.len())?.keep, args)]).await?;
    }
    for keys in dropped.chunks(MOST) {
        let args = keys.iter().map(|key| Arg::Bytes(key.as_slice()));
        link.run(&[Call::new(&budgets.about(keys.len())?.drop, args)]).await?;
    }
    Ok(Done::Charged(verdicts))
}

/// Whether the row says anything.
fn is_budget(row: &Row) -> bool {
    BUDGETS.expires.and_then(|column| BUDGETS.position(column)).map(|at| row.value(at))
        != Some(&NEVER)
}
