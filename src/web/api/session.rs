//! Logging in, looking who one is, logging out.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    shapes::{Account, Session, User},
    text::Text,
    who,
};
use crate::{
    auth::{Credentials, LogIn, SignedIn, Ticket},
    error::Error,
    model::Transport,
    web::{
        answer::{self, Answer},
        cookies,
        door::Shown,
        service::Call,
        typed,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    login: Text,
    password: Text,
    #[serde(default)]
    remember: bool,
    #[serde(default = "cookie")]
    transport: Text,
}

fn cookie() -> Text {
    Text::of(Transport::Cookie.as_str())
}

const OPEN: &str = "Send one JSON object with login and password, and if wished remember (true or \
                    false) and transport (\"cookie\" or \"bearer\").";

/// `POST /session`
pub(super) async fn open(call: &Call, _: &str) -> Answer {
    let Open { login, password, remember, transport } = call.asked.json(OPEN)?;
    let transport = Transport::from_name(transport.as_str()).ok_or(Error::Malformed(OPEN))?;
    let credentials =
        Credentials::new(login.as_str(), typed::password(password.typed("password"))?)
            .remember(remember)
            .transport(transport);
    match call.auth().login(credentials, &call.client()).await? {
        LogIn::SignedIn(session) => signed_in(call, &session).await,
        LogIn::PasswordChangeRequired(ticket) => change_first(&ticket),
    }
}

#[derive(Serialize)]
struct Opened<'a> {
    status: &'static str,
    user: User<'a>,
    account: Account<'a>,
    session: Session<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// The answer to whoever is in: a cookie, or the token for a bearer.
pub(super) async fn signed_in(call: &Call, session: &SignedIn) -> Answer {
    let cookie = call.hand_over(session).await?;
    let me = &session.identity;
    let token = session.token.reveal();
    let opened = Opened {
        status: "signed_in",
        // This log-in is the last one.
        user: User::of(me.user(), Some(me.session().created_at)),
        account: Account::of(me.account(), &call.auth().policy().plans),
        session: Session::present(me),
        token: cookie.is_none().then_some(token.as_str()),
    };
    let response = answer::json(StatusCode::OK, &opened)?;
    Ok(answer::with_cookies(response, cookie))
}

#[derive(Serialize)]
struct ChangeFirst<'a> {
    status: &'static str,
    ticket: &'a str,
}

fn change_first(ticket: &Ticket) -> Answer {
    let status = "password_change_required";
    answer::json(StatusCode::OK, &ChangeFirst { status, ticket: &ticket.reveal() })
}

#[derive(Serialize)]
struct Shows<'a> {
    user: User<'a>,
    account: Account<'a>,
    session: Session<'a>,
    permissions: Vec<&'static str>,
    features: Vec<&'static str>,
}

/// `GET /session`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let last_login_at = call.auth().last_login_at(me.user()).await?;
    let shows = Shows {
        user: User::of(me.user(), last_login_at),
        account: Account::of(me.account(), &call.auth().policy().plans),
        session: Session::present(&me),
        permissions: me.permissions().map(|permission| permission.as_str()).collect(),
        features: me.features().map(|feature| feature.as_str()).collect(),
    };
    answer::json(StatusCode::OK, &shows)
}

/// `DELETE /session`. Whoever shows no session is logged out already.
pub(super) async fn end(call: &Call, _: &str) -> Answer {
    let response = answer::empty(StatusCode::NO_CONTENT);
    let shown = call.door.shown(&call.asked.headers)?;
    let is_bearer = matches!(&shown, Shown::Token(token) if token.transport() == Transport::Bearer);
    if let Shown::Token(token) = shown {
        call.auth().logout(&token, &call.client()).await?;
    }
    if is_bearer {
        return Ok(response);
    }
    Ok(answer::with_cookies(response, [cookies::no_session(call.auth().site())?]))
}
