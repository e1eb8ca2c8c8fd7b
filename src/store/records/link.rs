use crate::{
    id::{AccountId, EmailChangeId, UserId},
    model::{Link, Transport, Wish},
    secret::{Digest, Purpose},
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, bytes, flag, maybe, text, time},
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
            maybe(self.wish, |wish| text(wish.transport.as_str())),
            flag(self.wish.is_some_and(|wish| wish.remember)),
            maybe(self.change, |change| bytes(change.as_bytes())),
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
            wish: {
                let transport = r.maybe(|r| r.name(Transport::from_name))?;
                let remember = r.flag()?;
                transport.map(|transport| Wish { transport, remember })
            },
            change: r.maybe(Reader::bytes)?.map(EmailChangeId::from_bytes),
            user_stamp: r.int()?,
            account_stamp: r.int()?,
            created_at: r.time()?,
            expires_at: r.time()?,
        })
    }
}
