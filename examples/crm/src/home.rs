//! The start page and what is done there: seeing leads, adding one, taking them out as a file.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{
        Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::{Value, context};
use portcullis::{
    auth::Identity,
    clock::{Clock as _, SystemClock},
    error::Error,
    id::UserId,
    model::PersonName,
    policy::{Feature, Permission},
};
use serde::Deserialize;

use crate::{
    app::App,
    failure::Failure,
    leads::{Lead, NewLead, STAGES, Sight, write_csv},
    moment,
    pages::label,
};

/// How many leads a page shows, and how many are read at once for a file.
const PAGE: u32 = 50;
const SLICE: u32 = 500;

/// What the address of the start page may carry. Anything else in it is ignored.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
    added: Option<String>,
}

/// The form of a new lead.
#[derive(Default, Deserialize)]
pub(crate) struct LeadForm {
    company: String,
    contact: String,
    stage: String,
}

/// `GET /`: the leads, or a welcome.
pub(crate) async fn home(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let shown = async {
        let Some(me) = who(&app, &headers).await? else {
            return Ok(app.pages.show(StatusCode::OK, "welcome.html", None, context! {}));
        };
        let before = asked.before.and_then(|before| before.parse().ok());
        let notice = asked.added.is_some().then_some("The lead was added.");
        let home = Home { before, notice, ..Home::default() };
        home.show(&app, &me).await
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.page(&app))
}

/// `POST /leads`: adds one.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    form: Result<Form<LeadForm>, FormRejection>,
) -> Response {
    let done = async {
        if app.door.refuse_cross_origin(&Method::POST, &headers).is_err() {
            return Ok(foreign(&app));
        }
        let Some(me) = who(&app, &headers).await? else { return Ok(log_in(&app)) };
        let refuse = async |status, error: &str, typed| {
            let home = Home { status, error: Some(error.to_owned()), typed, ..Home::default() };
            home.show(&app, &me).await
        };
        if !me.allows(Permission::LEADS_EDIT) {
            let error = "Your role does not add leads. Ask your administrator for one that may.";
            return refuse(StatusCode::FORBIDDEN, error, LeadForm::default()).await;
        }
        let typed = match form {
            Ok(Form(typed)) => typed,
            Err(rejection) => {
                let error = "The form did not arrive as it was sent. Fill it in again.";
                return refuse(rejection.status(), error, LeadForm::default()).await;
            }
        };
        match NewLead::parse(&typed.company, &typed.contact, &typed.stage) {
            Ok(lead) => {
                app.leads.add(&me, &lead, SystemClock.now()).await?;
                Ok(Redirect::to("/?added").into_response())
            }
            Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error, typed).await,
        }
    };
    done.await.unwrap_or_else(|failure: Failure| failure.page(&app))
}

/// `GET /leads.csv`: everything this person sees, where their role and their company's plan
/// both allow taking it out.
pub(crate) async fn export(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let written = async {
        let Some(me) = who(&app, &headers).await? else { return Ok(log_in(&app)) };
        if let Some(error) = why_no_export(&me) {
            let status = StatusCode::FORBIDDEN;
            return Home { status, error: Some(error), ..Home::default() }.show(&app, &me).await;
        }
        let mut leads = Vec::new();
        let mut before = None;
        loop {
            let slice = app.leads.page(Sight::of(&me), before, SLICE).await?;
            before = slice.last().map(|lead| lead.id);
            leads.extend(slice);
            if before.is_none() {
                break;
            }
        }
        let file = write_csv(&leads, &names(&app, &me, &leads).await?)?;
        const HEADERS: [(header::HeaderName, &str); 2] = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"leads.csv\""),
        ];
        Ok((HEADERS, file).into_response())
    };
    written.await.unwrap_or_else(|failure: Failure| failure.page(&app))
}

/// Who sent this, if anybody.
pub(crate) async fn who(app: &App, headers: &HeaderMap) -> Result<Option<Identity>, Failure> {
    match app.door.identify(headers).await {
        Ok(me) => Ok(Some(me)),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn log_in(app: &App) -> Response {
    Redirect::to(&app.door.log_in_path("/")).into_response()
}

fn foreign(app: &App) -> Response {
    let message = "This was sent from another site, so nothing was done.";
    app.pages.say(StatusCode::FORBIDDEN, None, "Not from here", message)
}

/// Why this person cannot take leads out, in words; nothing where they can.
fn why_no_export(me: &Identity) -> Option<String> {
    if me.require(Permission::LEADS_EXPORT).is_err() {
        return Some("Your role does not export leads. Ask your administrator.".into());
    }
    if me.require_feature(Feature::LEADS_EXPORT).is_err() {
        let plan = label(me.account().plan.as_str());
        return Some(format!("The {plan} plan has no export. Every other plan includes it."));
    }
    None
}

/// The present names of those who added these leads.
async fn names(
    app: &App,
    me: &Identity,
    leads: &[Lead],
) -> Result<HashMap<UserId, PersonName>, Error> {
    let ids: Vec<UserId> = leads.iter().map(|lead| lead.added_by).collect();
    app.auth.colleagues(me, ids).await
}

/// The start page of somebody who is logged in.
#[derive(Default)]
struct Home {
    status: StatusCode,
    before: Option<i64>,
    notice: Option<&'static str>,
    error: Option<String>,
    /// What was typed and refused: nobody types twice.
    typed: LeadForm,
}

impl Home {
    async fn show(self, app: &App, me: &Identity) -> Result<Response, Failure> {
        // One more than is shown tells whether there are older ones.
        let mut leads = app.leads.page(Sight::of(me), self.before, PAGE + 1).await?;
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = leads.len() > shown;
        leads.truncate(shown);
        let names = names(app, me, &leads).await?;
        let older = leads.last().filter(|_| more).map(|lead| format!("/?before={}", lead.id));
        let leads: Vec<Value> = leads.iter().map(|lead| row(lead, &names)).collect();
        let page = context! {
            leads,
            older,
            newest => self.before.is_some(),
            can_add => me.allows(Permission::LEADS_EDIT),
            no_export => why_no_export(me),
            stages => STAGES,
            typed => context! {
                company => self.typed.company,
                contact => self.typed.contact,
                stage => self.typed.stage,
            },
            error => self.error,
            notice => self.notice,
        };
        Ok(app.pages.show(self.status, "home.html", Some(me), page))
    }
}

fn row(lead: &Lead, names: &HashMap<UserId, PersonName>) -> Value {
    context! {
        company => lead.company.as_str(),
        contact => lead.contact.as_str(),
        stage => lead.stage.as_str(),
        added_by => names.get(&lead.added_by).map_or("somebody", PersonName::as_str),
        added_at => moment::day(lead.added_at),
    }
}
