//! The JSON API.

mod company;
mod email;
mod invitations;
mod me;
mod password;
mod session;
mod sessions;
mod shapes;
mod text;
mod users;

use super::{
    openapi,
    routes::{Row, rows},
    service::Call,
};
use crate::{auth::Identity, error::Result};

/// Every call, below `/api`.
pub(super) static CALLS: &[Row<Call>] = rows![
    POST "/session" => session::open,
    GET "/session" => session::show,
    DELETE "/session" => session::end,
    GET "/sessions" => sessions::list,
    DELETE "/sessions" => sessions::end_others,
    DELETE "/sessions/{id}" => sessions::end,
    GET "/password/requirements" => password::requirements,
    POST "/password/forgot" => password::forgot,
    POST "/password/reset" => password::reset,
    POST "/password/replace" => password::replace,
    POST "/activation" => password::activate,
    GET "/me" => me::show,
    PUT "/me/password" => me::change_password,
    PUT "/me/username" => me::change_username,
    PUT "/me/email" => me::change_email,
    PUT "/me/language" => me::choose_language,
    POST "/me/confirm" => me::confirm,
    POST "/email/confirm" => email::confirm,
    POST "/undo" => email::undo,
    POST "/objection" => email::object,
    GET "/users" => users::list,
    POST "/users" => invitations::invite,
    GET "/users/{id}" => users::show,
    PATCH "/users/{id}" => users::update,
    POST "/users/{id}/password-reset" => users::send_password_reset,
    POST "/users/{id}/sign-out" => users::sign_out,
    POST "/users/{id}/disable" => users::disable,
    POST "/users/{id}/enable" => users::enable,
    POST "/users/{id}/recover" => users::recover,
    POST "/users/{id}/secure" => users::secure,
    PUT "/users/{id}/password" => users::set_temporary_password,
    GET "/users/{id}/diagnosis" => users::diagnosis,
    GET "/users/{id}/history" => users::history,
    GET "/users/{id}/sessions" => sessions::of_user,
    DELETE "/users/{id}" => users::remove,
    GET "/account" => company::show,
    PUT "/account/plan" => company::set_plan,
    POST "/account/secure" => company::secure,
    POST "/users/{id}/activation" => invitations::send_again,
    GET "/invitations" => invitations::list,
    DELETE "/invitations/{user}" => invitations::revoke,
    GET "/openapi.json" => openapi::show,
];

/// The part of a path below `/api`, where it is the API's.
pub(super) fn place(path: &str) -> Option<&str> {
    path.strip_prefix("/api").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whoever sent the request.
async fn who(call: &Call) -> Result<Identity> {
    call.identify().await
}
