//! Passwords: what they must be, forgotten, reset, replaced, chosen first.

use http::StatusCode;
use serde::Deserialize;

use super::{session, shapes::Requirements, text::Text};
use crate::web::{
    answer::{self, Answer},
    service::Call,
    typed,
};

/// `GET /password/requirements`
pub(super) async fn requirements(call: &Call, _: &str) -> Answer {
    let requirements = call.auth().password_requirements();
    answer::json(StatusCode::OK, &Requirements::from(&requirements))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgot {
    email: Text,
}

/// `POST /password/forgot`: the same answer for every address.
pub(super) async fn forgot(call: &Call, _: &str) -> Answer {
    let body: Forgot = call.asked.json("Send one JSON object with email.")?;
    call.auth().forgot_password(body.email.as_str(), &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLink {
    token: Text,
    password: Text,
}

const BY_LINK: &str = "Send one JSON object with token and password.";

/// `POST /password/reset`
pub(super) async fn reset(call: &Call, _: &str) -> Answer {
    let ByLink { token, password } = call.asked.json(BY_LINK)?;
    let password = typed::password(password.typed("password"))?;
    call.auth().reset_password(&token.token()?, &password, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// `POST /activation`
pub(super) async fn activate(call: &Call, _: &str) -> Answer {
    let ByLink { token, password } = call.asked.json(BY_LINK)?;
    let password = typed::password(password.typed("password"))?;
    call.auth().activate(&token.token()?, &password, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByTicket {
    ticket: Text,
    password: Text,
}

/// `POST /password/replace`
pub(super) async fn replace(call: &Call, _: &str) -> Answer {
    let body = call.asked.json("Send one JSON object with ticket and password.")?;
    let ByTicket { ticket, password } = body;
    let password = typed::password(password.typed("password"))?;
    let auth = call.auth();
    let begun = auth.replace_password(&ticket.token()?, &password, &call.client()).await?;
    session::signed_in(call, &begun).await
}
