use crate::{
    id::{AccountId, SessionId, UserId},
    model::{Session, Transport},
    secret::Digest,
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, address, bytes, flag, text, time},
        tables,
    },
};

impl Record for Session {
    const TABLE: &'static Table = &tables::SESSIONS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.digest.as_bytes()),
            bytes(self.id.as_bytes()),
            bytes(self.user.as_bytes()),
            bytes(self.account.as_bytes()),
            text(self.transport.as_str()),
            Value::Int(self.user_stamp),
            Value::Int(self.account_stamp),
            time(self.created_at),
            time(self.expires_at),
            time(self.confirmed_at),
            time(self.last_seen_at),
            flag(self.remembered),
            address(&self.client),
            text(self.client.agent()),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            digest: Digest::from_bytes(r.bytes()?),
            id: SessionId::from_bytes(r.bytes()?),
            user: UserId::from_bytes(r.bytes()?),
            account: AccountId::from_bytes(r.bytes()?),
            transport: r.name(Transport::from_name)?,
            user_stamp: r.int()?,
            account_stamp: r.int()?,
            created_at: r.time()?,
            expires_at: r.time()?,
            confirmed_at: r.time()?,
            last_seen_at: r.time()?,
            remembered: r.flag()?,
            client: r.client()?,
        })
    }
}
