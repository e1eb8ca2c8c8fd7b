//! Rows from anywhere: reading one never panics, and what was read is written so that it reads
//! the same.
#![no_main]

use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use portcullis::{
    model::{
        Account, Credential, EmailChange, Event, Intent, Invitation, Link, ReleasedName, Session,
        User,
    },
    store::{BudgetState, Kind, Record, Row, Table, Value, tables},
};

/// Names that columns hold, so that more rows are read.
const NAMES: &[&str] = &[
    "find_reset",
    "letter",
    "reset",
    "activation",
    "cookie",
    "bearer",
    "replacement",
    "active",
    "invited",
    "user",
    "operator",
    "logged_in",
    "ada@fuzz.example",
    "192.0.2.1",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "administrator",
];

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    // Input that ends early is no finding.
    let _ = one(&mut input);
});

fn one(input: &mut Unstructured<'_>) -> Result<()> {
    match input.int_in_range(0..=10)? {
        0 => round_trip::<Account>(input),
        1 => round_trip::<Credential>(input),
        2 => round_trip::<Event>(input),
        3 => round_trip::<Intent>(input),
        4 => round_trip::<Invitation>(input),
        5 => round_trip::<Link>(input),
        6 => round_trip::<Session>(input),
        7 => round_trip::<User>(input),
        8 => round_trip::<EmailChange>(input),
        9 => round_trip::<ReleasedName>(input),
        _ => budget(input),
    }
}

fn round_trip<R: Record + PartialEq + std::fmt::Debug>(input: &mut Unstructured<'_>) -> Result<()> {
    let row = row(R::TABLE, input)?;
    let Ok(record) = R::from_row(&row) else { return Ok(()) };
    if row.flaw(R::TABLE).is_some() {
        // No store holds it, so it need not be written again.
        return Ok(());
    }
    let written = record.to_row();
    assert_eq!(written.flaw(R::TABLE), None);
    assert_eq!(written.key(), row.key());
    let again = R::from_row(&written).expect("what was written is read");
    assert_eq!(again, record);
    assert!(again.to_row() == written);
    Ok(())
}

fn budget(input: &mut Unstructured<'_>) -> Result<()> {
    let row = row(&tables::BUDGETS, input)?;
    if let Ok(state) = BudgetState::from_row(&row) {
        assert_eq!(BudgetState::from_row(&state.to_row(&[1; 32])), Ok(state));
    }
    Ok(())
}

fn row(table: &Table, input: &mut Unstructured<'_>) -> Result<Row> {
    let columns = table.columns.iter().map(|column| {
        let choice = input.arbitrary::<u8>()?;
        Ok(match (column.kind, choice) {
            (_, 0..8) => Value::Null,
            (_, 8..16) => any(input)?,
            (Kind::Bytes, 16..32) => Value::Bytes(input.bytes(4)?.to_vec()),
            (Kind::Bytes, ..128) => Value::Bytes(input.bytes(16)?.to_vec()),
            (Kind::Bytes, _) => Value::Bytes(input.bytes(32)?.to_vec()),
            (Kind::Int, ..128) => Value::Int(input.arbitrary::<u32>()?.into()),
            (Kind::Int, _) => Value::Int(input.arbitrary()?),
            (Kind::Text, ..160) => Value::Text((*input.choose(NAMES)?).to_owned()),
            (Kind::Text, _) => Value::Text(input.arbitrary()?),
        })
    });
    let mut values = columns.collect::<Result<Vec<_>>>()?;
    if input.ratio(1, 16)? {
        values.truncate(input.choose_index(values.len())?);
    }
    Ok(Row::new(values))
}

fn any(input: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match input.int_in_range(0..=3)? {
        0 => Value::Null,
        1 => Value::Int(input.arbitrary()?),
        2 => Value::Text(input.arbitrary()?),
        _ => Value::Bytes(input.arbitrary()?),
    })
}
