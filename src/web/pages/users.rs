//! User Accounts: the list, and asking people in.

use http::StatusCode;
use minijinja::{Value, context};

use super::{
    account::languages,
    address, label,
    links::form_status,
    notice::{self, Notice},
    path_to, plan, violations,
};
use crate::{
    auth::{Identity, NewUser, Profile, Wanted},
    error::Error,
    model::{Language, Role, Status},
    policy::{Permission, Violation},
    web::{
        answer::{self, Answer},
        cookies,
        form::Form,
        moment, query,
        refusal::Refusal,
        service::Call,
        typed,
        words::words,
    },
};

/// What was typed into the form that asks somebody in.
#[derive(Default)]
pub(super) struct Typed {
    /// The form the trouble is with, where there is any.
    form: &'static str,
    username: String,
    email: String,
    name: String,
    role: String,
    language: String,
}

impl Typed {
    /// Nothing; the trouble is with this form.
    pub(super) fn nothing_into(form: &'static str) -> Self {
        Self { form, ..Self::default() }
    }
}

/// `GET /users`
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    page(call, &me, StatusCode::OK, &Typed::default(), None, &[]).await
}

/// `POST /users`
pub(super) async fn invite(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let known = ["username", "email", "name", "role", "language"];
    let mut form = Form::read(&call.asked, &known)?;
    let typed = Typed {
        form: "invite",
        username: form.need("username")?.to_string(),
        email: form.need("email")?.to_string(),
        name: form.need("name")?.to_string(),
        role: form.need("role")?.to_string(),
        // There is none to choose where letters speak one language only.
        language: form.take("language").map(|tag| tag.to_string()).unwrap_or_default(),
    };
    let invited = async {
        let Typed { username, email, name, role, language, .. } = &typed;
        let mut new = NewUser::parse(username, email, name, role)?;
        if let Some(language) = typed::language(language)? {
            new = new.reading(language);
        }
        call.auth().user_accounts(&me)?.invite(&new, &call.client()).await
    };
    match invited.await {
        Ok(user) => {
            let path = path_to(call, &format!("/users/{}", user.id));
            answer::see_other(&Notice::Invited.on(&path))
        }
        Err(Error::Invalid(missed)) => {
            page(call, &me, form_status(&missed), &typed, None, &missed).await
        }
        Err(error @ (Error::Conflict { .. } | Error::Throttled { .. } | Error::AccountEnded)) => {
            let refusal = Refusal::from(error);
            let words = words(&refusal, call.asker(), call.auth().site());
            page(call, &me, refusal.status, &typed, Some(&words), &[]).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /users/secure`
pub(super) async fn secure_account(call: &Call, _: &str) -> Answer {
    let me = call.identify().await?;
    let mut form = Form::read(&call.asked, &["reason"])?;
    let reason = form.need("reason")?;
    let accounts = call.auth().user_accounts(&me)?;
    match accounts.secure_account(&reason, &call.client()).await {
        // Of everybody, so of whoever did it as well.
        Ok(()) => {
            let path = Notice::AccountSecured.on(&path_to(call, "/login"));
            let over = cookies::no_session(call.auth().site())?;
            Ok(answer::with_cookies(answer::see_other(&path)?, [over]))
        }
        Err(Error::Invalid(missed)) => {
            let typed = Typed::nothing_into("secure");
            page(call, &me, form_status(&missed), &typed, None, &missed).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn page(
    call: &Call,
    me: &Identity,
    status: StatusCode,
    typed: &Typed,
    error: Option<&str>,
    missed: &[Violation],
) -> Answer {
    let asked = |name| query::only(call.asked.query.as_deref(), name);
    let field = |name| asked(name).map(|value| value.to_string()).unwrap_or_default();
    let (sought, state, role) = (field("query"), field("status"), field("role"));
    let mut wanted = Wanted::new().query(&sought);
    if let Some(status) = Status::from_name(&state) {
        wanted = wanted.status(status);
    }
    if !role.is_empty() {
        wanted = wanted.role(Role::from_text(&role));
    }
    if let Some(cursor) = asked("cursor") {
        wanted = wanted.after(&cursor);
    }
    let listed = call.auth().user_accounts(me)?.list(&wanted).await?;
    let next = listed.next.as_ref().map(|cursor| {
        let mut written = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("query", &sought), ("status", &state), ("role", &role), ("cursor", cursor)]
        {
            written.append_pair(name, value);
        }
        address(&path_to(call, &format!("/users?{}", written.finish())))
    });
    let is_fresh = error.is_none() && missed.is_empty();
    let values = context! {
        users => listed.users.iter().map(row).collect::<Vec<Value>>(),
        next,
        sought => sought.as_str(),
        states => states(&state),
        roles => roles(call, &role, |_| true),
        is_narrowed => !sought.is_empty() || !state.is_empty() || !role.is_empty(),
        acts => me.allows(Permission::USERS_MANAGE),
        given => roles(call, &typed.role, |role| gives(call, me, role)),
        typed => context! {
            username => typed.username.as_str(),
            email => typed.email.as_str(),
            name => typed.name.as_str(),
        },
        languages => languages(call, Language::parse(&typed.language).ok().as_ref()),
        form => typed.form,
        plan => plan::shown(call, me, me.account()),
        change => plan::form(call, me.account()),
        secures => me.user().administrator,
        company => me.account().name.as_str(),
        error,
        violations => violations(missed),
        notice => notice::asked(call).filter(|_| is_fresh),
    };
    Ok(call.pages.page(status, "users.html", Some(me), values))
}

fn row(found: &Profile) -> Value {
    let user = &found.user;
    context! {
        id => user.id.to_string(),
        name => user.name.as_str(),
        username => user.username.as_str(),
        email => user.email.as_str(),
        role_label => label(user.role.as_str()),
        status => user.status.as_str(),
        last_login_at => found.last_login_at.map(moment::shown),
    }
}

fn states(chosen: &str) -> Vec<Value> {
    let states = Status::ALL.iter().map(|status| status.as_str());
    states
        .map(|name| context! { value => name, label => label(name), chosen => name == chosen })
        .collect()
}

/// The roles that pass, for a form to choose from.
pub(super) fn roles(call: &Call, chosen: &str, passes: impl Fn(&Role) -> bool) -> Vec<Value> {
    let roles = call.auth().policy().roles.all().filter(|role| passes(role));
    roles
        .map(|role| {
            let name = role.as_str();
            context! { value => name, label => label(name), chosen => name == chosen }
        })
        .collect()
}

/// Whether somebody may give this role.
pub(super) fn gives(call: &Call, me: &Identity, role: &Role) -> bool {
    call.auth().policy().roles.permissions(role).all(|held| me.allows(held))
}
