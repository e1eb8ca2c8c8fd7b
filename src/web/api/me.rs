//! My Account.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    shapes::{Account, PastLogIn, User},
    text::Text,
    who,
};
use crate::{
    model::{Language, Transport},
    web::{
        answer::{self, Answer},
        cookies,
        service::Call,
        typed,
    },
};

#[derive(Serialize)]
struct Me<'a> {
    user: User<'a>,
    account: Account<'a>,
    /// Of letters; null is the site's usual one.
    language: Option<&'a str>,
    last_logins: Vec<PastLogIn<'a>>,
}

/// `GET /me`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let overview = call.auth().my_account(&me).overview().await?;
    let shows = Me {
        user: User::of(&overview.user, overview.last_login_at),
        account: Account::of(&overview.account, &call.auth().policy().plans),
        language: overview.user.language.as_ref().map(Language::as_str),
        last_logins: overview.last_logins.iter().map(PastLogIn::from).collect(),
    };
    answer::json(StatusCode::OK, &shows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    current_password: Text,
    new_password: Text,
}

#[derive(Serialize)]
struct Changed<'a> {
    token: &'a str,
}

/// `PUT /me/password`
pub(super) async fn change_password(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let takes = "Send one JSON object with current_password and new_password.";
    let Change { current_password, new_password } = call.asked.json(takes)?;
    let (current, new) = typed::passwords(
        current_password.typed("current_password"),
        new_password.typed("new_password"),
    )?;
    let auth = call.auth();
    let changed = auth.my_account(&me).change_password(&current, &new, &call.client()).await?;
    match changed.token.transport() {
        Transport::Bearer => {
            answer::json(StatusCode::OK, &Changed { token: &changed.token.reveal() })
        }
        Transport::Cookie => {
            let cookie = cookies::session(auth.site(), &changed, call.door.now())?;
            Ok(answer::with_cookies(answer::empty(StatusCode::NO_CONTENT), [cookie]))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    current_password: Text,
    username: Text,
}

/// `PUT /me/username`
pub(super) async fn change_username(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let takes = "Send one JSON object with current_password and username.";
    let Rename { current_password, username } = call.asked.json(takes)?;
    let username = typed::username(username.as_str())?;
    let current = typed::password(current_password.typed("current_password"))?;
    call.auth().my_account(&me).change_username(&current, &username, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    current_password: Text,
    email: Text,
}

/// `PUT /me/email`
pub(super) async fn change_email(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let takes = "Send one JSON object with current_password and email.";
    let Move { current_password, email } = call.asked.json(takes)?;
    let email = typed::email(email.as_str())?;
    let current = typed::password(current_password.typed("current_password"))?;
    call.auth().my_account(&me).change_email(&current, &email, &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choose {
    /// Null is a choice; nothing said is none.
    #[serde(deserialize_with = "Option::deserialize")]
    language: Option<Text>,
}

/// `PUT /me/language`
pub(super) async fn choose_language(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let takes = "Send one JSON object with language: a tag such as en or de, or null.";
    let Choose { language } = call.asked.json(takes)?;
    let language = language.map(|language| typed::language(language.as_str())).transpose()?;
    let account = call.auth().my_account(&me);
    account.choose_language(language.flatten().as_ref(), &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    password: Text,
}

/// `POST /me/confirm`
pub(super) async fn confirm(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let Confirm { password } = call.asked.json("Send one JSON object with password.")?;
    let password = typed::password(password.typed("password"))?;
    call.auth().my_account(&me).confirm(&password, &call.client()).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
