//! What a refusal says in the API: problem details (RFC 9457).

use http::{HeaderValue, header};
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    answer,
    body::Body,
    moment::{Moment, seconds_until},
    refusal::Refusal,
    words::{Asker, words},
};
use crate::{error::Error, policy::Violation, site::Site};

/// How long a client waits before it asks a busy or unavailable service again, in seconds.
const PAUSE: u64 = 5;

#[derive(Serialize)]
struct Problem<'a> {
    /// Nothing more is known of it than its status and its kind.
    #[serde(rename = "type")]
    type_: &'static str,
    title: &'a str,
    status: u16,
    kind: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<Vec<Missed<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Moment>,
}

#[derive(Serialize)]
struct Missed<'a> {
    field: &'static str,
    rule: &'static str,
    message: &'a str,
}

impl<'a> From<&'a Violation> for Missed<'a> {
    fn from(violation: &'a Violation) -> Self {
        let Violation { field, rule, message } = violation;
        Self { field, rule, message }
    }
}

/// The refusal as `application/problem+json`.
pub(super) fn problem(
    refusal: &Refusal,
    asker: Asker,
    site: &Site,
    now: OffsetDateTime,
) -> http::Response<Body> {
    let problem = Problem {
        type_: "about:blank",
        title: refusal.status.canonical_reason().unwrap_or_default(),
        status: refusal.status.as_u16(),
        kind: refusal.error.kind(),
        detail: words(refusal, asker, site),
        field: match refusal.error {
            Error::Conflict { field } => Some(field),
            _ => None,
        },
        violations: match &refusal.error {
            Error::Invalid(violations) => Some(violations.iter().map(Missed::from).collect()),
            _ => None,
        },
        retry_at: match refusal.error {
            Error::Throttled { retry_at } => Some(Moment(retry_at)),
            _ => None,
        },
    };
    let mut response = answer::serialized(refusal.status, "application/problem+json", &problem);
    dress(&mut response, refusal, now);
    response
}

/// Gives an answer the headers its refusal calls for.
pub(super) fn dress(response: &mut http::Response<Body>, refusal: &Refusal, now: OffsetDateTime) {
    let headers = response.headers_mut();
    let pause = match refusal.error {
        Error::Throttled { retry_at } => Some(seconds_until(retry_at, now)),
        Error::Busy | Error::Unavailable(_) => Some(PAUSE),
        _ => None,
    };
    if let Some(pause) = pause {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(pause));
    }
    if refusal.status == http::StatusCode::UNAUTHORIZED {
        // RFC 9110 §15.5.2 asks for it.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let allow = refusal.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok());
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow);
    }
}

/// Tells the operator what a client is not told: what did not answer, never what was asked.
pub(super) fn log(refusal: &Refusal) {
    if let Error::Unavailable(cause) = &refusal.error {
        // Display only: the debug form of a database's errors quotes rows.
        let source = cause.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%cause, source, "a request could not be answered");
    }
}
