//! The company itself.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{shapes::Account, text::Text, who};
use crate::{
    error::{Error, Result},
    model::Plan,
    web::{
        answer::{self, Answer},
        service::Call,
    },
};

#[derive(Serialize)]
struct One<'a> {
    account: Account<'a>,
}

/// `GET /account`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let account = call.auth().user_accounts(&me)?.account().await?;
    answer::json(
        StatusCode::OK,
        &One { account: Account::of(&account, &call.auth().policy().plans) },
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    plan: Text,
    until: Option<Text>,
}

/// `PUT /account/plan`
pub(super) async fn set_plan(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let takes = "Send one JSON object with plan and, where it ends, until.";
    let Change { plan, until } = call.asked.json(takes)?;
    let until = until.as_ref().map(moment).transpose()?;
    let plan = Plan::from_text(plan.as_str());
    let account = accounts.set_plan(&plan, until, &call.client()).await?;
    answer::json(
        StatusCode::OK,
        &One { account: Account::of(&account, &call.auth().policy().plans) },
    )
}

fn moment(written: &Text) -> Result<OffsetDateTime> {
    let refused = Error::Malformed("until is a moment in RFC 3339, such as 2027-01-31T00:00:00Z.");
    OffsetDateTime::parse(written.as_str(), &Rfc3339).map_err(|_| refused)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: Text,
}

/// `POST /account/secure`
pub(super) async fn secure(call: &Call, _: &str) -> Answer {
    let me = who(call).await?;
    let accounts = call.auth().user_accounts(&me)?;
    let Why { reason } = call.asked.json("Send one JSON object with reason.")?;
    accounts.secure_account(reason.as_str(), &call.client()).await?;
    Ok(answer::empty(StatusCode::ACCEPTED))
}
