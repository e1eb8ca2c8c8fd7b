//! Choosing one's own password in place of a temporary one.

use http::StatusCode;

use minijinja::context;

use super::links::{OTHER, choosing, form_status, kept};
use crate::{
    auth::LinkView,
    error::Error,
    policy::Violation,
    secret::{Purpose, Token},
    web::{
        answer::{self, Answer},
        cookies,
        form::Form,
        refusal::Refusal,
        service::Call,
        typed,
    },
};

const PAGE: &str = "replace";

/// `GET /replace`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    form(call, &ticket(call)?, &[]).await
}

/// `POST /replace`
pub(super) async fn submit(call: &Call, _: &str) -> Answer {
    let mut sent = Form::read(&call.asked, &["username", "password"])?;
    let typed = sent.need("password")?;
    let ticket = ticket(call)?;
    if let Some(shown) = sent.take("username") {
        let view = look(call, &ticket).await?;
        if *shown != view.username {
            let values = context! { error => OTHER, ..choosing(call, &view, &[]) };
            return Ok(call.pages.page(StatusCode::CONFLICT, "replace.html", None, values));
        }
    }
    let begun = async {
        let password = typed::password((typed, "password"))?;
        call.auth().replace_password(&ticket, &password, &call.client()).await
    };
    match begun.await {
        Ok(session) => {
            let site = call.auth().site();
            let cookies = call.hand_over(&session).await?.into_iter();
            let cookies = cookies.chain([cookies::no_page(site, PAGE)?]);
            Ok(answer::with_cookies(answer::see_other("/")?, cookies))
        }
        Err(Error::Invalid(missed)) => form(call, &ticket, &missed).await,
        Err(error) => Err(again(error)),
    }
}

async fn form(call: &Call, ticket: &Token, missed: &[Violation]) -> Answer {
    let view = look(call, ticket).await?;
    let values = context! { error => (), ..choosing(call, &view, missed) };
    Ok(call.pages.page(form_status(missed), "replace.html", None, values))
}

async fn look(call: &Call, ticket: &Token) -> Result<LinkView, Refusal> {
    call.auth().look_at_link(Purpose::Replacement, ticket).await.map_err(again)
}

/// The ticket the log-in left behind.
fn ticket(call: &Call) -> Result<Token, Refusal> {
    kept(call, PAGE).ok_or_else(|| again(Error::Rejected))
}

/// What to do about a ticket that has run out: the log-in hands out another.
fn again(error: Error) -> Refusal {
    let detail = matches!(error, Error::Rejected).then_some(
        "The time for choosing a password has run out, or it was chosen already. Log in again.",
    );
    let status = if detail.is_some() { Some(StatusCode::GONE) } else { None };
    let refusal = Refusal::from(error);
    Refusal { detail, status: status.unwrap_or(refusal.status), ..refusal }
}
