//! My Account.

use http::StatusCode;
use minijinja::{Value, context};

use super::{
    label,
    links::form_status,
    notice::{self, Notice},
    path_to, plan, requirements, violations,
};
use crate::{
    auth::{Identity, Overview},
    error::Error,
    model::{Event, Language},
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
    let me = call.identify().await?;
    page(call, &me, StatusCode::OK, None).await
}

/// `POST /account`
pub(super) async fn change_password(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
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
        Err(error) => again(call, &me, Part { name: "password", typed: "" }, error).await,
    }
}

/// `POST /account/username`
pub(super) async fn change_username(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["current_password", "username"])?;
    let (current, wanted) = (form.need("current_password")?, form.need("username")?);
    let changed = async {
        let username = typed::username(&wanted)?;
        let current = typed::password((current, "current_password"))?;
        call.auth().my_account(&me).change_username(&current, &username, &call.client()).await
    };
    match changed.await {
        Ok(()) => answer::see_other(&Notice::UsernameChanged.on(&path_to(call, "/account"))),
        Err(error) => again(call, &me, Part { name: "username", typed: &wanted }, error).await,
    }
}

/// `POST /account/email`
pub(super) async fn change_email(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["current_password", "email"])?;
    let (current, wanted) = (form.need("current_password")?, form.need("email")?);
    let asked = async {
        let email = typed::email(&wanted)?;
        let current = typed::password((current, "current_password"))?;
        call.auth().my_account(&me).change_email(&current, &email, &call.client()).await
    };
    match asked.await {
        Ok(()) => answer::see_other(&Notice::EmailAsked.on(&path_to(call, "/account"))),
        Err(error) => again(call, &me, Part { name: "email", typed: &wanted }, error).await,
    }
}

/// `POST /account/language`
pub(super) async fn choose_language(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["language"])?;
    let wanted = form.need("language")?;
    let chosen = async {
        let language = typed::language(&wanted)?;
        let account = call.auth().my_account(&me);
        account.choose_language(language.as_ref(), &call.client()).await
    };
    match chosen.await {
        Ok(()) => answer::see_other(&Notice::LanguageChosen.on(&path_to(call, "/account"))),
        Err(error) => again(call, &me, Part { name: "language", typed: "" }, error).await,
    }
}

/// A form of this page, and what was typed into it.
#[derive(Clone, Copy)]
struct Part<'a> {
    name: &'static str,
    typed: &'a str,
}

/// The page with what was wrong with one of its forms.
async fn again(call: &Call, me: &Identity, part: Part<'_>, error: Error) -> Answer {
    let (status, error, missed) = match error {
        Error::Invalid(missed) => (form_status(&missed), None, missed),
        Error::Rejected => {
            let words = "The current password is not right, so nothing was changed.";
            (StatusCode::UNAUTHORIZED, Some(words), Vec::new())
        }
        Error::Conflict { field: "username" } => {
            let words = "Somebody else has this username, or one that looks like it. Choose \
                         another.";
            (StatusCode::CONFLICT, Some(words), Vec::new())
        }
        error => return Err(error.into()),
    };
    page(call, me, status, Some(Trouble { part, error, missed: &missed })).await
}

/// What was wrong with a form.
struct Trouble<'a> {
    part: Part<'a>,
    error: Option<&'static str>,
    missed: &'a [Violation],
}

async fn page(
    call: &Call,
    me: &Identity,
    status: StatusCode,
    trouble: Option<Trouble<'_>>,
) -> Answer {
    let overview = call.auth().my_account(me).overview().await?;
    let Overview { user, account, last_logins, .. } = &overview;
    let notice = notice::asked(call).filter(|_| trouble.is_none());
    let values = context! {
        user => context! {
            username => user.username.as_str(),
            email => user.email.as_str(),
            email_proven => user.email_proven,
            name => user.name.as_str(),
            role_label => label(user.role.as_str()),
        },
        company => account.name.as_str(),
        plan => plan::shown(call, me, account),
        last_logins => last_logins.iter().map(past_log_in).collect::<Vec<Value>>(),
        languages => languages(call, user.language.as_ref()),
        requirements => requirements(call),
        part => trouble.as_ref().map_or("", |trouble| trouble.part.name),
        typed => trouble.as_ref().map_or("", |trouble| trouble.part.typed),
        error => trouble.as_ref().and_then(|trouble| trouble.error),
        violations => violations(trouble.as_ref().map_or(&[], |trouble| trouble.missed)),
        notice,
    };
    Ok(call.pages.page(status, "account.html", Some(me), values))
}

/// The languages to choose from. Who reads `de-AT` has chosen the wording of `de`.
pub(super) fn languages(call: &Call, read: Option<&Language>) -> Vec<Value> {
    let languages = call.auth().languages();
    let has = |tag: &str| languages.iter().any(|(there, _)| *there == tag);
    let chosen = read.and_then(|read| read.widening().find(|tag| has(tag)));
    let shown = languages.iter().map(|(tag, name)| {
        let tag = *tag;
        context! { tag, name, chosen => chosen == Some(tag) }
    });
    shown.collect()
}

fn past_log_in(event: &Event) -> Value {
    let address = event.client.address.map(|address| address.to_string());
    context! {
        at => moment::shown(event.at),
        address => address.unwrap_or_default(),
        agent => agent::short(event.client.agent()),
    }
}
