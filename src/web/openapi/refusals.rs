//! How calls say no: the answers that `problem.rs` writes.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    row::{Row, Session},
    schemas::{all, reference, some_of},
};
use crate::{error::Error, web::refusal::Refusal};

/// The kinds a call refuses with, by status.
pub(super) type Refusals = BTreeMap<u16, BTreeSet<&'static str>>;

/// The refusals of a call: those of its row, and those of every call like it.
pub(super) fn refusals(row: &Row) -> Refusals {
    let mut refusals = Refusals::new();
    let mut add = |status: u16, kind| refusals.entry(status).or_default().insert(kind);
    // Every call refuses a request that shows two sessions.
    add(400, "malformed");
    if row.takes.is_some() {
        add(413, "malformed");
        add(415, "malformed");
    }
    let of_sessions: &[_] =
        if row.session == Session::Needed { &["unauthenticated", "unavailable"] } else { &[] };
    // What another site's page sends, and what comes in each other's way.
    let of_writes: &[_] = if row.writes() { &["forbidden", "busy", "unavailable"] } else { &[] };
    let kinds = kinds();
    for name in [of_sessions, of_writes, row.refuses].concat() {
        if let Some((kind, (status, _))) = kinds.get_key_value(name) {
            add(*status, kind);
        }
    }
    refusals
}

/// What an answer of refusal is called among the components.
pub(super) fn name(status: u16, kinds: &BTreeSet<&str>) -> String {
    kinds.iter().fold(status.to_string(), |name, kind| format!("{name}.{kind}"))
}

/// An answer that refuses.
pub(super) fn answer(status: u16, kinds: &BTreeSet<&str>) -> Value {
    let mut headers = json!({});
    let mut also: &[&str] = &[];
    match status {
        401 => headers = json!({ "WWW-Authenticate": header(json!({ "const": "Bearer" })) }),
        409 => also = &["field"],
        422 => also = &["violations"],
        429 => also = &["retry_at"],
        _ => {}
    }
    if matches!(status, 429 | 503) {
        let seconds = json!({ "type": "integer", "minimum": 1, "description": "Seconds." });
        headers = json!({ "Retry-After": header(seconds) });
    }
    let known = self::kinds();
    let says = |kind: &&str| Some(format!("`{kind}`: {}", known.get(*kind)?.1));
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let description: Vec<String> = match status {
        413 | 415 => vec![reason.unwrap_or_default().to_owned()],
        _ => kinds.iter().filter_map(says).collect(),
    };
    let this = json!({
        "required": also,
        "properties": { "status": { "const": status }, "kind": { "enum": kinds } },
    });
    json!({
        "description": description.join("; "),
        "headers": headers,
        "content": { "application/problem+json": { "schema": {
            "allOf": [reference("Problem"), this],
        } } },
    })
}

/// The schema of what every refusal says.
pub(super) fn problem() -> Value {
    let kinds = kinds();
    let text = || json!({ "type": "string" });
    let violation = all(json!({ "field": text(), "rule": text(), "message": text() }));
    some_of(
        &["field", "violations", "retry_at"],
        json!({
            "type": { "const": "about:blank" },
            "title": text(),
            "status": { "type": "integer" },
            "kind": { "enum": kinds.keys().collect::<Vec<_>>() },
            "detail": text(),
            "field": { "type": "string", "description": "What a conflict is about." },
            "violations": { "type": "array", "items": violation, "minItems": 1 },
            "retry_at": reference("Moment"),
        }),
    )
}

pub(super) fn header(schema: Value) -> Value {
    json!({ "required": true, "schema": schema })
}

/// Every kind, with its status and what it means.
pub(super) fn kinds() -> BTreeMap<&'static str, (u16, String)> {
    let each = [
        Error::Malformed("`detail` tells what it should be"),
        Error::Unauthenticated,
        Error::Rejected,
        Error::Throttled { retry_at: OffsetDateTime::UNIX_EPOCH },
        Error::Invalid(Vec::new()),
        Error::Forbidden,
        Error::StepUpRequired,
        Error::AccountEnded,
        Error::NotFound,
        Error::Conflict { field: "" },
        Error::Busy,
        Error::Unavailable("".into()),
    ];
    let of = |error: Error| {
        let (kind, says) = (error.kind(), error.to_string());
        (kind, (Refusal::from(error).status.as_u16(), says))
    };
    each.map(of).into()
}
