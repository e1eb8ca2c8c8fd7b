//! Taking leads out as a file.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use portcullis::{
    auth::Identity,
    error::Error,
    policy::{Feature, Permission},
};

use crate::{
    app::App,
    failure::Failure,
    home::{Home, log_in, names, who},
    leads::{Sight, write_csv},
    pages::label,
};

/// How many leads are read at once.
const SLICE: u32 = 500;

/// `GET /leads.csv`: everything this person sees, where their role and their company's plan
/// both allow taking it out.
pub(crate) async fn leads(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let written = async {
        let Some(me) = who(&app, &headers).await? else { return Ok(log_in(&app)) };
        if let Some(error) = why_no_export(&me) {
            return Home::refusing(StatusCode::FORBIDDEN, error).show(&app, &me).await;
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

/// Why this person cannot take leads out, in words; nothing where they can.
pub(crate) fn why_no_export(me: &Identity) -> Option<String> {
    if me.require(Permission::LEADS_EXPORT).is_err() {
        return Some("Your role does not export leads. Ask your administrator.".into());
    }
    let plan = label(me.account().plan.as_str());
    match me.require_feature(Feature::LEADS_EXPORT) {
        Ok(()) => None,
        // Before whether it was included: renewed, it may be.
        Err(Error::AccountEnded) => Some(format!(
            "The {plan} plan of your company has ended, so there is no export until it is \
             renewed. My Account says whom to ask."
        )),
        Err(_) => Some(format!("The {plan} plan has no export. Every other plan includes it.")),
    }
}
