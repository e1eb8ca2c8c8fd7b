use std::net::IpAddr;

use time::OffsetDateTime;

use super::{Change, Expect, Row, Table, Value};
use crate::{
    clock::{from_micros, to_micros},
    model::Client,
};

/// A stored row is not what its table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}: {column}")]
pub struct Corrupt {
    /// Which table.
    pub table: &'static str,
    /// Which column.
    pub column: &'static str,
}

/// Something that is kept as a row: the only place where values and types meet.
pub trait Record: Sized {
    /// Its table.
    const TABLE: &'static Table;

    /// Its row.
    fn to_row(&self) -> Row;

    /// Reads it from a row.
    ///
    /// # Errors
    /// [`Corrupt`] where a value is not what the column says.
    fn from_row(row: &Row) -> Result<Self, Corrupt>;

    /// The change that adds it.
    fn insert(&self) -> Change {
        Change::Insert { table: Self::TABLE, row: self.to_row() }
    }

    /// The change that takes it away, whatever its version.
    fn delete(&self) -> Change {
        let key = self.to_row().key().to_vec();
        Change::Delete { table: Self::TABLE, key, expect: Expect::Present }
    }
}

/// A record that counts its writes.
pub(crate) trait Versioned: Record {
    /// Its version, to be read and raised.
    fn version_mut(&mut self) -> &mut i64;

    /// The change that puts this record in the place of the version it was read in.
    fn replace(mut self) -> Change {
        let version = *self.version_mut();
        *self.version_mut() = version.saturating_add(1);
        Change::Replace { table: Self::TABLE, row: self.to_row(), version }
    }
}

/// Reads a row's values from left to right.
pub(super) struct Reader<'a> {
    table: &'static Table,
    row: &'a Row,
    next: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: &'static Table, row: &'a Row) -> Self {
        Self { table, row, next: 0 }
    }

    fn value(&mut self) -> &'a Value {
        let value = self.row.value(self.next);
        self.next += 1;
        value
    }

    /// The error for the value read last.
    pub(super) fn corrupt(&self) -> Corrupt {
        let column = self.next.checked_sub(1).and_then(|read| self.table.columns.get(read));
        Corrupt { table: self.table.name, column: column.map_or("?", |column| column.name) }
    }

    fn or_corrupt<T>(&self, value: Option<T>) -> Result<T, Corrupt> {
        value.ok_or_else(|| self.corrupt())
    }

    pub(super) fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Corrupt>,
    ) -> Result<Option<T>, Corrupt> {
        if *self.row.value(self.next) == Value::Null {
            self.next += 1;
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Corrupt> {
        match self.value() {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.corrupt()),
        }
    }

    /// A text that names one of a fixed set.
    pub(super) fn name<T>(&mut self, find: impl FnOnce(&str) -> Option<T>) -> Result<T, Corrupt> {
        let text = self.text()?;
        self.or_corrupt(find(&text))
    }

    pub(super) fn int(&mut self) -> Result<i64, Corrupt> {
        match self.value() {
            Value::Int(number) => Ok(*number),
            _ => Err(self.corrupt()),
        }
    }

    pub(super) fn count(&mut self) -> Result<u32, Corrupt> {
        let number = self.int()?;
        self.or_corrupt(u32::try_from(number).ok())
    }

    pub(super) fn flag(&mut self) -> Result<bool, Corrupt> {
        Ok(self.int()? != 0)
    }

    pub(super) fn time(&mut self) -> Result<OffsetDateTime, Corrupt> {
        let micros = self.int()?;
        self.or_corrupt(from_micros(micros))
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        match self.value() {
            Value::Bytes(bytes) => {
                let bytes = <[u8; N]>::try_from(bytes.as_slice()).ok();
                self.or_corrupt(bytes)
            }
            _ => Err(self.corrupt()),
        }
    }

    pub(super) fn blob(&mut self) -> Result<Vec<u8>, Corrupt> {
        match self.value() {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            _ => Err(self.corrupt()),
        }
    }

    /// An address and an agent, which always stand together.
    pub(super) fn client(&mut self) -> Result<Client, Corrupt> {
        let address = self.maybe(|r| r.name(|text| text.parse::<IpAddr>().ok()))?;
        Ok(Client::from_stored(address, self.text()?))
    }
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

pub(super) fn bytes(bytes: impl AsRef<[u8]>) -> Value {
    Value::Bytes(bytes.as_ref().to_vec())
}

pub(super) fn time(at: OffsetDateTime) -> Value {
    Value::Int(to_micros(at))
}

pub(super) fn count(count: u32) -> Value {
    Value::Int(i64::from(count))
}

pub(super) fn flag(flag: bool) -> Value {
    Value::Int(i64::from(flag))
}

pub(super) fn maybe<T>(value: Option<T>, write: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, write)
}

pub(super) fn address(client: &Client) -> Value {
    maybe(client.address, |address| text(address.to_string()))
}
