use crate::{
    id::UserId,
    model::ReleasedName,
    secret::Digest,
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, bytes, time},
        tables,
    },
};

impl Record for ReleasedName {
    const TABLE: &'static Table = &tables::RELEASED_NAMES;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.digest.as_bytes()),
            bytes(self.user.as_bytes()),
            time(self.expires_at),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            digest: Digest::from_bytes(r.bytes()?),
            user: UserId::from_bytes(r.bytes()?),
            expires_at: r.time()?,
            version: r.int()?,
        })
    }
}

impl Versioned for ReleasedName {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
