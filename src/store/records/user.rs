use crate::{
    id::{AccountId, UserId},
    model::{EmailAddress, Language, PersonName, Role, Stamps, Status, User, Username},
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, bytes, flag, maybe, text, time},
        tables,
    },
};

impl Record for User {
    const TABLE: &'static Table = &tables::USERS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.id.as_bytes()),
            bytes(self.account.as_bytes()),
            text(self.username.as_str()),
            text(self.username.canonical()),
            text(self.username.look_alike()),
            text(self.email.as_str()),
            text(self.email.canonical()),
            maybe(self.email_proven.then(|| self.email.canonical()), text),
            text(self.name.as_str()),
            maybe(self.language.as_ref().map(Language::as_str), text),
            text(self.role.as_str()),
            flag(self.administrator),
            text(self.status.as_str()),
            Value::Int(self.stamps.sessions),
            Value::Int(self.stamps.links),
            Value::Int(self.stamps.changes),
            time(self.created_at),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        let id = UserId::from_bytes(r.bytes()?);
        let account = AccountId::from_bytes(r.bytes()?);
        let (username, username_key) = (r.text()?, r.text()?);
        let _look_alike = r.text()?;
        let email = r.name(|text| EmailAddress::parse(text).ok())?;
        let _email_key = r.text()?;
        let email_proven = r.maybe(Reader::text)?.is_some();
        Ok(Self {
            id,
            account,
            username: Username::from_stored(username, username_key),
            email,
            email_proven,
            name: PersonName::from_stored(r.text()?),
            // One that cannot be read is no reason to lock anybody out.
            language: r.maybe(Reader::text)?.and_then(|text| Language::parse(&text).ok()),
            role: Role::from_text(&r.text()?),
            administrator: r.flag()?,
            status: r.name(Status::from_name)?,
            stamps: Stamps { sessions: r.int()?, links: r.int()?, changes: r.int()? },
            created_at: r.time()?,
            version: r.int()?,
        })
    }
}

impl Versioned for User {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
