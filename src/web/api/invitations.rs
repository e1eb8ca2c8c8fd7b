//! Asking people in.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    shapes::{Invitation, User},
    text::Text,
    who,
};
use crate::{
    auth::NewUser,
    error::{Error, Result},
    id::UserId,
    web::{
        answer::{self, Answer},
        service::Call,
        typed,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invite {
    username: Text,
    email: Text,
    name: Text,
    role: Text,
    language: Option<Text>,
}

#[derive(Serialize)]
struct One<'a> {
    user: User<'a>,
}

/// `POST /users`
pub(super) async fn invite(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let users = call.auth().user_accounts(&me)?;
    let takes = "Send one JSON object with username, email, name and role, and language if wished.";
    let Invite { username, email, name, role, language } = call.asked.json(takes)?;
    let mut new = NewUser::parse(username.as_str(), email.as_str(), name.as_str(), role.as_str())?;
    if let Some(language) = language.and_then(|tag| typed::language(tag.as_str()).transpose()) {
        new = new.reading(language?);
    }
    let user = users.invite(&new, &call.client()).await?;
    answer::json(StatusCode::CREATED, &One { user: User::of(&user, None) })
}

/// `POST /users/{id}/activation`
pub(super) async fn send_again(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let users = call.auth().user_accounts(&me)?;
    users.resend_activation(user(id)?, &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Serialize)]
struct List<'a> {
    invitations: Vec<Invitation<'a>>,
}

/// `GET /invitations`
pub(super) async fn list(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let invited = call.auth().user_accounts(&me)?.invitations().await?;
    let invitations = invited.iter().map(Invitation::from).collect();
    answer::json(StatusCode::OK, &List { invitations })
}

/// `DELETE /invitations/{user}`
pub(super) async fn revoke(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let users = call.auth().user_accounts(&me)?;
    users.revoke_invitation(user(id)?, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// What is no id is nobody's.
pub(super) fn user(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound)
}
