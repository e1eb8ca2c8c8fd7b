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
    /// Writes rows: over those that were held and read, where they are still what was read; where
    /// nobody can hold one, over whatever stands.
    keep: String,
    /// Takes rows away, on the same condition.
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
        let read = format!("SELECT {list} FROM {table} WHERE {among}");
        let Some(hold) = names.dialect.or_hold else {
            let keep = format!("{insert}{}", (names.dialect.or_overwrite)(names, &columns));
            return Self {
                hold: None,
                read,
                keep,
                drop: format!("DELETE FROM {table} WHERE {among}"),
            };
        };
        let others = columns.get(1..).unwrap_or_default();
        // What each column is, or is to be, by the key of its row.
        let by_key = |marks: &mut Marks<'_>, between: &str| {
            let column = |column: &&str| {
                let cases =
                    (0..count).map(|_| format!("WHEN {} THEN {}", marks.next(), marks.next()));
                let cases: Vec<_> = cases.collect();
                let (column, key) = (names.quoted(column), names.quoted(key));
                format!("{column} = CASE {key} {} ELSE {column} END", cases.join(" "))
            };
            others.iter().map(column).collect::<Vec<_>>().join(between)
        };
        let still = |marks: &mut Marks<'_>| {
            let keys = marks.list(count);
            format!("{} IN ({keys}) AND {}", names.quoted(key), by_key(marks, " AND "))
        };
        let mut marks = Marks::new(names.dialect);
        let set = by_key(&mut marks, ", ");
        Self {
            hold: Some(format!("{insert}{}", hold(names, key))),
            read,
            keep: format!("UPDATE {table} SET {set} WHERE {}", still(&mut marks)),
            drop: format!("DELETE FROM {table} WHERE {}", still(&mut Marks::new(names.dialect))),
        }
    }

    /// Writes these rows over those that were read.
    async fn keep(
        &self,
        new: &[Row],
        old: &[&Row],
        link: &mut impl Link,
    ) -> Result<(), CommitError> {
        if self.hold.is_none() {
            let args = new.iter().flat_map(Row::values).map(Arg::from);
            return link.run(&[Call::new(&self.keep, args)]).await.map(drop);
        }
        if new.len() != old.len() {
            return Err(CommitError::Conflict); // a row that was held is gone
        }
        let new: Vec<_> = new.iter().collect();
        counted(link, Call::new(&self.keep, by_key(&new).chain(still(old))), old.len()).await
    }

    /// Takes these rows away.
    async fn drop(&self, old: &[&Row], link: &mut impl Link) -> Result<(), CommitError> {
        if self.hold.is_none() {
            let keys = old.iter().map(|row| Arg::Bytes(row.key()));
            return link.run(&[Call::new(&self.drop, keys)]).await.map(drop);
        }
        counted(link, Call::new(&self.drop, still(old)), old.len()).await
    }
}

/// Runs a call that must write so many rows. A hold that was lost shows here: a Galera
/// cluster was seen to let two nodes write what both had read, on a machine under load.
async fn counted(link: &mut impl Link, call: Call<'_>, rows: usize) -> Result<(), CommitError> {
    let written = link.run(&[call]).await?.first().copied();
    let all = written == u64::try_from(rows).ok();
    if all { Ok(()) } else { Err(CommitError::Conflict) }
}

fn by_key<'a>(rows: &[&'a Row]) -> impl Iterator<Item = Arg<'a>> {
    let rows = rows.to_vec();
    (1..BUDGETS.columns.len()).flat_map(move |column| {
        let pair = |row: &&'a Row| [Arg::Bytes(row.key()), Arg::from(row.value(column))];
        rows.iter().flat_map(pair).collect::<Vec<_>>()
    })
}

fn still<'a>(rows: &[&'a Row]) -> impl Iterator<Item = Arg<'a>> {
    let keys: Vec<_> = rows.iter().map(|row| Arg::Bytes(row.key())).collect();
    keys.into_iter().chain(by_key(rows))
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
    let (mut kept, mut over, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    for (charge, (state, before)) in charges.iter().zip(states.iter().zip(&before)) {
        let row = rows.iter().find(|row| row.key() == charge.key);
        match (state, row) {
            (Some(state), row) if Some(*state) != *before => {
                kept.push(state.to_row(&charge.key));
                over.extend(row);
            }
            (None, Some(row)) => dropped.push(row),
            _ => {}
        }
    }
    for (at, new) in kept.chunks(MOST).enumerate() {
        let old = over.chunks(MOST).nth(at).unwrap_or_default();
        budgets.about(new.len())?.keep(new, old, link).await?;
    }
    for old in dropped.chunks(MOST) {
        budgets.about(old.len())?.drop(old, link).await?;
    }
    Ok(Done::Charged(verdicts))
}

/// Whether the row says anything.
fn is_budget(row: &Row) -> bool {
    BUDGETS.expires.and_then(|column| BUDGETS.position(column)).map(|at| row.value(at))
        != Some(&NEVER)
}
