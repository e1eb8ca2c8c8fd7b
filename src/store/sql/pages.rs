use std::collections::HashMap;

use super::{
    Arg,
    names::{Marks, Names, is_key_order},
};
use crate::store::{Direction, Ordering, Page, Table, Value};

/// What tells two page statements of one ordering apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    ordering: &'static str,
    descending: bool,
    /// One bit for each fixed column whose value is null.
    nulls: u8,
    /// The bound on the side a page starts at.
    start: Start,
    /// Whether the other side is bounded.
    end: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Start {
    Open,
    /// At a value of the first column.
    At,
    /// Behind a row.
    Behind,
}

/// The page statements of one table.
pub(in crate::store) struct Pages {
    statements: HashMap<Shape, String>,
    /// Whether the values of a row to go on behind stand one after the other, the first once.
    compares_rows: bool,
}

impl Pages {
    pub(super) fn new(names: &Names<'_>, table: &Table, select: &str) -> Self {
        let mut pages = HashMap::new();
        for ordering in table.orderings {
            let select = if is_key_order(table, ordering) {
                select.to_owned()
            } else {
                let index = names.index(table, ordering.name);
                format!("{select}{}", (names.dialect.by_index)(&index))
            };
            for shape in shapes(table, ordering) {
                pages.insert(shape, statement(names, ordering, shape, &select));
            }
        }
        Self { statements: pages, compares_rows: names.dialect.compares_rows }
    }

    /// The statement that answers a page without flaws, and its values.
    pub(in crate::store) fn of<'a>(&'a self, page: &'a Page) -> Option<(&'a str, Vec<Arg<'a>>)> {
        let descending = page.direction == Direction::Descending;
        let (near, far) =
            if descending { (&page.until, &page.from) } else { (&page.from, &page.until) };
        // Where a page goes on behind a row, the bound on that side either says less than the
        // row, or so much that the row says nothing. One of the two would make the database
        // read and drop everything between them, so only the narrower one is sent.
        let behind = page.after.as_ref().filter(|after| match (after.first(), near) {
            (Some(row), Some(bound)) if descending => row < bound,
            (Some(row), Some(bound)) => row >= bound,
            _ => true,
        });
        let start = match (behind, near) {
            (Some(_), _) => Start::Behind,
            (None, Some(_)) => Start::At,
            (None, None) => Start::Open,
        };
        let null = |value: &Value| *value == Value::Null;
        let nulls = page.equal.iter().rev().fold(0, |bits, value| bits * 2 + u8::from(null(value)));
        let ordering = page.ordering.name;
        let shape = Shape { ordering, descending, nulls, start, end: far.is_some() };
        let sql = self.statements.get(&shape)?;
        let start: &[Value] = match (behind, near) {
            (Some(after), _) => after,
            (None, Some(near)) => std::slice::from_ref(near),
            (None, None) => &[],
        };
        let fixed = page.equal.iter().filter(|value| !null(value));
        let limit = Arg::Int(i64::from(page.limit));
        let again = if behind.is_some() && start.len() == 2 && !self.compares_rows {
            start.get(..1).unwrap_or_default()
        } else {
            &[]
        };
        let args =
            fixed.chain(again).chain(start).chain(far).map(Arg::from).chain([limit]).collect();
        Some((sql, args))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.statements.values().map(String::as_str)
    }
}

fn shapes(table: &Table, ordering: &'static Ordering) -> Vec<Shape> {
    let nullable = |column: &&str| {
        let column = table.position(column).and_then(|position| table.columns.get(position));
        column.is_some_and(|column| column.nullable)
    };
    let mut nulls = vec![0_u8];
    for (bit, _) in ordering.equal.iter().enumerate().filter(|(_, column)| nullable(column)) {
        let with: Vec<_> = nulls.iter().map(|bits| bits | 1 << bit).collect();
        nulls.extend(with);
    }
    let mut shapes = Vec::new();
    for nulls in nulls {
        for descending in [false, true] {
            for start in [Start::Open, Start::At, Start::Behind] {
                for end in [false, true] {
                    let ordering = ordering.name;
                    shapes.push(Shape { ordering, descending, nulls, start, end });
                }
            }
        }
    }
    shapes
}

fn statement(names: &Names<'_>, ordering: &Ordering, shape: Shape, select: &str) -> String {
    let mut marks = Marks::new(names.dialect);
    let mut conditions: Vec<_> = (0..)
        .zip(ordering.equal)
        .map(|(bit, column)| {
            let column = names.quoted(column);
            if shape.nulls >> bit & 1 == 1 {
                format!("{column} IS NULL")
            } else {
                format!("{column} = {}", marks.next())
            }
        })
        .collect();
    let first = names.list(ordering.by.get(..1).unwrap_or_default());
    let (above, below) = (">=", "<");
    let (near, far, beyond, way) =
        if shape.descending { (below, above, "<", " DESC") } else { (above, below, ">", "") };
    match shape.start {
        Start::Open => {}
        Start::At => conditions.push(format!("{first} {near} {}", marks.next())),
        Start::Behind => {
            let list = names.list(ordering.by);
            conditions.push(match ordering.by {
                [_] => format!("{list} {beyond} {}", marks.next()),
                [_, second] if !names.dialect.compares_rows => {
                    let second = names.quoted(second);
                    let (at, further, then) = (marks.next(), marks.next(), marks.next());
                    format!(
                        "{first} {beyond}= {at} AND ({first} {beyond} {further} OR {second} \
                         {beyond} {then})"
                    )
                }
                by => format!("({list}) {beyond} ({})", marks.list(by.len())),
            });
        }
    }
    if shape.end {
        conditions.push(format!("{first} {far} {}", marks.next()));
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let null = shape.nulls != 0 && names.dialect.orders_by_null;
    let fixed = if null { ordering.equal } else { &[] };
    let order = names.each(&[fixed, ordering.by].concat(), |column| format!("{column}{way}"));
    format!("{select}{filter} ORDER BY {order} LIMIT {}", marks.next())
}
