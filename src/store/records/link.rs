use crate::{
    id::{AccountId, UserId},
    model::Link,
    secret::{Digest, Purpose},
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, bytes, text, time},
        tables,
    },
};

impl Record for Link {
    const TABLE: &'static Table = &tables::LINKS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.digest.as_bytes()),
            text(self.purpose.as_str()),
            bytes(self.user.as_bytes()),
            bytes(self.account.as_bytes()),
            text(&self.email),
            Value::Int(self.user_stamp),
            Value::Int(self.account_stamp),
            time(self.created_at),
            time(self.expires_at),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            digest: Digest::from_bytes(r.bytes()?),
            purpose: r.name(Purpose::from_name)?,
            user: UserId::from_bytes(r.bytes()?),
            account: AccountId::from_bytes(r.bytes()?),
            email: r.text()?,
            user_stamp: r.int()?,
            account_stamp: r.int()?,
            created_at: r.time()?,
            expires_at: r.time()?,
        })
    }
}
