//! Where somebody is logged in.

use http::StatusCode;
use serde::Serialize;

use super::{shapes::Session, who};
use crate::{
    error::Error,
    web::{
        answer::{self, Answer},
        service::Call,
    },
};

#[derive(Serialize)]
struct List<'a> {
    sessions: Vec<Session<'a>>,
}

/// `GET /sessions`
pub(super) async fn list(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let sessions = call.auth().my_account(&me).sessions().await?;
    let current = me.session().id;
    let sessions = sessions.iter().map(|session| Session::of(session, current)).collect();
    answer::json(StatusCode::OK, &List { sessions })
}

/// `DELETE /sessions/{id}`
pub(super) async fn end(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    // What is no id is no session's.
    let id = id.parse().map_err(|_| Error::NotFound)?;
    call.auth().my_account(&me).end_session(id, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /sessions`
pub(super) async fn end_others(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    call.auth().my_account(&me).end_other_sessions(&call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
