use crate::{
    id::AccountId,
    model::{Account, Plan},
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, bytes, count, maybe, text, time},
        tables,
    },
};

impl Record for Account {
    const TABLE: &'static Table = &tables::ACCOUNTS;

    fn to_row(&self) -> Row {
        Row::new(vec![
            bytes(self.id.as_bytes()),
            text(&self.name),
            text(self.plan.as_str()),
            maybe(self.plan_until, time),
            maybe(self.seats, count),
            count(self.seats_taken),
            count(self.administrators),
            Value::Int(self.stamp),
            maybe(self.secured_at, time),
            time(self.created_at),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        Ok(Self {
            id: AccountId::from_bytes(r.bytes()?),
            name: r.text()?,
            plan: Plan::from_text(&r.text()?),
            plan_until: r.maybe(Reader::time)?,
            seats: r.maybe(Reader::count)?,
            seats_taken: r.count()?,
            administrators: r.count()?,
            stamp: r.int()?,
            secured_at: r.maybe(Reader::time)?,
            created_at: r.time()?,
            version: r.int()?,
        })
    }
}

impl Versioned for Account {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
