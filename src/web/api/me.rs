//! My Account.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    shapes::{Account, PastLogIn, User},
    text::Text,
    who,
};
use crate::{
    model::Transport,
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
    last_logins: Vec<PastLogIn<'a>>,
}

/// `GET /me`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let overview = call.auth().my_account(&me).overview().await?;
    let shows = Me {
        user: User::of(&overview.user, overview.last_login_at),
        account: Account::from(&overview.account),
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
