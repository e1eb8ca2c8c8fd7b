//! The pages behind mailed links.
//!
//! Opening a link uses nothing up, however often a mail scanner does it: the token moves into a
//! cookie of its page, out of the address bar, and only the form's POST uses it.

use http::{Response, StatusCode};
use minijinja::{Value, context};

use super::{notice::Notice, path_to, requirements, violations};
use crate::{
    auth::LinkView,
    error::Error,
    policy::Violation,
    secret::{Purpose, Token},
    web::{
        answer::{self, Answer},
        body::Body,
        cookies::{self, Carried},
        form::Form,
        query,
        service::Call,
        typed,
    },
};

/// One of the pages.
struct Page {
    name: &'static str,
    path: &'static str,
    template: &'static str,
    purpose: Purpose,
    /// What the page for dead links calls it.
    kind: &'static str,
    done: Notice,
}

const RESET: Page = Page {
    name: "reset",
    path: "/reset",
    template: "reset.html",
    purpose: Purpose::Reset,
    kind: "reset",
    done: Notice::PasswordSaved,
};

const ACTIVATE: Page = Page {
    name: "activate",
    path: "/activate",
    template: "activate.html",
    purpose: Purpose::Activation,
    kind: "activation",
    done: Notice::Activated,
};

/// `GET /reset`
pub(super) async fn show_reset(call: &Call, _: &str) -> Answer {
    RESET.show(call).await
}

/// `POST /reset`
pub(super) async fn submit_reset(call: &Call, _: &str) -> Answer {
    RESET.submit(call).await
}

/// `GET /activate`
pub(super) async fn show_activate(call: &Call, _: &str) -> Answer {
    ACTIVATE.show(call).await
}

/// `POST /activate`
pub(super) async fn submit_activate(call: &Call, _: &str) -> Answer {
    ACTIVATE.submit(call).await
}

impl Page {
    async fn show(&self, call: &Call) -> Answer {
        let query = call.asked.query.as_deref();
        if let Some(written) = query::only(query, "token") {
            return match Token::parse(&written) {
                Ok(token) => self.keep(call, &token),
                Err(_) => Ok(self.dead(call)),
            };
        }
        let Some(token) = kept(call, self.name) else { return Ok(self.dead(call)) };
        self.form(call, &token, &[]).await
    }

    /// Moves the token out of the address bar.
    fn keep(&self, call: &Call, token: &Token) -> Answer {
        let cookie = cookies::page(call.auth().site(), self.name, &token.reveal())?;
        let response = answer::see_other(&path_to(call, self.path))?;
        Ok(answer::with_cookies(response, [cookie]))
    }

    async fn submit(&self, call: &Call) -> Answer {
        let mut form = Form::read(&call.asked, &["username", "password"])?;
        let typed = form.need("password")?;
        let Some(token) = kept(call, self.name) else { return Ok(self.dead(call)) };
        if let Some(shown) = form.take("username")
            && let Ok(view) = call.auth().look_at_link(self.purpose, &token).await
            && *shown != view.username
        {
            return Ok(self.page(call, &view, StatusCode::CONFLICT, Some(OTHER), &[]));
        }
        let done = async {
            let password = typed::password((typed, "password"))?;
            let (auth, client) = (call.auth(), call.client());
            match self.purpose {
                Purpose::Activation => auth.activate(&token, &password, &client).await,
                _ => auth.reset_password(&token, &password, &client).await,
            }
        };
        match done.await {
            Ok(()) => {
                let response = answer::see_other(&self.done.on(&path_to(call, "/login")))?;
                let cookie = cookies::no_page(call.auth().site(), self.name)?;
                Ok(answer::with_cookies(response, [cookie]))
            }
            Err(Error::Invalid(missed)) => self.form(call, &token, &missed).await,
            Err(Error::Rejected) => Ok(self.dead(call)),
            Err(error) => Err(error.into()),
        }
    }

    /// The form, with what was wrong with the last one.
    async fn form(&self, call: &Call, token: &Token, missed: &[Violation]) -> Answer {
        let view = match call.auth().look_at_link(self.purpose, token).await {
            Ok(view) => view,
            Err(Error::Rejected) => return Ok(self.dead(call)),
            Err(error) => return Err(error.into()),
        };
        Ok(self.page(call, &view, form_status(missed), None, missed))
    }

    fn page(
        &self,
        call: &Call,
        view: &LinkView,
        status: StatusCode,
        error: Option<&str>,
        missed: &[Violation],
    ) -> Response<Body> {
        let values = context! { error, ..choosing(call, view, missed) };
        call.pages.page(status, self.template, None, values)
    }

    fn dead(&self, call: &Call) -> Response<Body> {
        let values = context! { kind => self.kind };
        call.pages.page(StatusCode::GONE, "dead_link.html", None, values)
    }
}

/// What a form says that was shown for another link than the one opened last: two links opened
/// in one browser share its cookie, and one person's password must not become another's.
pub(super) const OTHER: &str = "Another link was opened in this browser since, so nothing was \
                                saved. Look at the username below before you go on.";

/// The status of a form: that of what it misses, if anything.
pub(super) fn form_status(missed: &[Violation]) -> StatusCode {
    if missed.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// What a form for choosing a password is given.
pub(super) fn choosing(call: &Call, view: &LinkView, missed: &[Violation]) -> Value {
    context! {
        username => view.username.as_str(),
        email => view.email.as_str(),
        account => context! { name => view.account.as_str() },
        requirements => requirements(call),
        violations => violations(missed),
    }
}

/// The token a page's cookie keeps.
pub(super) fn kept(call: &Call, page: &str) -> Option<Token> {
    let name = cookies::page_name(call.auth().site(), page);
    match cookies::read(&call.asked.headers, &name) {
        Carried::One(written) => Token::parse(&written).ok(),
        Carried::Nothing | Carried::Several => None,
    }
}
