//! The start page: seeing leads, and adding one.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    extract::{
        Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::{Value, context};
use portcullis::{
    auth::Identity,
    clock::{Clock as _, SystemClock},
    error::Error,
    id::UserId,
    model::PersonName,
    policy::Permission,
};
use serde::Deserialize;

use crate::{
    app::App,
    export::why_no_export,
    failure::Failure,
    leads::{Lead, NewLead, STAGES, Sight},
    moment,
};

/// How many leads a page shows.
const PAGE: u32 = 50;

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
            let home = Home { typed, ..Home::refusing(status, error.to_owned()) };
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

/// Who sent this, if anybody.
pub(crate) async fn who(app: &App, headers: &HeaderMap) -> Result<Option<Identity>, Failure> {
    match app.door.identify(headers).await {
        Ok(me) => Ok(Some(me)),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn log_in(app: &App) -> Response {
    Redirect::to(&app.door.log_in_path("/")).into_response()
}

fn foreign(app: &App) -> Response {
    let message = "This was sent from another site, so nothing was done.";
    app.pages.say(StatusCode::FORBIDDEN, None, "Not from here", message)
}

/// The present names of those who added these leads.
pub(crate) async fn names(
    app: &App,
    me: &Identity,
    leads: &[Lead],
) -> Result<HashMap<UserId, PersonName>, Error> {
    // Many leads have few authors, and portcullis looks up so many at a time.
    const AT_ONCE: usize = 200;
    let authors: BTreeSet<UserId> = leads.iter().map(|lead| lead.added_by).collect();
    let authors: Vec<UserId> = authors.into_iter().collect();
    let mut names = HashMap::new();
    for some in authors.chunks(AT_ONCE) {
        names.extend(app.auth.colleagues(me, some.iter().copied()).await?);
    }
    Ok(names)
}

/// The start page of somebody who is logged in.
#[derive(Default)]
pub(crate) struct Home {
    status: StatusCode,
    before: Option<i64>,
    notice: Option<&'static str>,
    error: Option<String>,
    /// What was typed and refused: nobody types twice.
    typed: LeadForm,
}

impl Home {
    /// The page, with why something was not done.
    pub(crate) fn refusing(status: StatusCode, error: String) -> Self {
        Self { status, error: Some(error), ..Self::default() }
    }

    pub(crate) async fn show(self, app: &App, me: &Identity) -> Result<Response, Failure> {
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
