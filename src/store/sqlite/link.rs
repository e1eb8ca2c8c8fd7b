use futures_util::TryStreamExt as _;
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Decode, Either, Executor as _, Row as _,
    Sqlite, SqliteConnection, ValueRef as _,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::driver::{DriverError, refused, unavailable};
use crate::store::{
    CommitError, Corrupt, Kind, Row, StoreError, Table, Value,
    sql::{Arg, Call, Link},
};

/// A connection. The driver keeps it on a thread of its own and every round trip to that thread
/// costs more than most statements, so statements are sent several at a time.
pub(super) struct SqliteLink {
    connection: SqliteConnection,
    /// Statements without values that go ahead of the next calls.
    ahead: Vec<&'static str>,
}

impl SqliteLink {
    pub(super) const fn new(connection: SqliteConnection) -> Self {
        Self { connection, ahead: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Has a statement go ahead of the next calls.
    pub(super) fn say(&mut self, statement: &'static str) {
        self.ahead.push(statement);
    }

    /// Whether commits are written through to the disk before they are answered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the connection failed.
    pub(super) async fn write_through(&mut self, through: bool) -> Result<(), StoreError> {
        let level = if through { "FULL" } else { "NORMAL" };
        // The manual leaves open whether SQLite obeys a pragma when it prepares or when it runs
        // it; one that was kept prepared might do nothing the second time. Raw ones are not kept.
        let pragma = AssertSqlSafe(format!("PRAGMA synchronous = {level}"));
        let done = sqlx::raw_sql(pragma).execute(&mut self.connection).await;
        done.map(drop).map_err(|error| unavailable(&error))
    }

    /// Sends what is to go ahead of calls, without any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when one of the statements failed.
    pub(super) async fn send(&mut self) -> Result<(), StoreError> {
        self.calls(&[], &[]).await.map(drop).map_err(unavailable_of)
    }

    /// The first row a call answers.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or the row is not what it should be.
    pub(super) async fn row(
        &mut self,
        call: &Call<'_>,
        tables: &[&'static Table],
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let arguments = arguments(std::slice::from_ref(call))?;
        let query = sqlx::query_with(AssertSqlSafe(call.sql), arguments);
        let found = self.connection.fetch_optional(query).await.map_err(|e| unavailable(&e))?;
        found.map(|row| read(&row, tables)).transpose()
    }

    pub(super) async fn close(self) {
        // Closing writes the log back into the file if it can; there is nothing to do if not.
        let _ = self.connection.close().await;
    }

    /// Runs calls, and what goes ahead of them, and says what each wrote and what they answered.
    async fn calls(
        &mut self,
        calls: &[Call<'_>],
        tables: &[&'static Table],
    ) -> Result<(Vec<u64>, Vec<Vec<Row>>), Failure> {
        let arguments = arguments(calls)?;
        let ahead = std::mem::take(&mut self.ahead);
        let sqls = ahead.iter().copied().chain(calls.iter().map(|call| call.sql));
        let sql = sqls.collect::<Vec<_>>().join(";");
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let (mut counts, mut rows) = (Vec::with_capacity(calls.len()), Vec::new());
        let mut finished = 0;
        let mut results = self.connection.fetch_many(query);
        while let Some(result) = results.try_next().await.map_err(Failure::Driver)? {
            match result {
                Either::Left(done) => {
                    finished += 1;
                    // For a statement that writes nothing the driver repeats the count before.
                    if finished > ahead.len() {
                        counts.push(done.rows_affected());
                    }
                }
                // What goes ahead may answer a row as well: a pragma its value.
                Either::Right(_) if finished < ahead.len() => {}
                Either::Right(row) => rows.push(read(&row, tables)?),
            }
        }
        Ok((counts, rows))
    }
}

impl Link for SqliteLink {
    // Each sequence of statements is prepared and kept as one; more at once would make more
    // different sequences.
    const MOST_AT_ONCE: usize = 12;

    async fn run(&mut self, calls: &[Call<'_>]) -> Result<Vec<u64>, CommitError> {
        match self.calls(calls, &[]).await {
            Ok((counts, _)) => Ok(counts),
            Err(Failure::Driver(error)) => Err(refused(&error)),
            Err(Failure::Store(error)) => Err(error.into()),
        }
    }

    async fn rows(
        &mut self,
        calls: &[Call<'_>],
        tables: &[&'static Table],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        self.calls(calls, tables).await.map(|(_, rows)| rows).map_err(unavailable_of)
    }
}

enum Failure {
    Driver(sqlx::Error),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn unavailable_of(failure: Failure) -> StoreError {
    match failure {
        Failure::Driver(error) => unavailable(&error),
        Failure::Store(error) => error,
    }
}

fn arguments(calls: &[Call<'_>]) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for arg in calls.iter().flat_map(|call| &call.args) {
        match *arg {
            Arg::Null => arguments.add(None::<i64>),
            Arg::Int(number) => arguments.add(number),
            Arg::Text(text) => arguments.add(text),
            Arg::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(|_| StoreError::unavailable(DriverError::other("a value cannot be sent")))?;
    }
    Ok(arguments)
}

/// Reads rows of these tables that lie side by side in one answer.
fn read(answer: &SqliteRow, tables: &[&'static Table]) -> Result<Vec<Row>, StoreError> {
    let mut position = 0;
    let mut rows = Vec::with_capacity(tables.len());
    for table in tables {
        let mut values = Vec::with_capacity(table.columns.len());
        for column in table.columns {
            let value = value(answer, position, column.kind);
            values.push(value.ok_or(Corrupt { table: table.name, column: column.name })?);
            position += 1;
        }
        rows.push(Row::new(values));
    }
    Ok(rows)
}

fn value(answer: &SqliteRow, position: usize, kind: Kind) -> Option<Value> {
    let raw = answer.try_get_raw(position).ok()?;
    if raw.is_null() {
        return Some(Value::Null);
    }
    match kind {
        Kind::Bytes => <Vec<u8> as Decode<'_, Sqlite>>::decode(raw).map(Value::Bytes),
        Kind::Int => <i64 as Decode<'_, Sqlite>>::decode(raw).map(Value::Int),
        Kind::Text => <String as Decode<'_, Sqlite>>::decode(raw).map(Value::Text),
    }
    .ok()
}
