//! Answers, and the headers every one of them carries.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::{body::Body, refusal::Refusal};
use crate::error::Error;

/// What a handler comes to.
pub(super) type Answer = Result<Response<Body>, Refusal>;

/// JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    Ok(serialized(status, "application/json", value))
}

/// Nothing but a status.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Bytes of a kind.
pub(super) fn typed(
    status: StatusCode,
    content_type: &'static str,
    bytes: impl Into<bytes::Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Body::new(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// JSON under another name.
pub(super) fn serialized(
    status: StatusCode,
    content_type: &'static str,
    value: &impl Serialize,
) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => typed(status, content_type, bytes),
        // The shapes are strings, numbers and lists, which can always be written.
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Sends a browser on with a GET, whatever it came with.
pub(super) fn see_other(path: &str) -> Answer {
    let location = HeaderValue::from_str(path).map_err(unwritable)?;
    let mut response = empty(StatusCode::SEE_OTHER);
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// An answer that sets cookies as well.
pub(super) fn with_cookies(
    mut response: Response<Body>,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Response<Body> {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// What a configured path cannot be written for.
pub(super) fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(Box::new(error))
}

/// Scripts, frames and foreign content have no place on these pages. `form-action` holds for
/// the redirect after a form as well, and every such redirect stays on this site.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const EVERYWHERE: [(HeaderName, &str); 4] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Gives an answer the headers every answer carries.
pub(super) fn dress(headers: &mut HeaderMap) {
    for (name, value) in EVERYWHERE {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(const { HeaderValue::from_static("no-store") });
}

/// What a HEAD is answered with: everything but the body.
pub(super) fn headless(mut response: Response<Body>) -> Response<Body> {
    let length = std::mem::take(response.body_mut()).len();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}
