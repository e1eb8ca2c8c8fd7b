//! My Account.

use http::StatusCode;
use minijinja::{Value, context};

use super::{
    label,
    links::form_status,
    notice::{self, Notice},
    path_to, requirements, violations,
};
use crate::{
    auth::{Identity, Overview},
    error::Error,
    model::Event,
    policy::Violation,
    web::{
        agent,
        answer::{self, Answer},
        cookies,
        form::Form,
        moment,
        service::Call,
        typed,
    },
};

/// `GET /`
pub(super) async fn lead_there(call: &Call, _: &str) -> Answer {
    answer::see_other(&path_to(call, "/account"))
}

/// `GET /account`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = call.door.identify(&call.asked.headers).await?;
    page(call, &me, StatusCode::OK, None, &[]).await
}

/// `POST /account`
pub(super) async fn submit(call: &Call, _: &str) -> Answer {
    let me = call.door.identify(&call.asked.headers).await?;
    let mut form = Form::read(&call.asked, &["current_password", "new_password"])?;
    let (current, new) = (form.need("current_password")?, form.need("new_password")?);
    let auth = call.auth();
    let changed = async {
        let (current, new) =
            typed::passwords((current, "current_password"), (new, "new_password"))?;
        auth.my_account(&me).change_password(&current, &new, &call.client()).await
    };
    match changed.await {
        Ok(session) => {
            let path = Notice::PasswordChanged.on(&path_to(call, "/account"));
            let cookie = cookies::session(auth.site(), &session, call.door.now())?;
            Ok(answer::with_cookies(answer::see_other(&path)?, [cookie]))
        }
        Err(Error::Invalid(missed)) => page(call, &me, form_status(&missed), None, &missed).await,
        Err(Error::Rejected) => {
            let error = "The current password is not right, so nothing was changed.";
            page(call, &me, StatusCode::UNAUTHORIZED, Some(error), &[]).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    call: &Call,
    me: &Identity,
    status: StatusCode,
    error: Option<&str>,
    missed: &[Violation],
) -> Answer {
    let overview = call.auth().my_account(me).overview().await?;
    let Overview { user, account, last_logins, .. } = &overview;
    let is_fresh = error.is_none() && missed.is_empty();
    let values = context! {
        user => context! {
            username => user.username.as_str(),
            email => user.email.as_str(),
            email_proven => user.email_proven,
            name => user.name.as_str(),
            role_label => label(user.role.as_str()),
        },
        account => context! {
            name => account.name.as_str(),
            plan_label => label(account.plan.as_str()),
        },
        last_logins => last_logins.iter().map(past_log_in).collect::<Vec<Value>>(),
        requirements => requirements(call),
        violations => violations(missed),
        error,
        notice => notice::asked(call).filter(|_| is_fresh),
    };
    Ok(call.pages.page(status, "account.html", Some(me), values))
}

fn past_log_in(event: &Event) -> Value {
    let address = event.client.address.map(|address| address.to_string());
    context! {
        at => moment::shown(event.at),
        address => address.unwrap_or_default(),
        agent => agent::short(event.client.agent()),
    }
}
