//! Every row codec, by the tables' own descriptions.

use portcullis::{
    model::{
        Account, Credential, Event, EventKind, Intent, Invitation, Link, Session, Status, Template,
        Transport, User,
    },
    secret::Purpose,
    store::{BudgetState, Column, Corrupt, Kind, Record, Row, Table, Value, tables},
};
use proptest::{prelude::*, sample::select};

/// Codecs look at no character of a text, so a few of any kind will do for each column. No text in
/// a row holds a NUL.
fn any_text() -> impl Strategy<Value = String> {
    let any = any::<[char; 2]>().prop_map(String::from_iter);
    prop_oneof!["\\PC{0,6}", any].prop_map(|text: String| text.replace('\0', ""))
}

/// A value this column may hold in a row the crate wrote.
fn shaped(table: &str, column: &Column) -> BoxedStrategy<Value> {
    let names = |names: Vec<&'static str>| select(names).prop_map(text).boxed();
    let filled = match (table, column.name) {
        (_, "transport") => names(Transport::ALL.iter().map(|t| t.as_str()).collect()),
        (_, "purpose") => names(Purpose::ALL.iter().map(|p| p.as_str()).collect()),
        (_, "status") => names(Status::ALL.iter().map(|s| s.as_str()).collect()),
        (_, "template") => names(Template::ALL.iter().map(|t| t.as_str()).collect()),
        (_, "kind") => names(EventKind::ALL.iter().map(|k| k.as_str()).collect()),
        (_, "errand") => names(vec!["find_reset", "letter"]),
        (_, "actor") => names(vec!["user", "operator", "stranger", "system"]),
        ("users", "email") => {
            "[a-zA-Z0-9.+]{0}[a-z]{1,9}@[a-z]{1,9}\\.example".prop_map(Value::Text).boxed()
        }
        (_, "address") => {
            any::<std::net::IpAddr>().prop_map(|a| Value::Text(a.to_string())).boxed()
        }
        (_, "digest" | "once" | "minted") | ("budgets", "key") => bytes::<32>(),
        (_, "typed") => bytes::<4>(),
        (_, "count" | "attempts" | "seats" | "seats_taken" | "administrators") => {
            any::<u32>().prop_map(|count| Value::Int(count.into())).boxed()
        }
        (_, name)
            if name.ends_with("_at") || ["at", "plan_until", "temporary_until"].contains(&name) =>
        {
            (-377_705_116_800_000_000_i64..=253_402_300_799_999_999).prop_map(Value::Int).boxed()
        }
        _ => match column.kind {
            Kind::Bytes => bytes::<16>(),
            Kind::Int => any::<i64>().prop_map(Value::Int).boxed(),
            Kind::Text => any_text().prop_map(Value::Text).boxed(),
        },
    };
    if column.nullable { prop_oneof![3 => filled, 1 => Just(Value::Null)].boxed() } else { filled }
}

fn text(name: &str) -> Value {
    Value::Text(name.to_owned())
}

fn bytes<const N: usize>() -> BoxedStrategy<Value> {
    any::<[u8; N]>().prop_map(|bytes| Value::Bytes(bytes.to_vec())).boxed()
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        any_text().prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ]
}

/// A row the crate could have written.
fn well(table: &'static Table) -> BoxedStrategy<Row> {
    let columns: Vec<_> = table.columns.iter().map(|column| shaped(table.name, column)).collect();
    columns.prop_map(Row::new).boxed()
}

/// A row with a few values from anywhere, and perhaps of another length.
fn spoilt(table: &'static Table) -> impl Strategy<Value = Row> {
    let places = prop::collection::vec((0..table.columns.len() + 2, any_value()), 1..4);
    (well(table), places, any::<bool>()).prop_map(|(row, places, cut)| {
        let mut values = row.values().to_vec();
        for (place, value) in places {
            if cut && place < values.len() {
                values.truncate(place);
            }
            match values.get_mut(place) {
                Some(slot) => *slot = value,
                None => values.push(value),
            }
        }
        Row::new(values)
    })
}

/// What is read is written so that it reads the same.
fn round_trip<R: Record + PartialEq + std::fmt::Debug>(row: &Row) -> Result<bool, TestCaseError> {
    let Ok(record) = R::from_row(row) else { return Ok(false) };
    let written = record.to_row();
    prop_assert_eq!(written.flaw(R::TABLE), None);
    let again = R::from_row(&written);
    prop_assert_eq!(again.as_ref(), Ok(&record));
    prop_assert!(again.unwrap().to_row() == written, "written twice, written alike");
    prop_assert_eq!(written.key(), row.key());
    Ok(true)
}

macro_rules! codecs {
    ($($name:ident: $type:ty;)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn rows_read_back(row in well(<$type as Record>::TABLE)) {
                    prop_assert_eq!(row.flaw(<$type as Record>::TABLE), None);
                    // An errand's columns depend on its name, so some of these are no errand.
                    let is_one = round_trip::<$type>(&row)?;
                    prop_assert!(is_one || <$type as Record>::TABLE.name == "outbox");
                }

                #[test]
                fn spoilt_rows_are_refused_or_read_back(row in spoilt(<$type as Record>::TABLE)) {
                    round_trip::<$type>(&row)?;
                }
            }
        }
    )*};
}

codecs! {
    account: Account;
    credential: Credential;
    event: Event;
    intent: Intent;
    invitation: Invitation;
    link: Link;
    session: Session;
    user: User;
}

proptest! {
    #[test]
    fn budgets_read_back(row in prop_oneof![
        well(&tables::BUDGETS),
        spoilt(&tables::BUDGETS).boxed(),
    ]) {
        if let Ok(state) = BudgetState::from_row(&row) {
            let key = [3; 32];
            prop_assert_eq!(BudgetState::from_row(&state.to_row(&key)), Ok(state));
            prop_assert_eq!(state.to_row(&key).flaw(&tables::BUDGETS), None);
        }
    }

    /// `flaw` finds what does not fit, in any table, and nothing else.
    #[test]
    fn flaws_are_found(
        table in select(Table::ALL),
        seed in prop::collection::vec(prop_oneof![9 => any_value(), 1 => Just(text("a\0b"))], 0..18),
    ) {
        let fits = |(column, value): (&Column, &Value)| match value {
            Value::Null => column.nullable,
            Value::Int(_) => column.kind == Kind::Int,
            Value::Text(text) => column.kind == Kind::Text && !text.contains('\0'),
            Value::Bytes(_) => column.kind == Kind::Bytes,
        };
        let fitting = seed.len() == table.columns.len() && table.columns.iter().zip(&seed).all(fits);
        prop_assert_eq!(Row::new(seed).flaw(table).is_none(), fitting);
    }

    #[test]
    fn whole_rows_have_no_flaw((table, row) in select(Table::ALL).prop_flat_map(|t| (Just(t), well(t)))) {
        prop_assert_eq!(row.flaw(table), None);
    }

    /// What a row holds stays out of every message.
    #[test]
    fn rows_never_show(word in "[a-z]{12,20}", row in spoilt(&tables::USERS)) {
        let mut row = row;
        row.set(2, text(&word));
        let shown = format!("{row:?} {:?}", row.values());
        prop_assert!(!shown.contains(&word));
        if let Err(corrupt) = User::from_row(&row) {
            let Corrupt { table, column } = corrupt;
            prop_assert!(table == "users" && (column == "?" || tables::USERS.position(column).is_some()));
        }
    }
}

/// An intent is not always one, so that the test above could pass on none: most are.
#[test]
fn most_intents_are_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let rows = well(&tables::OUTBOX);
    let read = (0..200).filter(|_| {
        let tree = proptest::strategy::ValueTree::current(&rows.new_tree(&mut runner).unwrap());
        Intent::from_row(&tree).is_ok()
    });
    assert!(read.count() > 80);
}
