//! Where somebody is logged in.

use http::StatusCode;
use serde::Serialize;

use super::{invitations::user, shapes::Session, who};
use crate::{
    auth::Identity,
    error::Error,
    model,
    web::{
        answer::{self, Answer},
        service::Call,
    },
};

#[derive(Serialize)]
struct List<'a> {
    sessions: Vec<Session<'a>>,
    /// How many there may be at a time; null for any number.
    allowed: Option<u32>,
}

/// `GET /sessions`
pub(super) async fn list(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    answer_with(call, &me, &call.auth().my_account(&me).sessions().await?)
}

/// `GET /users/{id}/sessions`
pub(super) async fn of_user(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    answer_with(call, &me, &call.auth().user_accounts(&me)?.sessions(user(id)?).await?)
}

fn answer_with(call: &Call, me: &Identity, sessions: &[model::Session]) -> Answer {
    let current = me.session().id;
    let sessions = sessions.iter().map(|session| Session::of(session, current)).collect();
    let allowed = call.auth().policy().limits.sessions_per_user;
    answer::json(StatusCode::OK, &List { sessions, allowed })
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
