//! User Accounts > one person, and the options there are.

use http::StatusCode;
use minijinja::{Value, context};
use zeroize::Zeroizing;

use super::{
    label,
    links::form_status,
    notice::{self, Notice},
    path_to, requirements,
    sessions::row,
    users::{gives, roles},
    violations,
};
use crate::{
    auth::{Changes, Identity, UserAccounts},
    error::{Error, Result},
    id::UserId,
    model::{Actor, Client, Event, Status},
    policy::{Permission, Violation},
    web::{
        answer::{self, Answer},
        form::Form,
        moment,
        refusal::Refusal,
        service::Call,
        typed,
        words::words,
    },
};

/// How many entries of the history the page shows.
const EVENTS_SHOWN: usize = 10;

/// `GET /users/{id}`
pub(super) async fn show(call: &Call, id: &str) -> Answer {
    let me = call.identify().await?;
    page(call, &me, user(id)?, StatusCode::OK, &Problem::default()).await
}

/// `POST /users/{id}`: one of the options, named by the field `do`.
pub(super) async fn act(call: &Call, id: &str) -> Answer {
    let me = call.identify().await?;
    let known = ["do", "username", "email", "name", "role", "version", "password", "reason"];
    let mut form = Form::read(&call.asked, &known)?;
    let option = form.need("do")?.to_string();
    form.only(fields(&option))?;
    let id = user(id)?;
    let accounts = call.auth().user_accounts(&me)?;
    match carry_out(&accounts, id, &option, form, &call.client()).await {
        Ok(notice) => {
            let stays = !matches!(notice, Notice::InvitationRevoked);
            let place = if stays { format!("/users/{id}") } else { "/users".to_owned() };
            answer::see_other(&notice.on(&path_to(call, &place)))
        }
        Err(Error::Invalid(missed)) => {
            let status = form_status(&missed);
            page(call, &me, id, status, &Problem { option, missed, ..Problem::default() }).await
        }
        Err(
            error @ (Error::Conflict { .. }
            | Error::Throttled { .. }
            | Error::Forbidden
            | Error::AccountEnded),
        ) => {
            let refusal = Refusal::from(error);
            let words = words(&refusal, call.asker(), call.auth().site());
            let problem = Problem { option, error: Some(words), missed: Vec::new() };
            page(call, &me, id, refusal.status, &problem).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What an option takes. A reset that took an address would be a way to have it mailed elsewhere.
fn fields(option: &str) -> &'static [&'static str] {
    match option {
        "profile" => &["username", "name", "role", "version"],
        "email" => &["email", "version"],
        "recover" => &["email", "reason"],
        "password" => &["password"],
        "disable" | "secure" | "remove" => &["reason"],
        _ => &[],
    }
}

async fn carry_out(
    accounts: &UserAccounts<'_>,
    id: UserId,
    option: &str,
    mut form: Form,
    client: &Client,
) -> Result<Notice> {
    let mut text = |name| -> Result<Zeroizing<String>> { form.need(name) };
    match option {
        "profile" => {
            let mut changes = Changes::new().name(&text("name")?).role(&text("role")?);
            let version = version(&mut text)?;
            if let Some(username) = form.take("username") {
                changes = changes.username(&username);
            }
            accounts.update(id, &changes.expecting(version), client).await?;
            Ok(Notice::ProfileSaved)
        }
        "email" => {
            let changes = Changes::new().email(&text("email")?);
            let user = accounts.update(id, &changes.expecting(version(&mut text)?), client).await?;
            let at_once = user.status == Status::Invited;
            Ok(if at_once { Notice::ActivationSent } else { Notice::EmailLinkSent })
        }
        "recover" => {
            let email = typed::email(&text("email")?)?;
            accounts.recover(id, &email, &text("reason")?, client).await?;
            Ok(Notice::Recovered)
        }
        "reset" => {
            accounts.send_password_reset(id, client).await?;
            Ok(Notice::ResetSent)
        }
        "activation" => {
            accounts.resend_activation(id, client).await?;
            Ok(Notice::ActivationSent)
        }
        "revoke" => {
            accounts.revoke_invitation(id, client).await?;
            Ok(Notice::InvitationRevoked)
        }
        "sign-out" => {
            accounts.sign_out(id, client).await?;
            Ok(Notice::SignedOut)
        }
        "password" => {
            let password = typed::password((text("password")?, "password"))?;
            accounts.set_temporary_password(id, &password, client).await?;
            Ok(Notice::TemporarySet)
        }
        "disable" => {
            accounts.disable(id, &text("reason")?, client).await?;
            Ok(Notice::Disabled)
        }
        "enable" => {
            accounts.enable(id, client).await?;
            Ok(Notice::Enabled)
        }
        "secure" => {
            let user = accounts.secure(id, &text("reason")?, client).await?;
            Ok(if user.email_proven { Notice::Secured } else { Notice::SecuredWithoutLink })
        }
        "remove" => {
            accounts.remove(id, &text("reason")?, client).await?;
            Ok(Notice::Removed)
        }
        _ => Err(Error::Malformed("There is no such option. Open the page again.")),
    }
}

/// The version of the profile the form was made for.
fn version(text: &mut impl FnMut(&'static str) -> Result<Zeroizing<String>>) -> Result<i64> {
    let refused = "A field of the form is not what it was. Open the page again.";
    text("version")?.parse().map_err(|_| Error::Malformed(refused))
}

/// What is no id is nobody's.
fn user(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound)
}

/// What went wrong with an option.
#[derive(Default)]
struct Problem {
    option: String,
    error: Option<String>,
    missed: Vec<Violation>,
}

async fn page(
    call: &Call,
    me: &Identity,
    id: UserId,
    status: StatusCode,
    problem: &Problem,
) -> Answer {
    let accounts = call.auth().user_accounts(me)?;
    let found = accounts.get(id).await?;
    let user = &found.user;
    let manages = me.allows(Permission::USERS_MANAGE);
    let acts = manages && user.status != Status::Removed && gives(call, me, &user.role);
    let (reasons, sessions, events) = if manages {
        let history = accounts.history(id, None, EVENTS_SHOWN).await?;
        (accounts.diagnosis(id).await?.reasons, accounts.sessions(id).await?, history.events)
    } else {
        (Vec::new(), Vec::new(), Vec::new())
    };
    let current = me.session().id;
    let reasons = reasons.iter().map(|reason| {
        let (since, until) = (reason.since.map(moment::shown), reason.until.map(moment::shown));
        context! { message => reason.message.as_str(), since, until }
    });
    let is_own = user.id == me.user().id;
    let policy = call.auth().policy();
    let is_administrator = user.administrator || policy.roles.is_administrator(&user.role);
    let is_fresh = problem.error.is_none() && problem.missed.is_empty();
    let values = context! {
        user => context! {
            id => user.id.to_string(),
            username => user.username.as_str(),
            email => user.email.as_str(),
            email_proven => user.email_proven,
            name => user.name.as_str(),
            role_label => label(user.role.as_str()),
            status => user.status.as_str(),
            status_label => label(user.status.as_str()),
            version => user.version,
            created_at => moment::shown(user.created_at),
            last_login_at => found.last_login_at.map(moment::shown),
        },
        manages,
        acts,
        is_own,
        sets_passwords => policy.temporary_passwords && !is_own && !is_administrator,
        roles => roles(call, user.role.as_str(), |role| gives(call, me, role)),
        reasons => reasons.collect::<Vec<Value>>(),
        sessions => sessions.iter().map(|session| row(session, current)).collect::<Vec<Value>>(),
        allowed => policy.limits.sessions_per_user,
        events => events.iter().map(entry).collect::<Vec<Value>>(),
        requirements => requirements(call),
        option => problem.option.as_str(),
        error => problem.error.as_deref(),
        violations => violations(&problem.missed),
        notice => notice::asked(call).filter(|_| is_fresh),
    };
    Ok(call.pages.page(status, "user.html", Some(me), values))
}

fn entry(event: &Event) -> Value {
    let by = match &event.actor {
        Actor::User(_, name) => name.as_str(),
        Actor::Operator => "the people who run the site",
        Actor::Stranger => "somebody not logged in",
        Actor::System => "the site",
    };
    let address = event.client.address.map(|address| address.to_string());
    context! {
        what => label(event.kind.as_str()),
        at => moment::shown(event.at),
        by,
        reason => event.reason.replace('_', " "),
        address => address.unwrap_or_default(),
    }
}
