use std::future::Future;

use crate::store::{CommitError, Row, StoreError, Table, Value};

/// A value on its way to the database.
#[derive(Clone, Copy)]
pub(in crate::store) enum Arg<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a Value> for Arg<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(*number),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// A statement with its values.
pub(in crate::store) struct Call<'a> {
    pub(in crate::store) sql: &'a str,
    pub(in crate::store) args: Vec<Arg<'a>>,
}

impl<'a> Call<'a> {
    pub(in crate::store) fn new(sql: &'a str, args: impl IntoIterator<Item = Arg<'a>>) -> Self {
        Self { sql, args: args.into_iter().collect() }
    }
}

/// A connection, as the engine uses it.
pub(in crate::store) trait Link: Send {
    /// The most calls [`run`](Self::run) is handed at once.
    const MOST_AT_ONCE: usize;

    /// Runs writing calls in their order and says how many rows each of them wrote. It may run
    /// all of them before it looks at any count: the caller rolls back if one displeases it.
    ///
    /// A unique key that is taken is a `Conflict`.
    fn run(
        &mut self,
        calls: &[Call<'_>],
    ) -> impl Future<Output = Result<Vec<u64>, CommitError>> + Send;

    /// The rows that calls answer, one call after the other, each made of one row of each of
    /// these tables, side by side.
    fn rows(
        &mut self,
        calls: &[Call<'_>],
        tables: &[&'static Table],
    ) -> impl Future<Output = Result<Vec<Vec<Row>>, StoreError>> + Send;
}
