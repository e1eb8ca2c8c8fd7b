//! What a refusal says: in the API as problem details (RFC 9457), and in words.

use http::{HeaderValue, header};
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    answer,
    body::Body,
    moment::{Moment, seconds_until},
    refusal::Refusal,
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
pub(super) fn problem(refusal: &Refusal, site: &Site, now: OffsetDateTime) -> http::Response<Body> {
    let problem = Problem {
        type_: "about:blank",
        title: refusal.status.canonical_reason().unwrap_or_default(),
        status: refusal.status.as_u16(),
        kind: refusal.error.kind(),
        detail: words(refusal, site),
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

/// What happened, and what to do next.
pub(super) fn words(refusal: &Refusal, site: &Site) -> String {
    if let Some(detail) = refusal.detail {
        return detail.to_owned();
    }
    let words = match &refusal.error {
        Error::Malformed(detail) => *detail,
        Error::Unauthenticated => "There is no valid session. Log in.",
        Error::Rejected => {
            "That did not match, or is no longer valid. Check what was entered, choose Forgot \
             Password, or ask your administrator."
        }
        Error::Throttled { .. } => "Too many tries. Wait, and try again then.",
        Error::Invalid(_) => "Some requirements are not met; each is listed.",
        Error::Forbidden => "This is not allowed for you. Ask your administrator.",
        Error::StepUpRequired => "Show your password again, and then repeat this.",
        Error::AccountEnded => {
            "The password is right, and the plan of your company has ended. To go on, ask \
             whoever runs this site."
        }
        Error::NotFound => {
            "There is no such thing here. Check the address, or find it in its list."
        }
        Error::Conflict { field: "seats" } => {
            "Every seat of the plan is taken. Free one, or get more seats."
        }
        Error::Conflict { field: "administrators" } => {
            "The account would be left without an active administrator. Make somebody else one \
             first."
        }
        Error::Conflict { field: "status" } => {
            "The person's status does not allow it: who is disabled is enabled first, and who is \
             invited has their invitation sent again or taken back."
        }
        Error::Conflict { field: "email" } => {
            "The address is not proven to be theirs, so no link is sent there. Help them as \
             somebody who cannot reach the mailbox: with another address, or with this one again."
        }
        Error::Conflict { .. } => {
            "It is already taken, or somebody else changed it meanwhile. Look again, and choose \
             another."
        }
        Error::Busy => "Nothing was changed: too much is going on at once. Try again.",
        Error::Unavailable(_) => {
            "The service did not answer, so it is not known whether the change was made. Try \
             again in a moment."
        }
    };
    let contact = site.support_contact();
    if matches!(refusal.error, Error::AccountEnded) && !contact.is_empty() {
        return format!("{words} Contact: {contact}.");
    }
    words.to_owned()
}

/// Tells the operator what a client is not told: what did not answer, never what was asked.
pub(super) fn log(refusal: &Refusal) {
    if let Error::Unavailable(cause) = &refusal.error {
        // Display only: the debug form of a database's errors quotes rows.
        let source = cause.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%cause, source, "a request could not be answered");
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::store::StoreError;

    /// Nobody is left at a dead end: each refusal says what to do about it.
    #[test]
    fn m30_every_refusal_names_the_next_step() {
        let site =
            Site::new("Acme CRM", "https://crm.example").unwrap().support("help@crm.example");
        let fields = ["seats", "administrators", "status", "email", "username", "version"];
        let conflicts = fields.map(|field| Error::Conflict { field });
        let gone = StoreError::unavailable(std::io::Error::other("gone"));
        let others = [
            Error::Unauthenticated,
            Error::Rejected,
            Error::Throttled { retry_at: OffsetDateTime::UNIX_EPOCH },
            Error::Invalid(Vec::new()),
            Error::Forbidden,
            Error::StepUpRequired,
            Error::AccountEnded,
            Error::NotFound,
            Error::Busy,
            Error::Unavailable(gone.into()),
        ];
        let steps = [
            "Log in",
            "ask ",
            "Ask ",
            "Wait",
            "is listed",
            "Show",
            "Check",
            "Free one",
            "Make ",
            "is enabled first",
            "Help them",
            "Look again",
            "Try again",
            "choose",
        ];
        for error in conflicts.into_iter().chain(others) {
            let kind = error.kind();
            let words = words(&Refusal::from(error), &site);
            assert!(steps.iter().any(|step| words.contains(step)), "{kind}: {words}");
        }
        let ended = words(&Refusal::from(Error::AccountEnded), &site);
        assert!(ended.contains("help@crm.example"), "{ended}");
    }
}
