//! Why a page of the CRM could not be answered.

use axum::{http::StatusCode, response::Response};
use portcullis::error::Error;

use crate::app::App;

/// Something is not there that should be. Nobody's fault who asked, so the page says only that.
pub(crate) enum Failure {
    Auth(Error),
    Leads(sqlx::Error),
    File(csv::Error),
}

impl Failure {
    /// The page that says so.
    pub(crate) fn page(&self, app: &App) -> Response {
        if let Self::Auth(Error::Malformed(detail)) = self {
            return app.pages.say(StatusCode::BAD_REQUEST, None, "That did not arrive", detail);
        }
        match self {
            // The source is infrastructure: for the log, never for the page.
            Self::Auth(error) => tracing::warn!(kind = error.kind(), "portcullis did not answer"),
            Self::Leads(error) => tracing::warn!(%error, "the leads did not answer"),
            Self::File(error) => tracing::warn!(%error, "a file of leads could not be written"),
        }
        let message = "Something did not answer just now. Try again in a moment.";
        app.pages.say(StatusCode::SERVICE_UNAVAILABLE, None, "One moment", message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Auth(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Leads(error)
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        Self::File(error)
    }
}
