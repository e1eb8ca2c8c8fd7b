use crate::{
    id::{AccountId, EmailChangeId, UserId},
    model::{EmailAddress, EmailChange, Username},
    store::{
        Corrupt, Record, Row, Table,
        record::{Reader, bytes, maybe, text, time},
        tables,
    },
};

impl Record for EmailChange {
    const TABLE: &'static Table = &tables::EMAIL_CHANGES;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.id.as_bytes()),
            bytes(self.user.as_bytes()),
            bytes(self.account.as_bytes()),
            text(self.old_email.as_str()),
            maybe(self.old_username.as_ref(), |name| text(name.as_str())),
            text(&self.hash),
            maybe(self.temporary_until, time),
            time(self.at),
            time(self.expires_at),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            id: EmailChangeId::from_bytes(r.bytes()?),
            user: UserId::from_bytes(r.bytes()?),
            account: AccountId::from_bytes(r.bytes()?),
            old_email: r.name(|text| EmailAddress::parse(text).ok())?,
            old_username: r.maybe(|r| r.name(|text| Username::parse(text).ok()))?,
            hash: r.text()?,
            temporary_until: r.maybe(Reader::time)?,
            at: r.time()?,
            expires_at: r.time()?,
        })
    }
}
