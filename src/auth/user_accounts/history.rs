//! What the audit trail says about somebody.

use super::UserAccounts;
use crate::{
    auth::{core::page, cursor::Cursors},
    error::{Error, Result},
    id::UserId,
    model::Event,
    policy::Permission,
    store::{Record as _, Value, tables},
};

/// A page of the audit trail.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct History {
    /// The entries, newest first.
    pub events: Vec<Event>,
    /// The cursor that goes on behind them, where there may be more.
    pub next: Option<String>,
}

/// What it takes to read where somebody logged in from.
pub(super) const READS: &[Permission] = &[Permission::USERS_MANAGE, Permission::AUDIT_READ];

impl UserAccounts<'_> {
    /// What happened to somebody, newest first: up to `limit` entries, 200 at the most, behind
    /// those of the page this cursor came with.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the cursor is not one of this history; [`Error::Forbidden`]
    /// without [`Permission::USERS_MANAGE`] or [`Permission::AUDIT_READ`];
    /// [`Error::NotFound`] for users of other companies; [`Error::Unavailable`] when the store
    /// does not answer.
    pub async fn history(
        &self,
        user: UserId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<History> {
        let core = self.seeing(READS).await?;
        let user = self.colleague(core, user).await?.id;
        let filter: &[&[u8]] = &[b"history", user.as_bytes()];
        let cursors = Cursors::new(core.key().await?, filter);
        let limit = limit.clamp(1, 200);
        let size = u32::try_from(limit).unwrap_or(200).saturating_add(1);
        let equal = vec![Value::Bytes(user.as_bytes().to_vec())];
        let mut newest = page(&tables::EVENTS, "of_subject", equal, size)?.descending();
        newest.after = cursor.map(|cursor| place(&cursors.read(cursor)?)).transpose()?;
        let rows = core.store.page(&newest).await?;
        let has_more = rows.len() > limit;
        let events: Vec<Event> =
            rows.iter().take(limit).map(Event::from_row).collect::<Result<_, _>>()?;
        let last = events.last().filter(|_| has_more).map(|event| {
            let at = crate::clock::to_micros(event.at).to_be_bytes();
            cursors.write(&[at.as_slice(), event.id.as_bytes()].concat())
        });
        Ok(History { events, next: last })
    }
}

/// A place as the store reads it.
fn place(place: &[u8]) -> Result<Vec<Value>> {
    match place.split_first_chunk() {
        Some((at, id)) => Ok(vec![Value::Int(i64::from_be_bytes(*at)), Value::Bytes(id.to_vec())]),
        None => Err(Error::Malformed("The cursor cannot be read.")),
    }
}
