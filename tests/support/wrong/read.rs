use std::collections::BTreeSet;

use portcullis::{
    clock::{Clock as _, SystemClock, to_micros},
    secret::Digest,
    store::{Direction, Page, Row, SessionRows, StoreError, Table, Unique, Value, tables},
};
use tokio::task::yield_now;

use super::{Fault, Tables, WrongStore, all_at};

impl WrongStore {
    pub async fn read_get(
        &self,
        table: &'static Table,
        key: &[u8],
    ) -> Result<Option<Row>, StoreError> {
        self.known(table)?;
        self.connect().await;
        let mut row = self.read(table, |rows| rows.get(self.cut(key)).cloned());
        self.disconnect();
        if self.is(Fault::CachesForEachHandle) {
            let mut cache = self.cache.lock().unwrap();
            row = cache.entry((table.name, key.to_vec())).or_insert(row).clone();
        }
        if self.is(Fault::HidesTheExpired) {
            let now = Value::Int(to_micros(SystemClock.now()));
            let expires = table.expires.and_then(|column| table.position(column));
            row = row.filter(|row| expires.is_none_or(|expires| *row.value(expires) >= now));
        }
        Ok(row)
    }

    pub async fn read_find(
        &self,
        table: &'static Table,
        unique: &'static Unique,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        self.known(table)?;
        let fits = table.uniques.contains(unique) && table.fits(unique.columns, values);
        if !fits {
            return if self.is(Fault::AnswersAnything) {
                Ok(None)
            } else {
                Err(StoreError::Unsupported("a look-up that is not one of the table's"))
            };
        }
        if values.contains(&Value::Null) && !self.is(Fault::FindsByNull) {
            return Ok(None);
        }
        let values = self.compared(values.to_vec());
        let of = |row: &&Row| self.compared(all_at(table, row, unique.columns)) == values;
        self.connect_to_find().await;
        let found = self.read(table, |rows| rows.values().find(of).cloned());
        self.disconnect();
        Ok(found)
    }

    pub async fn read_page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
        self.known(page.table)?;
        let asked = page.table.is_known() && !self.is(Fault::PagesByAnything);
        if let Some(flaw) = page.flaw().filter(|_| asked) {
            return if self.is(Fault::AnswersAnything) {
                Ok(Vec::new())
            } else {
                Err(StoreError::Unsupported(flaw))
            };
        }
        let limit = match page.limit {
            0 if self.is(Fault::TakesZeroForAll) => usize::MAX,
            limit => self.limit(limit),
        };
        let by = |row: &Row| self.sorted(all_at(page.table, row, page.ordering.by));
        let name = |after: &[Value]| {
            // Values do not show themselves, so they are named by what they are made of.
            let parts = page.equal.iter().chain(after).map(|value| match value {
                Value::Null => "-".to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                Value::Bytes(bytes) => format!("{bytes:?}"),
            });
            let parts: Vec<_> = parts.collect();
            format!(
                "{}{}{:?}{}",
                page.table.name,
                page.ordering.name,
                page.direction,
                parts.join(",")
            )
        };
        let descending = page.direction == Direction::Descending && !self.is(Fault::AlwaysAscends);
        let offset = page.after.as_ref().filter(|_| self.is(Fault::PagesByOffset));
        let offset =
            offset.and_then(|after| self.shared.offsets.lock().unwrap().get(&name(after)).copied());
        let is_behind = |row: &Row| {
            let Some(after) = page.after.as_ref().filter(|_| offset.is_none()) else { return true };
            let (row, after) = if self.is(Fault::LosesTies) {
                (by(row)[..1].to_vec(), after[..1].to_vec())
            } else {
                (by(row), self.sorted(after.clone()))
            };
            if descending { row < after } else { row > after }
        };
        let is_in = |row: &&Row| {
            let equal = all_at(page.table, row, page.ordering.equal);
            let bound = |value: &Value| self.bounded(value.clone());
            let first = bound(&all_at(page.table, row, &page.ordering.by[..1])[0]);
            let null = self.is(Fault::ComparesToNull) && equal.contains(&Value::Null);
            let ignored = self.is(Fault::IgnoresFromBehindARow) && page.after.is_some();
            equal == page.equal
                && !null
                && (ignored || page.from.as_ref().is_none_or(|from| first >= bound(from)))
                && page.until.as_ref().is_none_or(|until| {
                    let until = bound(until);
                    first < until || (self.is(Fault::ShowsUntil) && first == until)
                })
                && is_behind(row)
        };
        self.connect().await;
        let mut rows: Vec<_> =
            self.read(page.table, |rows| rows.values().filter(is_in).cloned().collect());
        self.disconnect();
        let unsigned = |value: Value| match value {
            Value::Int(number) => Value::Bytes((number as u64).to_be_bytes().to_vec()),
            value => value,
        };
        rows.sort_by_key(|row| match self.fault {
            Fault::SortsUnsigned => by(row).into_iter().map(unsigned).collect(),
            _ => by(row),
        });
        if descending {
            rows.reverse();
        }
        let rows: Vec<_> = rows.into_iter().skip(offset.unwrap_or(0)).take(limit).collect();
        if let Some(last) = rows.last() {
            let read = offset.unwrap_or(0) + rows.len();
            self.shared.offsets.lock().unwrap().insert(name(&by(last)), read);
        }
        Ok(rows)
    }

    pub async fn read_sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        if let Some(flaw) = SessionRows::flaw(digests)
            && !self.is(Fault::TakesAnyNumberOfSessions)
        {
            return Err(StoreError::Unsupported(flaw));
        }
        let key = |row: &Row, column| match all_at(&tables::SESSIONS, row, &[column]).remove(0) {
            Value::Bytes(key) => key,
            _ => Vec::new(),
        };
        let get =
            |tables: &Tables, table: &Table, key: &[u8]| tables.get(table.name)?.get(key).cloned();
        self.connect().await;
        let all = || {
            let replica = self.is(Fault::ReadsAReplica);
            let tables = if replica { &self.shared.replica } else { &self.shared.tables };
            tables.lock().unwrap().clone()
        };
        let mut tables = all();
        self.disconnect();
        let folded = |key: &[u8]| {
            if self.is(Fault::FoldsDigests) { key.to_ascii_lowercase() } else { key.to_vec() }
        };
        let wanted: BTreeSet<_> =
            digests.iter().map(|digest| folded(digest.as_bytes().as_slice())).collect();
        let sessions = tables.get(tables::SESSIONS.name).into_iter().flat_map(|rows| rows.values());
        let mut sessions: Vec<_> =
            sessions.filter(|row| wanted.contains(&folded(row.key()))).cloned().collect();
        if self.is(Fault::AnswersTheFirstSession) {
            sessions.truncate(1);
        }
        if self.is(Fault::AnswersSessionsTwice) {
            let asked_again = digests.len() > wanted.len();
            sessions.extend(if asked_again { sessions.clone() } else { Vec::new() });
        }
        if self.is(Fault::ReadsSessionsFirst) {
            yield_now().await;
            tables = all();
        }
        let mut found = Vec::new();
        let mut last: Option<Row> = None;
        for session in sessions {
            let made_up = || self.is(Fault::MakesUpUsers).then(|| Row::new(Vec::new()));
            let user = get(&tables, &tables::USERS, &key(&session, "user")).or_else(made_up);
            let user = last.take().filter(|_| self.is(Fault::MixesUpUsers)).or(user);
            last.clone_from(&user);
            if self.is(Fault::ReadsSessionsInSteps) {
                yield_now().await;
                tables = all();
            }
            let account =
                get(&tables, &tables::ACCOUNTS, &key(&session, "account")).or_else(made_up);
            let rows = user.zip(account);
            found.extend(rows.map(|(user, account)| SessionRows { session, user, account }));
        }
        Ok(found)
    }
}
