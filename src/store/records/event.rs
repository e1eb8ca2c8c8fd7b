use crate::{
    id::{AccountId, EventId, UserId},
    model::{Actor, Event, EventKind},
    store::{
        Corrupt, Record, Row, Table,
        record::{Reader, address, bytes, maybe, text, time},
        tables,
    },
};

impl Record for Event {
    const TABLE: &'static Table = &tables::EVENTS;

    fn to_row(&self) -> Row {
        let (actor, actor_id, actor_name) = match &self.actor {
            Actor::User(id, name) => ("user", Some(id), name.as_str()),
            Actor::Operator => ("operator", None, ""),
            Actor::Stranger => ("stranger", None, ""),
            Actor::System => ("system", None, ""),
        };
        let (subject, subject_name) =
            self.subject.as_ref().map_or((None, ""), |(id, name)| (Some(id), name.as_str()));
        Row::new(vec![
            bytes(self.id.as_bytes()),
            time(self.at),
            text(self.kind.as_str()),
            maybe(self.account, |id| bytes(id.as_bytes())),
            text(actor),
            maybe(actor_id, |id| bytes(id.as_bytes())),
            text(actor_name),
            maybe(subject, |id| bytes(id.as_bytes())),
            text(subject_name),
            address(&self.client),
            text(self.client.agent()),
            text(&self.reason),
            maybe(self.typed, bytes),
            maybe(self.expires_at, time),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        let id = EventId::from_bytes(r.bytes()?);
        let at = r.time()?;
        let kind = EventKind::from_name(&r.text()?);
        let account = r.maybe(Reader::bytes)?.map(AccountId::from_bytes);
        let actor = r.text()?;
        let (actor_id, actor_name) = (r.maybe(Reader::bytes)?, r.text()?);
        let actor = match (actor.as_str(), actor_id) {
            ("user", Some(id)) => Actor::User(UserId::from_bytes(id), actor_name),
            ("operator", _) => Actor::Operator,
            ("stranger", _) => Actor::Stranger,
            // What a newer version may add is nobody a reader could hold to account.
            _ => Actor::System,
        };
        let (subject, subject_name) = (r.maybe(Reader::bytes)?, r.text()?);
        Ok(Self {
            id,
            at,
            kind,
            account,
            actor,
            subject: subject.map(|id| (UserId::from_bytes(id), subject_name)),
            client: r.client()?,
            reason: r.text()?,
            typed: r.maybe(Reader::bytes)?,
            expires_at: r.maybe(Reader::time)?,
        })
    }
}
