//! The company's plan and seats, as pages show them, and changing the plan.

use minijinja::{Value, context};
use time::{Date, OffsetDateTime, Time, format_description::well_known::Iso8601};

use super::{
    label,
    links::form_status,
    notice::Notice,
    path_to, sees_people,
    users::{self, Typed},
};
use crate::{
    auth::Identity,
    error::{Error, Result},
    model::{Account, Plan},
    policy::Permission,
    web::{
        answer::{self, Answer},
        form::Form,
        moment,
        service::Call,
    },
};

/// The plan, as the templates get it; the seats for those who see people.
pub(super) fn shown(call: &Call, me: &Identity, account: &Account) -> Value {
    let plans = &call.auth().policy().plans;
    let sees = sees_people(me);
    context! {
        label => label(account.plan.as_str()),
        until => account.plan_until.map(moment::shown),
        ended => account.plan_ended(call.door.now()),
        sees,
        seats => plans.seats_of(account),
        taken => account.seats_taken,
        changes => sees && me.allows(Permission::PLAN_CHANGE),
    }
}

/// The form that changes the plan: what there is to choose from, and what holds now.
pub(super) fn form(call: &Call, account: &Account) -> Value {
    let plans = call.auth().policy().plans.all().map(|plan| {
        let name = plan.as_str();
        context! { value => name, label => label(name), chosen => *plan == account.plan }
    });
    let until = account.plan_until.map(|until| until.date().to_string());
    context! { plans => plans.collect::<Vec<Value>>(), until => until.unwrap_or_default() }
}

/// `POST /users/plan`
pub(super) async fn change(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["plan", "until"])?;
    let (plan, until) = (form.need("plan")?, form.need("until")?);
    let accounts = call.auth().user_accounts(&me)?;
    let changed = async {
        let plan = Plan::from_text(&plan);
        accounts.set_plan(&plan, day(&until)?, &call.client()).await
    };
    match changed.await {
        Ok(_) => answer::see_other(&Notice::PlanChanged.on(&path_to(call, "/users"))),
        Err(Error::Invalid(missed)) => {
            let typed = Typed::nothing_into("plan");
            users::page(call, &me, form_status(&missed), &typed, None, &missed).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The beginning of a day, where one was chosen.
fn day(written: &str) -> Result<Option<OffsetDateTime>> {
    let written = written.trim();
    if written.is_empty() {
        return Ok(None);
    }
    let refused = || {
        let message = "The end is a day such as 2027-01-31, or empty for none.";
        Error::invalid("until", "format", message.to_owned())
    };
    let day = Date::parse(written, &Iso8601::DATE).map_err(|_| refused())?;
    Ok(Some(day.with_time(Time::MIDNIGHT).assume_utc()))
}
