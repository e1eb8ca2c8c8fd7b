//! Refusals as pages.

use http::{Response, StatusCode};
use minijinja::{Value, context};

use super::{address, path_to};
use crate::{
    error::Error,
    web::{
        answer, body::Body, local, moment, problem, refusal::Refusal, service::Call, words::words,
    },
};

/// A refusal that no form shows, as a page that says what to do next. Whoever has to log in
/// first is led there, and back.
pub(in crate::web) fn refuse(call: &Call, refusal: &Refusal) -> Response<Body> {
    problem::log(refusal);
    if matches!(refusal.error, Error::Unauthenticated) {
        let log_in = answer::see_other(&call.door.log_in_path(&wanted(call)));
        return log_in.unwrap_or_else(|_| answer::empty(StatusCode::SERVICE_UNAVAILABLE));
    }
    let asker = call.asker();
    // Who is logged in goes on from there.
    let back = if asker.is_known() { ACCOUNT } else { LOG_IN };
    let (title, link) = match (&refusal.error, refusal.status) {
        (Error::Malformed(_), StatusCode::METHOD_NOT_ALLOWED) => ("Not this way", ACCOUNT),
        (Error::Malformed(_), _) => ("That did not arrive as it should", ACCOUNT),
        (Error::Forbidden, _) if refusal.detail.is_some() => ("Not from there", ACCOUNT),
        (Error::Forbidden, _) => ("Not for you to do", ACCOUNT),
        (Error::AccountEnded, _) => ("The plan has ended", back),
        (Error::NotFound, _) => ("There is no such page", ACCOUNT),
        (Error::Throttled { .. }, _) => ("Too many tries", back),
        (Error::Busy | Error::Unavailable(_), _) => ("Not available just now", back),
        _ => ("That was not possible", back),
    };
    let mut message = words(refusal, asker, call.auth().site());
    if let Error::Throttled { retry_at } = refusal.error {
        message = format!("{message} {}", moment::retry(retry_at, call.door.now()));
    }
    let (page, text) = link;
    let link = context! { href => address(&path_to(call, page)), text };
    let values = context! { title, message, links => vec![link] as Vec<Value> };
    let mut response = call.pages.page(refusal.status, "message.html", None, values);
    problem::dress(&mut response, refusal, call.door.now());
    response
}

const ACCOUNT: (&str, &str) = ("/account", "My Account");
const LOG_IN: (&str, &str) = ("/login", "Go to log-in");

/// Where somebody who has to log in was going.
fn wanted(call: &Call) -> String {
    let path = call.asked.path.as_str();
    let base = call.auth().site().base();
    let is_whole = call.stripped(path).is_some();
    let whole = if is_whole { path.to_owned() } else { format!("{base}{path}") };
    local::path(&whole).unwrap_or("/").to_owned()
}
