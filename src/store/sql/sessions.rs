use super::{
    Arg, Call,
    names::{Marks, Names},
    statements::columns,
};
use crate::{
    secret::Digest,
    store::{Row, SessionRows, StoreError, Table, tables},
};

/// The statements that read sessions with their users and accounts, by digest.
///
/// A statement that is prepared has a fixed number of marks, so there is one for each power of
/// two, and the last digest is sent again until it is full. PostgreSQL would take any number as
/// one array; with a fixed number it keeps one plan, and was no slower.
pub(in crate::store) struct Sessions {
    /// For how many digests each is, the fewest first.
    statements: Vec<(usize, String)>,
}

impl Sessions {
    /// The tables whose rows lie side by side in an answer.
    pub(in crate::store) const TABLES: [&'static Table; 3] =
        [&tables::SESSIONS, &tables::USERS, &tables::ACCOUNTS];

    pub(super) fn new(names: &Names<'_>) -> Self {
        let sizes = std::iter::successors(Some(1), |size| Some(size * 2));
        let sizes = sizes.take_while(|size| *size < 2 * SessionRows::MOST);
        Self { statements: sizes.map(|size| (size, select(names, size))).collect() }
    }

    /// What reads these; `None` where there is nothing to read.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when they are too many.
    pub(in crate::store) fn of<'a>(
        &'a self,
        digests: &'a [Digest],
    ) -> Result<Option<Call<'a>>, StoreError> {
        if let Some(flaw) = SessionRows::flaw(digests) {
            return Err(StoreError::Unsupported(flaw));
        }
        let fits = self.statements.iter().find(|(size, _)| *size >= digests.len());
        let (Some(last), Some((size, sql))) = (digests.last(), fits) else { return Ok(None) };
        let each = digests.iter().chain(std::iter::repeat(last)).take(*size);
        Ok(Some(Call::new(sql, each.map(|digest| Arg::Bytes(digest.as_bytes())))))
    }

    /// What the rows of an answer are.
    pub(in crate::store) fn read(found: Vec<Vec<Row>>) -> Vec<SessionRows> {
        let rows = found.into_iter().filter_map(|rows| <[Row; 3]>::try_from(rows).ok());
        rows.map(|[session, user, account]| SessionRows { session, user, account }).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().map(|(_, sql)| sql.as_str())
    }
}

/// Reads the sessions that have one of so many digests.
fn select(names: &Names<'_>, size: usize) -> String {
    let of = |alias: &str, table: &Table| {
        let columns = columns(table);
        names.each(&columns, |column| format!("{alias}.{column}"))
    };
    let look_up = |table: &Table, called, of| {
        let (table, id) = (names.table(table.name), names.quoted("id"));
        (names.dialect.look_up)(&table, called, &id, &format!("s.{}", names.quoted(of)))
    };
    format!(
        "SELECT {}, {}, {} FROM {} s {} {} WHERE s.{} IN ({})",
        of("s", &tables::SESSIONS),
        of("u", &tables::USERS),
        of("a", &tables::ACCOUNTS),
        names.table(tables::SESSIONS.name),
        look_up(&tables::USERS, "u", "user"),
        look_up(&tables::ACCOUNTS, "a", "account"),
        names.quoted("digest"),
        Marks::new(names.dialect).list(size),
    )
}
