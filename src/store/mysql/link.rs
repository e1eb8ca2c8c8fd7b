use std::ops::DerefMut as _;

use sqlx::{
    Arguments as _, AssertSqlSafe, Decode, Executor as _, MySql, MySqlConnection, Row as _,
    ValueRef as _,
    mysql::{MySqlArguments, MySqlRow},
    pool::PoolConnection,
};

use super::driver::{NAME, refused, unavailable};
use crate::store::{
    CommitError, Corrupt, Kind, Row, StoreError, Table, Value,
    sql::{
        Arg, Call, Link,
        server::{DriverError, Fate, PeerLink},
    },
};

/// A connection, the store's own or the host's.
pub(super) enum MySqlLink {
    Own(Box<MySqlConnection>),
    Lent(PoolConnection<MySql>),
}

impl MySqlLink {
    fn connection(&mut self) -> &mut MySqlConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection.deref_mut(),
        }
    }
}

impl Link for MySqlLink {
    // Each is a round trip, so the first that displeases is the last.
    const MOST_AT_ONCE: usize = 1;

    async fn run(&mut self, calls: &[Call<'_>]) -> Result<Vec<u64>, CommitError> {
        let mut counts = Vec::with_capacity(calls.len());
        for call in calls {
            let query = sqlx::query_with(AssertSqlSafe(call.sql), arguments(call)?);
            let done = self.connection().execute(query).await.map_err(|error| refused(&error))?;
            counts.push(done.rows_affected());
        }
        Ok(counts)
    }

    async fn rows(
        &mut self,
        calls: &[Call<'_>],
        tables: &[&'static Table],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut rows = Vec::new();
        for call in calls {
            let query = sqlx::query_with(AssertSqlSafe(call.sql), arguments(call)?);
            let found = self.connection().fetch_all(query).await.map_err(|e| unavailable(&e))?;
            for row in &found {
                rows.push(read(row, tables)?);
            }
        }
        Ok(rows)
    }
}

impl PeerLink for MySqlLink {
    async fn say(&mut self, sql: &str) -> Result<u64, StoreError> {
        let said = sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.connection()).await;
        said.map(|done| done.rows_affected()).map_err(|error| unavailable(&error))
    }

    async fn number(&mut self, sql: &str) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query(AssertSqlSafe(sql));
        let row = self.connection().fetch_one(query).await.map_err(|e| unavailable(&e))?;
        row.try_get(0).map_err(|error| unavailable(&error))
    }

    fn discard(self) {
        if let Self::Lent(mut connection) = self {
            connection.close_on_drop();
        }
    }
}

fn arguments(call: &Call<'_>) -> Result<MySqlArguments, StoreError> {
    let mut arguments = MySqlArguments::default();
    for arg in &call.args {
        match *arg {
            Arg::Null => arguments.add(None::<i64>),
            Arg::Int(number) => arguments.add(number),
            // As bytes, so that it is compared as bytes.
            Arg::Text(text) => arguments.add(text.as_bytes()),
            Arg::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(|_| DriverError::new(NAME, "a value cannot be sent", Fate::Refused))?;
    }
    Ok(arguments)
}

/// Reads rows of these tables that lie side by side in one answer.
fn read(answer: &MySqlRow, tables: &[&'static Table]) -> Result<Vec<Row>, StoreError> {
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

fn value(answer: &MySqlRow, position: usize, kind: Kind) -> Option<Value> {
    let raw = answer.try_get_raw(position).ok()?;
    if raw.is_null() {
        return Some(Value::Null);
    }
    match kind {
        Kind::Bytes => <Vec<u8> as Decode<'_, MySql>>::decode(raw).map(Value::Bytes),
        Kind::Int => <i64 as Decode<'_, MySql>>::decode(raw).map(Value::Int),
        Kind::Text => <String as Decode<'_, MySql>>::decode(raw).map(Value::Text),
    }
    .ok()
}
