use http::StatusCode;

use super::body::Unread;
use crate::error::Error;

/// Why a door says no: an error of the library, or something only a door can meet.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: Error,
    /// What to say instead of the kind's own words.
    pub(super) detail: Option<&'static str>,
    /// The methods a path answers to, where the one used is not among them.
    pub(super) allow: Option<String>,
}

impl Refusal {
    /// The content type is not the one the call reads.
    pub(super) fn wrong_type(wanted: &'static str) -> Self {
        Self::malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, wanted)
    }

    /// The path exists, the method does not.
    pub(super) fn wrong_method(allow: String) -> Self {
        let detail = "This path does not answer to that method; Allow names those it does.";
        Self { allow: Some(allow), ..Self::malformed(StatusCode::METHOD_NOT_ALLOWED, detail) }
    }

    /// Another site's page sent the request.
    pub(super) fn cross_origin() -> Self {
        let detail = "The request came from a page of another site, so it was not carried out. \
                      Open this site and do it there.";
        Self { detail: Some(detail), ..Self::from(Error::Forbidden) }
    }

    fn malformed(status: StatusCode, detail: &'static str) -> Self {
        Self { status, ..Self::from(Error::Malformed(detail)) }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { status: status(&error), error, detail: None, allow: None }
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::malformed(
                StatusCode::PAYLOAD_TOO_LARGE,
                "A request's body has at most 16 KiB.",
            ),
            Unread::Broken => Error::Malformed("The body did not arrive as a whole.").into(),
        }
    }
}

/// The status each kind is answered with.
fn status(error: &Error) -> StatusCode {
    match error {
        Error::Malformed(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated | Error::Rejected => StatusCode::UNAUTHORIZED,
        Error::Forbidden | Error::StepUpRequired | Error::AccountEnded => StatusCode::FORBIDDEN,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Conflict { .. } => StatusCode::CONFLICT,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Busy | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.status, self.error)
    }
}
