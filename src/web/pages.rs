//! The pages: plain forms that work with scripts off.

mod account;
mod forgot;
mod links;
mod login;
mod message;
mod notice;
mod plan;
mod replace;
mod sessions;
mod user;
mod users;

pub(super) use message::refuse;

use data_encoding::HEXLOWER;
use http::{HeaderValue, Response, StatusCode, header};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest as _, Sha256};

use super::{
    answer::{self, Answer},
    body::Body,
    routes::{Row, rows},
    service::Call,
};
use crate::{
    auth::Identity,
    policy::{Permission, Violation},
    site::Site,
};

/// Every page.
pub(super) static PAGES: &[Row<Call>] = rows![
    GET "/" => account::lead_there,
    GET "/login" => login::show,
    POST "/login" => login::submit,
    POST "/logout" => login::log_out,
    GET "/forgot" => forgot::show,
    POST "/forgot" => forgot::submit,
    GET "/reset" => links::show_reset,
    POST "/reset" => links::submit_reset,
    GET "/activate" => links::show_activate,
    POST "/activate" => links::submit_activate,
    GET "/confirm" => links::show_confirm,
    POST "/confirm" => links::submit_confirm,
    GET "/undo" => links::show_undo,
    POST "/undo" => links::submit_undo,
    GET "/object" => links::show_object,
    POST "/object" => links::submit_object,
    GET "/replace" => replace::show,
    POST "/replace" => replace::submit,
    GET "/account" => account::show,
    POST "/account" => account::change_password,
    POST "/account/username" => account::change_username,
    POST "/account/email" => account::change_email,
    POST "/account/language" => account::choose_language,
    GET "/account/sessions" => sessions::show,
    POST "/account/sessions" => sessions::submit,
    GET "/users" => users::show,
    POST "/users" => users::invite,
    POST "/users/secure" => users::secure_account,
    POST "/users/plan" => plan::change,
    GET "/users/{id}" => user::show,
    POST "/users/{id}" => user::act,
    GET "/style.css" => style,
];

const STYLE: &str = include_str!("pages/style.css");

macro_rules! templates {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("pages/", $name)))),*] };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "_plan.html" "_plan_ended.html" "_requirements.html" "_support.html" "_violations.html" "account.html" "activate.html"
    "base.html" "confirm.html" "dead_link.html" "forgot.html" "forgot_sent.html" "login.html"
    "message.html" "object.html" "replace.html" "reset.html" "sessions.html" "undo.html" "user.html"
    "users.html"
];

/// The templates of one site.
pub(super) struct Pages {
    environment: Environment<'static>,
    /// What names this version of the style sheet, so that it can be kept for long.
    style: String,
    /// What every page is given.
    common: Value,
}

impl Pages {
    pub(super) fn new(site: &Site) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            if let Err(error) = environment.add_template(name, source) {
                // A test reads each of them, so this is not reached.
                tracing::error!(%error, "a page's template cannot be read");
            }
        }
        let hash = HEXLOWER.encode(&Sha256::digest(STYLE));
        let style = format!("v={}", hash.get(..16).unwrap_or_default());
        let common = context! {
            site => context! { name => site.name(), support => site.support_contact() },
            base => address(site.base()),
            css => address(&format!("{}/style.css?{style}", site.base())),
        };
        Self { environment, style, common }
    }

    /// Writes a page for somebody, or for a stranger.
    fn page(
        &self,
        status: StatusCode,
        template: &str,
        me: Option<&Identity>,
        values: Value,
    ) -> Response<Body> {
        let me = me.map(|me| {
            context! {
                name => me.user().name.as_str(),
                username => me.user().username.as_str(),
                manages => sees_people(me),
            }
        });
        let values = context! { ..values, ..context! { me, ..self.common.clone() } };
        let written = self.environment.get_template(template);
        match written.and_then(|template| template.render(values)) {
            Ok(html) => answer::typed(status, "text/html; charset=utf-8", html),
            // Tests write each of them with all its values, so this is not reached.
            Err(error) => {
                tracing::error!(%error, template, "a page could not be written");
                answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// `GET /style.css`
async fn style(call: &Call, _: &str) -> Answer {
    let mut response = answer::typed(StatusCode::OK, "text/css; charset=utf-8", STYLE);
    // Only the version that was asked for may be kept: another one is on its way out.
    if call.asked.query.as_deref() == Some(&call.pages.style) {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}

/// A page of this service, as browsers are sent to it.
fn path_to(call: &Call, page: &str) -> String {
    format!("{}{page}", call.auth().site().base())
}

/// A path of this site as templates get it. Escaping leaves slashes alone where nothing else of
/// it could mean anything in HTML, so that pages read as they are written.
fn address(path: &str) -> Value {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~?=".contains(c);
    if path.chars().all(is_plain) {
        Value::from_safe_string(path.to_owned())
    } else {
        Value::from(path)
    }
}

/// Whether User Accounts are theirs to open.
fn sees_people(me: &Identity) -> bool {
    me.allows(Permission::USERS_VIEW) || me.allows(Permission::USERS_MANAGE)
}

/// What the password needs, for the forms that ask for a new one.
fn requirements(call: &Call) -> Value {
    let rules = call.auth().password_requirements().rules;
    let rule =
        |rule: crate::policy::Requirement| context! { rule => rule.rule, message => rule.message };
    rules.into_iter().map(rule).collect::<Vec<Value>>().into()
}

fn violations(missed: &[Violation]) -> Value {
    let shown = missed.iter().map(|Violation { field, rule, message }| {
        context! { field => *field, rule => *rule, message }
    });
    shown.collect::<Vec<Value>>().into()
}

/// A role's or a plan's name as people read it.
fn label(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        let pages = Pages::new(&Site::new("Site", "https://crm.example").unwrap());
        for (name, _) in TEMPLATES {
            pages.environment.get_template(name).unwrap();
        }
    }

    #[test]
    fn names_are_written_for_people() {
        assert_eq!(label("junior_salesperson"), "Junior Salesperson");
        assert_eq!(label("trial"), "Trial");
        assert_eq!(label(""), "");
    }
}
