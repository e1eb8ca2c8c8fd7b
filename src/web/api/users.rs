//! User Accounts.

use http::{StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    invitations::user,
    shapes::{Event, Reason, User},
    text::Text,
    who,
};
use crate::{
    auth::{Changes, Wanted},
    error::{Error, Result},
    model::{Role, Status},
    web::{
        answer::{self, Answer},
        query::{self, Fields},
        service::Call,
        typed,
    },
};

#[derive(Serialize)]
struct One<'a> {
    user: User<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    users: Vec<User<'a>>,
    next: Option<&'a str>,
}

/// `GET /users`
pub(super) async fn list(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let listed = accounts.list(&wanted(call)?).await?;
    let users = listed.users.iter().map(|found| User::of(&found.user, found.last_login_at));
    let list = List { users: users.collect(), next: listed.next.as_deref() };
    answer::json(StatusCode::OK, &list)
}

/// What a list is narrowed by. What is not known is refused: a filter that is left out would
/// show more than was asked for.
fn wanted(call: &Call) -> Result<Wanted> {
    let refused = "A list takes query, status, role, cursor and limit (1 to 200), each once.";
    let fields = asked(call, refused)?;
    let mut wanted = Wanted::new();
    for (name, value) in &fields {
        wanted = match name.as_str() {
            // A form sends its empty fields too.
            "query" | "status" | "role" if value.is_empty() => wanted,
            "query" => wanted.query(value),
            "status" => wanted.status(Status::from_name(value).ok_or(Error::Malformed(refused))?),
            "role" => wanted.role(Role::from_text(value)),
            "cursor" => wanted.after(value),
            "limit" => wanted.limit(limit(value, refused)?),
            _ => return Err(Error::Malformed(refused)),
        };
    }
    Ok(wanted)
}

/// The fields of a query, each there once.
fn asked(call: &Call, refused: &'static str) -> Result<Fields> {
    let written = call.asked.query.as_deref().unwrap_or_default();
    let fields = query::read(written.as_bytes()).map_err(|_| Error::Malformed(refused))?;
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == fields.len() { Ok(fields) } else { Err(Error::Malformed(refused)) }
}

fn limit(written: &str, refused: &'static str) -> Result<usize> {
    let limit = written.parse().ok().filter(|limit| (1..=200).contains(limit));
    limit.ok_or(Error::Malformed(refused))
}

/// `GET /users/{id}`
pub(super) async fn show(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let found = call.auth().user_accounts(&me)?.get(user(id)?).await?;
    answer::json(StatusCode::OK, &One { user: User::of(&found.user, found.last_login_at) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "some")]
    username: Option<Text>,
    #[serde(default, deserialize_with = "some")]
    email: Option<Text>,
    #[serde(default, deserialize_with = "some")]
    name: Option<Text>,
    #[serde(default, deserialize_with = "some")]
    role: Option<Text>,
}

/// A field that may be left out, and that is no null.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    Text::deserialize(deserializer).map(Some)
}

/// `PATCH /users/{id}`
pub(super) async fn update(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let takes = "Send one JSON object with any of username, email, name and role.";
    let Change { username, email, name, role } = call.asked.json(takes)?;
    let mut changes = Changes::new();
    if let Some(version) = expected(call)? {
        changes = changes.expecting(version);
    }
    if let Some(username) = username {
        changes = changes.username(username.as_str());
    }
    if let Some(email) = email {
        changes = changes.email(email.as_str());
    }
    if let Some(name) = name {
        changes = changes.name(name.as_str());
    }
    if let Some(role) = role {
        changes = changes.role(role.as_str());
    }
    let id = user(id)?;
    accounts.update(id, &changes, &call.client()).await?;
    let found = accounts.get(id).await?;
    answer::json(StatusCode::OK, &One { user: User::of(&found.user, found.last_login_at) })
}

/// The version `If-Match` names, where it is there.
fn expected(call: &Call) -> Result<Option<i64>> {
    let mut sent = call.asked.headers.get_all(header::IF_MATCH).iter();
    let Some(first) = sent.next() else { return Ok(None) };
    let written = first.to_str().ok().filter(|_| sent.next().is_none());
    let version = written.and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    let refused = "If-Match takes one version in quotes, as the user's version says it.";
    version.map(Some).ok_or(Error::Malformed(refused))
}

/// `POST /users/{id}/password-reset`
pub(super) async fn send_password_reset(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    accounts.send_password_reset(user(id)?, &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

/// `POST /users/{id}/sign-out`
pub(super) async fn sign_out(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    call.auth().user_accounts(&me)?.sign_out(user(id)?, &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: Text,
}

const WHY: &str = "Send one JSON object with reason.";

/// `POST /users/{id}/disable`
pub(super) async fn disable(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Why { reason } = call.asked.json(WHY)?;
    accounts.disable(user(id)?, reason.as_str(), &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

/// `POST /users/{id}/enable`
pub(super) async fn enable(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    call.auth().user_accounts(&me)?.enable(user(id)?, &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    email: Text,
    reason: Text,
}

/// `POST /users/{id}/recover`
pub(super) async fn recover(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Elsewhere { email, reason } =
        call.asked.json("Send one JSON object with email and reason.")?;
    let email = typed::email(email.as_str())?;
    accounts.recover(user(id)?, &email, reason.as_str(), &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Serialize)]
struct Secured {
    /// Whether a link to choose a new password goes out: an address nobody has proven gets none.
    link_sent: bool,
}

/// `POST /users/{id}/secure`
pub(super) async fn secure(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Why { reason } = call.asked.json(WHY)?;
    let secured = accounts.secure(user(id)?, reason.as_str(), &call.client()).await?;
    answer::json(StatusCode::ACCEPTED, &Secured { link_sent: secured.email_proven })
}

/// `DELETE /users/{id}`
pub(super) async fn remove(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Why { reason } = call.asked.json(WHY)?;
    accounts.remove(user(id)?, reason.as_str(), &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Temporary {
    password: Text,
}

/// `PUT /users/{id}/password`
pub(super) async fn set_temporary_password(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Temporary { password } = call.asked.json("Send one JSON object with password.")?;
    let password = typed::password(password.typed("password"))?;
    accounts.set_temporary_password(user(id)?, &password, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

#[derive(Serialize)]
struct Reasons<'a> {
    reasons: Vec<Reason<'a>>,
}

/// `GET /users/{id}/diagnosis`
pub(super) async fn diagnosis(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let diagnosis = call.auth().user_accounts(&me)?.diagnosis(user(id)?).await?;
    let reasons = diagnosis.reasons.iter().map(Reason::from).collect();
    answer::json(StatusCode::OK, &Reasons { reasons })
}

#[derive(Serialize)]
struct Events<'a> {
    events: Vec<Event<'a>>,
    next: Option<&'a str>,
}

/// `GET /users/{id}/history`
pub(super) async fn history(call: &Call, id: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let refused = "A history takes cursor and limit (1 to 200), each once.";
    let fields = asked(call, refused)?;
    let (mut cursor, mut most) = (None, 50);
    for (name, value) in &fields {
        match name.as_str() {
            "cursor" => cursor = Some(value.as_str()),
            "limit" => most = limit(value, refused)?,
            _ => return Err(Error::Malformed(refused).into()),
        }
    }
    let history = accounts.history(user(id)?, cursor, most).await?;
    let events = history.events.iter().map(Event::from).collect();
    answer::json(StatusCode::OK, &Events { events, next: history.next.as_deref() })
}
