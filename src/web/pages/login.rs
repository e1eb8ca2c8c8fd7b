//! Logging in and out.

use http::StatusCode;
use minijinja::context;

use super::{
    notice::{self, Notice},
    path_to,
};
use crate::{
    auth::{Credentials, LogIn},
    error::Error,
    web::{
        answer::{self, Answer},
        cookies,
        door::Shown,
        form::Form,
        local, moment, problem, query,
        refusal::Refusal,
        service::Call,
        typed,
        words::words,
    },
};

/// `GET /login`. It is shown to those who are logged in as well: they may want to be somebody
/// else.
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let next = query::only(call.asked.query.as_deref(), "next");
    let next = next.as_deref().map_or("", |next| local::path(next).unwrap_or_default());
    let values = context! { error => (), login => "", next, notice => notice::asked(call) };
    Ok(call.pages.page(StatusCode::OK, "login.html", None, values))
}

/// `POST /login`
pub(super) async fn submit(call: &Call, _: &str) -> Answer {
    let mut form = Form::read(&call.asked, &["next", "login", "password", "remember"])?;
    let login = form.need("login")?;
    let typed = form.need("password")?;
    let next = form.take("next");
    let next = next.as_deref().and_then(|next| local::path(next));
    let remember = form.take("remember").is_some_and(|wish| wish.as_str() == "yes");
    let begun = async {
        let password = typed::password((typed, "password"))?;
        let credentials = Credentials::new(&login, password).remember(remember);
        call.auth().login(credentials, &call.client()).await
    };
    match begun.await {
        Ok(LogIn::SignedIn(session)) => {
            let cookie = call.hand_over(&session).await?;
            let response = answer::see_other(next.unwrap_or("/"))?;
            Ok(answer::with_cookies(response, cookie))
        }
        Ok(LogIn::PasswordChangeRequired(ticket)) => {
            let cookie = cookies::page(call.auth().site(), "replace", &ticket.reveal())?;
            let response = answer::see_other(&path_to(call, "/replace"))?;
            Ok(answer::with_cookies(response, [cookie]))
        }
        Err(error) => refused(call, error.into(), &login, next.unwrap_or_default()),
    }
}

/// The form again, with what to do about it.
fn refused(call: &Call, refusal: Refusal, login: &str, next: &str) -> Answer {
    let (message, retry) = match &refusal.error {
        Error::Rejected => (
            "That username or e-mail and that password do not match, or this log-in cannot be \
             used."
                .to_owned(),
            "Check both. Choose Forgot Password for a new password, or ask your administrator."
                .to_owned(),
        ),
        Error::Throttled { retry_at } => {
            ("Too many tries.".to_owned(), moment::retry(*retry_at, call.door.now()))
        }
        Error::AccountEnded => (
            "The plan of your company has ended.".to_owned(),
            words(&refusal, call.asker(), call.auth().site()),
        ),
        Error::Invalid(violations) => {
            let first = violations.first().map(|violation| violation.message.clone());
            (first.unwrap_or_default(), String::new())
        }
        _ => return Err(refusal),
    };
    let error = context! { message, retry };
    let values = context! { error, login, next, notice => () };
    let mut response = call.pages.page(refusal.status, "login.html", None, values);
    problem::dress(&mut response, &refusal, call.door.now());
    Ok(response)
}

/// `POST /logout`
pub(super) async fn log_out(call: &Call, _: &str) -> Answer {
    if let Shown::Token(token) = call.door.shown(&call.asked.headers)? {
        call.auth().logout(&token, &call.client()).await?;
    }
    let response = answer::see_other(&Notice::LoggedOut.on(&path_to(call, "/login")))?;
    Ok(answer::with_cookies(response, [cookies::no_session(call.auth().site())?]))
}
