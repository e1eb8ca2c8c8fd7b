//! Holds `calls.md`, which the module's documentation shows, against the tables of routes.

use std::collections::BTreeSet;

use super::{api::CALLS, pages::PAGES, routes::Row, service::Call};

/// What a row of the document begins with: "| `GET /api/me` |".
fn documented() -> BTreeSet<String> {
    let rows = include_str!("calls.md").lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

fn answered() -> BTreeSet<String> {
    let names = |table: &'static [Row<Call>], below: &'static str| {
        table.iter().map(move |row| format!("{} {below}{}", row.method, row.pattern))
    };
    names(CALLS, "/api").chain(names(PAGES, "")).collect()
}

#[test]
fn every_call_and_page_is_in_calls_md() {
    let (documented, answered) = (documented(), answered());
    let missing: Vec<_> = answered.difference(&documented).collect();
    assert!(missing.is_empty(), "add a row for each of these to src/web/calls.md: {missing:#?}");
    let gone: Vec<_> = documented.difference(&answered).collect();
    assert!(gone.is_empty(), "src/web/calls.md has rows that nothing answers: {gone:#?}");
}
