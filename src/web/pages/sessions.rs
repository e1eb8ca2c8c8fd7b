//! My Account > Sessions.

use http::StatusCode;
use minijinja::{Value, context};

use super::{
    notice::{self, Notice},
    path_to,
};
use crate::{
    error::{Error, Result},
    id::SessionId,
    model::Session,
    web::{
        agent,
        answer::{self, Answer},
        form::Form,
        moment,
        service::Call,
    },
};

/// `GET /account/sessions`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mine = call.auth().my_account(&me);
    let (sessions, allowed) = (mine.sessions().await?, mine.sessions_allowed());
    let current = me.session().id;
    let sessions: Vec<Value> = sessions.iter().map(|session| row(session, current)).collect();
    let values = context! { sessions, allowed, notice => notice::asked(call) };
    Ok(call.pages.page(StatusCode::OK, "sessions.html", Some(&me), values))
}

/// A session, as whoever holds the session `current` sees it.
pub(super) fn row(session: &Session, current: SessionId) -> Value {
    let address = session.client.address.map(|address| address.to_string());
    context! {
        id => session.id.to_string(),
        current => session.id == current,
        remembered => session.remembered,
        created_at => moment::shown(session.created_at),
        last_seen_at => moment::shown(session.last_seen_at),
        expires_at => moment::shown(session.expires_at),
        address => address.unwrap_or_default(),
        agent => agent::short(session.client.agent()),
    }
}

/// `POST /account/sessions`: ends one session, or all `others`.
pub(super) async fn submit(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["session"])?;
    let which = form.need("session")?;
    let mine = call.auth().my_account(&me);
    let notice = if which.as_str() == "others" {
        mine.end_other_sessions(&call.client()).await?;
        Notice::OthersEnded
    } else {
        let ended: Result<()> = match which.parse() {
            Ok(id) => mine.end_session(id, &call.client()).await,
            Err(_) => Err(Error::NotFound),
        };
        match ended {
            Ok(()) => Notice::SessionEnded,
            // What the list showed a moment ago may be over by now.
            Err(Error::NotFound) => Notice::SessionGone,
            Err(error) => return Err(error.into()),
        }
    };
    answer::see_other(&notice.on(&path_to(call, "/account/sessions")))
}
