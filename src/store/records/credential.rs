use crate::{
    id::UserId,
    model::Credential,
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, bytes, maybe, text, time},
        tables,
    },
};

impl Record for Credential {
    const TABLE: &'static Table = &tables::CREDENTIALS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.user.as_bytes()),
            text(&self.hash),
            time(self.changed_at),
            maybe(self.temporary_until, time),
            maybe(self.secured_at, time),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            user: UserId::from_bytes(r.bytes()?),
            hash: r.text()?,
            changed_at: r.time()?,
            temporary_until: r.maybe(Reader::time)?,
            secured_at: r.maybe(Reader::time)?,
            version: r.int()?,
        })
    }
}

impl Versioned for Credential {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
