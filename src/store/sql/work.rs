use time::OffsetDateTime;

use super::{Arg, Call, Link, Statements, budgets};
use crate::{
    clock::to_micros,
    store::{
        Batch, Change, Charge, CommitError, Expect, Lease, Row, StoreError, Table, Value, Verdict,
        tables,
    },
};

/// Something to be done in a transaction.
pub(in crate::store) enum Work {
    Commit(Batch),
    Charge(Vec<Charge>, OffsetDateTime),
    Lease(Lease),
    Purge { table: &'static Table, before: OffsetDateTime, limit: u32 },
}

/// What came of it.
pub(in crate::store) enum Done {
    Committed,
    /// The batch had been applied before. Where several calls run at once, whatever was written
    /// now must be rolled back.
    Recognised,
    Charged(Vec<Verdict>),
    Leased(Vec<Row>),
    Purged(u32),
}

impl Work {
    /// Whether the caller was promised that it outlasts a power cut, and not only the process.
    pub(in crate::store) const fn is_durable(&self) -> bool {
        matches!(self, Self::Commit(_))
    }

    /// Does it, on a connection that stands in a transaction.
    ///
    /// # Errors
    /// [`CommitError`]: what it wrote must be rolled back.
    pub(in crate::store) async fn perform(
        &self,
        link: &mut impl Link,
        statements: &Statements,
    ) -> Result<Done, CommitError> {
        match self {
            Self::Commit(batch) => commit(batch, link, statements).await,
            Self::Charge(charges, now) => budgets::charge(charges, *now, link, statements).await,
            Self::Lease(lease) => take_due(lease, link, statements).await,
            Self::Purge { table, before, limit } => {
                let sql = statements.of(table)?.purge.as_deref();
                let sql = sql.ok_or(StoreError::Unsupported(NEVER_EXPIRES))?;
                let before = Arg::Int(to_micros(*before));
                let again = (!statements.deletes_in_order).then_some(before);
                let args = [before, Arg::Int(i64::from(*limit))].into_iter().chain(again);
                let counts = link.run(&[Call::new(sql, args)]).await?;
                let purged = counts.first().copied().unwrap_or(0);
                Ok(Done::Purged(u32::try_from(purged).unwrap_or(u32::MAX)))
            }
        }
    }
}

/// Why [`Work::Purge`] can be refused.
pub(in crate::store) const NEVER_EXPIRES: &str = "purging a table whose rows never expire";

/// A change that cannot be said; [`Batch::flaw`] found it before.
const FLAWED: StoreError = StoreError::Unsupported("a change its table does not allow");

async fn commit<L: Link>(
    batch: &Batch,
    link: &mut L,
    statements: &Statements,
) -> Result<Done, CommitError> {
    let expires = Arg::Int(to_micros(batch.kept_until()));
    let id = batch.id();
    let once = Call::new(&statements.once, [Arg::Bytes(id.as_bytes()), expires]);
    let mut calls = vec![once];
    // How many rows each call must write; none where it does not matter.
    let mut expected = vec![None];
    let mut changes = batch.changes();
    while let Some((change, others)) = changes.split_first() {
        if let Some((call, rest)) = statements.touches.split(changes) {
            calls.push(call);
            expected.push(None);
            changes = rest;
            continue;
        }
        calls.push(call(change, statements)?);
        expected.push((!matches!(change, Change::Raise { .. })).then_some(1));
        changes = others;
    }
    let mut first = true;
    for (calls, expected) in most_at_once(link, &calls).zip(most_at_once(link, &expected)) {
        let counts = match link.run(calls).await {
            Err(CommitError::Conflict) if first && L::MOST_AT_ONCE == 1 => return Err(undecided()),
            counts => counts?,
        };
        if std::mem::take(&mut first) && counts.first() != Some(&1) {
            return Ok(Done::Recognised);
        }
        let holds = |(count, expected): (&u64, &Option<u64>)| expected.is_none_or(|n| n == *count);
        if counts.len() != calls.len() || !counts.iter().zip(expected).all(holds) {
            return Err(CommitError::Conflict);
        }
    }
    Ok(Done::Committed)
}

/// Only another try of this very batch can hold its note, and that one may yet succeed.
pub(super) fn undecided() -> CommitError {
    StoreError::unavailable("an earlier try is not decided").into()
}

pub(super) fn most_at_once<'a, L: Link, T>(_: &L, items: &'a [T]) -> std::slice::Chunks<'a, T> {
    items.chunks(L::MOST_AT_ONCE)
}

fn call<'a>(change: &'a Change, statements: &'a Statements) -> Result<Call<'a>, StoreError> {
    let of = statements.of(change.table())?;
    let key = Arg::Bytes(change.key());
    Ok(match change {
        Change::Insert { row, .. } => Call::new(&of.insert, row.values().iter().map(Arg::from)),
        Change::Replace { row, version, .. } => {
            let columns = row.values().iter().skip(1).map(Arg::from);
            let sql = of.replace.as_deref().ok_or(FLAWED)?;
            Call::new(sql, columns.chain([key, Arg::Int(*version)]))
        }
        Change::Delete { expect: Expect::Present, .. } => Call::new(&of.delete, [key]),
        Change::Delete { expect: Expect::Version(version), .. } => {
            let sql = of.delete_version.as_deref().ok_or(FLAWED)?;
            Call::new(sql, [key, Arg::Int(*version)])
        }
        Change::Raise { table, column, to, .. } => {
            let sql = of.raise(table, column).ok_or(FLAWED)?;
            Call::new(sql, [Arg::Int(*to), key, Arg::Int(*to)])
        }
    })
}

async fn take_due(
    lease: &Lease,
    link: &mut impl Link,
    statements: &Statements,
) -> Result<Done, CommitError> {
    let table = &tables::OUTBOX;
    let (Some(due), Some(version_at)) = (table.position("due_at"), table.version()) else {
        return Err(StoreError::Unsupported("an outbox without due times").into());
    };
    let args = [Arg::Int(to_micros(lease.now)), Arg::Int(i64::from(lease.limit))];
    let mut rows = link.rows(&[Call::new(&statements.due, args)], &[table]).await?.concat();
    let until = to_micros(lease.until);
    let mut taken = Vec::with_capacity(rows.len());
    let takes: Vec<_> = rows
        .iter()
        .map(|row| {
            let args = [Arg::Int(until), Arg::Bytes(row.key()), Arg::from(row.value(version_at))];
            Call::new(&statements.take, args)
        })
        .collect();
    for takes in most_at_once(link, &takes) {
        taken.extend(link.run(takes).await?);
    }
    drop(takes);
    let mut taken = taken.into_iter();
    rows.retain(|_| taken.next() == Some(1));
    for row in &mut rows {
        let version = match row.value(version_at) {
            Value::Int(version) => version.saturating_add(1),
            _ => 0,
        };
        row.set(version_at, Value::Int(version));
        row.set(due, Value::Int(until));
    }
    Ok(Done::Leased(rows))
}
