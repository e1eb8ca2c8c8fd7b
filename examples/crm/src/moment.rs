//! Times, for people and for programs.

use minijinja::{Value, context};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A time as pages show it.
pub(crate) fn shown(at: OffsetDateTime) -> Value {
    let (day, month, year) = (at.day(), at.month(), at.year());
    let text = format!("{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute());
    context! { iso => iso(at), text => text }
}

/// The day alone, short enough for a table.
pub(crate) fn day(at: OffsetDateTime) -> Value {
    let month = at.month().to_string();
    let text = format!("{} {} {}", at.day(), month.get(..3).unwrap_or(&month), at.year());
    context! { iso => iso(at), text => text }
}

/// RFC 3339, in UTC.
pub(crate) fn iso(at: OffsetDateTime) -> String {
    // Only years beyond 9999 cannot be written, and no clock shows one.
    at.format(&Rfc3339).unwrap_or_default()
}
