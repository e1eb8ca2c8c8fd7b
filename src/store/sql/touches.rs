use super::{
    Arg, Call,
    names::{Marks, Names},
};
use crate::store::{Change, Table, tables};

/// The statement that lifts a number of many rows at once. "Last seen" is written for hundreds of
/// sessions in one batch; a round trip for each would keep all of them locked for as long.
pub(super) struct Touches(String);

/// How many rows it is about: so few that each is looked up, whatever a planner thinks of them.
const MANY: usize = 16;

/// Which number is lifted for many at once.
const TABLE: &Table = &tables::SESSIONS;
const COLUMN: &str = "last_seen_at";

impl Touches {
    pub(super) fn new(names: &Names<'_>) -> Self {
        let key = TABLE.columns.first().map_or("", |key| key.name);
        let (key, column) = (names.quoted(key), names.quoted(COLUMN));
        let mut marks = Marks::new(names.dialect);
        let lifted = |marks: &mut Marks<'_>| {
            let to: Vec<_> =
                (0..MANY).map(|_| format!("WHEN {} THEN {}", marks.next(), marks.next())).collect();
            format!("CASE {key} {} ELSE {column} END", to.join(" "))
        };
        let (to, keys, above) = (lifted(&mut marks), marks.list(MANY), lifted(&mut marks));
        Self(format!(
            "UPDATE {} SET {column} = {to} WHERE {key} IN ({keys}) AND {column} < {above}",
            names.table(TABLE.name)
        ))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.0.as_str())
    }

    /// The call that does what the first of these changes ask, and the changes after them, where
    /// there are as many of its kind.
    pub(super) fn split<'a>(&'a self, changes: &'a [Change]) -> Option<(Call<'a>, &'a [Change])> {
        let (first, rest) = changes.split_at_checked(MANY)?;
        let touched: Option<Vec<_>> = first.iter().map(touched).collect();
        let touched = touched?;
        let pairs = || touched.iter().flat_map(|(key, to)| [*key, *to]);
        let keys = touched.iter().map(|(key, _)| *key);
        Some((Call::new(&self.0, pairs().chain(keys).chain(pairs())), rest))
    }
}

/// Whose number is lifted, and to what, where it is this number.
fn touched(change: &Change) -> Option<(Arg<'_>, Arg<'_>)> {
    match change {
        Change::Raise { table, key, column, to }
            if std::ptr::eq(*table, TABLE) && *column == COLUMN =>
        {
            Some((Arg::Bytes(key), Arg::Int(*to)))
        }
        _ => None,
    }
}
