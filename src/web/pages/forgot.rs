//! Forgot Password.

use http::StatusCode;
use minijinja::context;

use crate::{
    error::Error,
    web::{answer::Answer, form::Form, moment, problem, refusal::Refusal, service::Call},
};

/// `GET /forgot`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let values = context! { email => "", error => () };
    Ok(call.pages.page(StatusCode::OK, "forgot.html", None, values))
}

/// `POST /forgot`: the same page for every address.
pub(super) async fn submit(call: &Call, _: &str) -> Answer {
    let mut form = Form::read(&call.asked, &["email"])?;
    let email = form.need("email")?;
    let refusal = match call.auth().forgot_password(&email, &call.client()).await {
        Ok(()) => {
            return Ok(call.pages.page(StatusCode::OK, "forgot_sent.html", None, context! {}));
        }
        Err(error) => Refusal::from(error),
    };
    let Error::Throttled { retry_at } = refusal.error else { return Err(refusal) };
    let now = call.door.now();
    let error = context! {
        message => "Too many letters were asked for from your network.",
        retry => moment::retry(retry_at, now),
    };
    let values = context! { email => email.as_str(), error };
    let mut response = call.pages.page(refusal.status, "forgot.html", None, values);
    problem::dress(&mut response, &refusal, now);
    Ok(response)
}
