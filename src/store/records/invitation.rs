use crate::{
    id::{AccountId, UserId},
    model::Invitation,
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, bytes, text, time},
        tables,
    },
};

impl Record for Invitation {
    const TABLE: &'static Table = &tables::INVITATIONS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.user.as_bytes()),
            bytes(self.account.as_bytes()),
            text(&self.inviter),
            time(self.created_at),
            time(self.expires_at),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            user: UserId::from_bytes(r.bytes()?),
            account: AccountId::from_bytes(r.bytes()?),
            inviter: r.text()?,
            created_at: r.time()?,
            expires_at: r.time()?,
            version: r.int()?,
        })
    }
}

impl Versioned for Invitation {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
