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
    asks: Asks,
    done: Notice,
}

/// What the form behind a link asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A new password.
    NewPassword,
    /// A password that exists already.
    OldPassword,
    /// Only to be sent.
    Nothing,
}

const RESET: Page = Page {
    name: "reset",
    path: "/reset",
    template: "reset.html",
    purpose: Purpose::Reset,
    kind: "reset",
    asks: Asks::NewPassword,
    done: Notice::PasswordSaved,
};

const ACTIVATE: Page = Page {
    name: "activate",
    path: "/activate",
    template: "activate.html",
    purpose: Purpose::Activation,
    kind: "activation",
    asks: Asks::NewPassword,
    done: Notice::Activated,
};

const CONFIRM: Page = Page {
    name: "confirm",
    path: "/confirm",
    template: "confirm.html",
    purpose: Purpose::EmailConfirm,
    kind: "confirmation",
    asks: Asks::Nothing,
    done: Notice::EmailConfirmed,
};

const UNDO: Page = Page {
    name: "undo",
    path: "/undo",
    template: "undo.html",
    purpose: Purpose::Undo,
    kind: "undo",
    asks: Asks::OldPassword,
    done: Notice::EmailUndone,
};

const OBJECT: Page = Page {
    name: "object",
    path: "/object",
    template: "object.html",
    purpose: Purpose::Objection,
    kind: "objection",
    asks: Asks::Nothing,
    done: Notice::Objected,
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

/// `GET /confirm`
pub(super) async fn show_confirm(call: &Call, _: &str) -> Answer {
    CONFIRM.show(call).await
}

/// `POST /confirm`
pub(super) async fn submit_confirm(call: &Call, _: &str) -> Answer {
    CONFIRM.submit(call).await
}

/// `GET /undo`
pub(super) async fn show_undo(call: &Call, _: &str) -> Answer {
    UNDO.show(call).await
}

/// `POST /undo`
pub(super) async fn submit_undo(call: &Call, _: &str) -> Answer {
    UNDO.submit(call).await
}

/// `GET /object`
pub(super) async fn show_object(call: &Call, _: &str) -> Answer {
    OBJECT.show(call).await
}

/// `POST /object`
pub(super) async fn submit_object(call: &Call, _: &str) -> Answer {
    OBJECT.submit(call).await
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
        self.form(call, &token, None, &[]).await
    }

    /// Moves the token out of the address bar.
    fn keep(&self, call: &Call, token: &Token) -> Answer {
        let cookie = cookies::page(call.auth().site(), self.name, &token.reveal())?;
        let response = answer::see_other(&path_to(call, self.path))?;
        Ok(answer::with_cookies(response, [cookie]))
    }

    async fn submit(&self, call: &Call) -> Answer {
        let known: &[&str] = match self.asks {
            Asks::Nothing => &[],
            Asks::NewPassword | Asks::OldPassword => &["password", "username"],
        };
        let mut form = Form::read(&call.asked, known)?;
        let typed = known.first().map(|field| form.need(field)).transpose()?;
        let Some(token) = kept(call, self.name) else { return Ok(self.dead(call)) };
        if let Some(shown) = form.take("username")
            && let Ok(view) = call.auth().look_at_link(self.purpose, &token).await
            && *shown != view.username
        {
            return Ok(self.page(call, &view, StatusCode::CONFLICT, Some(OTHER), &[]));
        }
        let done = async {
            let (auth, client) = (call.auth(), call.client());
            let Some(typed) = typed else {
                return match self.purpose {
                    Purpose::Objection => auth.object(&token, &client).await,
                    _ => auth.confirm_email(&token, &client).await,
                };
            };
            let password = typed::password((typed, "password"))?;
            match self.purpose {
                Purpose::Activation => auth.activate(&token, &password, &client).await,
                Purpose::Undo => auth.undo_email_change(&token, &password, &client).await,
                _ => auth.reset_password(&token, &password, &client).await,
            }
        };
        match done.await {
            Ok(()) => {
                let response = answer::see_other(&self.done.on(&path_to(call, "/login")))?;
                let cookie = cookies::no_page(call.auth().site(), self.name)?;
                Ok(answer::with_cookies(response, [cookie]))
            }
            Err(Error::Invalid(missed)) => self.form(call, &token, None, &missed).await,
            // While the link still stands, it was the password.
            Err(Error::Rejected) if self.asks == Asks::OldPassword => {
                let error = "That is not the password from before the change.";
                self.form(call, &token, Some(error), &[]).await
            }
            Err(Error::Rejected) => Ok(self.dead(call)),
            Err(error) => Err(error.into()),
        }
    }

    /// The form, with what was wrong with the last one.
    async fn form(
        &self,
        call: &Call,
        token: &Token,
        error: Option<&str>,
        missed: &[Violation],
    ) -> Answer {
        let view = match call.auth().look_at_link(self.purpose, token).await {
            Ok(view) => view,
            Err(Error::Rejected) => return Ok(self.dead(call)),
            Err(error) => return Err(error.into()),
        };
        let status = match error {
            Some(_) => StatusCode::UNAUTHORIZED,
            None => form_status(missed),
        };
        Ok(self.page(call, &view, status, error, missed))
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
