//! The mailed links of a change of address.

use http::StatusCode;
use serde::Deserialize;

use super::text::Text;
use crate::web::{
    answer::{self, Answer},
    service::Call,
    typed,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLink {
    token: Text,
}

/// `POST /email/confirm`
pub(super) async fn confirm(call: &Call, _: &str) -> Answer {
    let ByLink { token } = call.asked.json("Send one JSON object with token.")?;
    call.auth().confirm_email(&token.token()?, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// `POST /objection`
pub(super) async fn object(call: &Call, _: &str) -> Answer {
    let ByLink { token } = call.asked.json("Send one JSON object with token.")?;
    call.auth().object(&token.token()?, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLinkAndPassword {
    token: Text,
    password: Text,
}

/// `POST /undo`
pub(super) async fn undo(call: &Call, _: &str) -> Answer {
    let takes = "Send one JSON object with token and password.";
    let ByLinkAndPassword { token, password } = call.asked.json(takes)?;
    let password = typed::password(password.typed("password"))?;
    call.auth().undo_email_change(&token.token()?, &password, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
