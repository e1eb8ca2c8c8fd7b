//! What only the operator does, from a second process on the same database while the first one
//! serves.
//!
//! There is no page for it on purpose: whoever can run this program on that machine is the
//! operator. Letters it causes are sent by the process that serves.

use std::{error::Error, io};

use portcullis::{
    auth::{Auth, NewAccount, NewUser, Operator},
    model::{Plan, User, Username},
    secret::Password,
};
use time::{Date, OffsetDateTime, Time, format_description::well_known::Iso8601};

use crate::{config::Config, database::AnyStore, post::Post};

const USAGE: &str = "use one of
  crm                                             serves
  crm open-account COMPANY USERNAME EMAIL REASON  opens an account and invites its administrator
  crm temporary-password USERNAME REASON          sets the password in the first line of its input
  crm grant-administrator USERNAME REASON         where an account's administrators are all gone
  crm invite-administrator COLLEAGUE USERNAME EMAIL REASON
                                                  where nobody is left who could become one
  crm enable USERNAME REASON                      lets somebody in again who was disabled
  crm plan COLLEAGUE PLAN UNTIL REASON            UNTIL is a day, such as 2027-01-31, or `open`
  crm seats COLLEAGUE NUMBER REASON               NUMBER may be `plan`: as many as it includes
where COLLEAGUE is the username of anybody in the account,
and set by environment, as the top of src/main.rs describes: PORT BIND DATABASE_URL PUBLIC_URL
TRUSTED_PROXIES SMTP_URL MAIL_FROM SMTP_CA RUST_LOG";

/// Carries out what the command line asks for.
pub(crate) async fn act(config: Config, words: &[String]) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let store = AnyStore::open(&config.database).await?;
    let mailer = Post::new(config.smtp.as_ref(), &config.site).map_err(|error| error.0)?;
    let (_, operator) = Auth::builder(store.store()).site(config.site).mailer(mailer).build()?;
    match words[..] {
        ["open-account", company, username, email, reason] => {
            let account = NewAccount::new(company, Plan::TRIAL)?;
            let new = NewUser::parse(username, email, username, "administrator")?;
            operator.because(reason).open_account(&account, &new).await.map_err(told)?;
        }
        ["temporary-password", username, reason] => {
            // Not from the command line, which other users of the machine can see.
            let typed = io::stdin().lines().next().ok_or("no password was given")??;
            let user = named(&operator, username).await?;
            let password = Password::new(typed)?;
            let acting = operator.because(reason);
            acting.set_temporary_password(user.id, &password).await.map_err(told)?;
        }
        // Break-glass: in the audit trail with its reason, and told to the administrators.
        ["grant-administrator", username, reason] => {
            let user = named(&operator, username).await?;
            operator.because(reason).grant_administrator(user.id).await.map_err(told)?;
        }
        // Anybody of the account names it, whatever became of them: it has no name of its own.
        ["invite-administrator", colleague, username, email, reason] => {
            let account = named(&operator, colleague).await?.account;
            let new = NewUser::parse(username, email, username, "administrator").map_err(told)?;
            operator.because(reason).invite(account, &new).await.map_err(told)?;
        }
        ["plan", colleague, plan, until, reason] => {
            let account = named(&operator, colleague).await?.account;
            let (plan, until) = (Plan::from_text(plan), day(until)?);
            operator.because(reason).set_plan(account, &plan, until).await.map_err(told)?;
        }
        ["seats", colleague, number, reason] => {
            let account = named(&operator, colleague).await?.account;
            let seats = if number == "plan" { None } else { Some(number.parse()?) };
            operator.because(reason).set_seats(account, seats).await.map_err(told)?;
        }
        ["enable", username, reason] => {
            let user = named(&operator, username).await?;
            operator.because(reason).enable(user.id).await.map_err(told)?;
        }
        _ => return Err(USAGE.into()),
    }
    store.close().await;
    Ok(())
}

async fn named(operator: &Operator, username: &str) -> Result<User, Box<dyn Error>> {
    let user = operator.find_user(&Username::parse(username)?).await?;
    user.ok_or_else(|| "there is no such user".into())
}

/// The beginning of a day, or no end.
fn day(written: &str) -> Result<Option<OffsetDateTime>, Box<dyn Error>> {
    if written == "open" {
        return Ok(None);
    }
    let day = Date::parse(written, &Iso8601::DATE)
        .map_err(|_| "UNTIL is a day, such as 2027-01-31, or `open`")?;
    Ok(Some(day.with_time(Time::MIDNIGHT).assume_utc()))
}

/// Each missed requirement, where there are some: the error's own text names none.
fn told(error: portcullis::error::Error) -> Box<dyn Error> {
    let portcullis::error::Error::Invalid(missed) = error else { return error.into() };
    let messages: Vec<String> = missed.into_iter().map(|violation| violation.message).collect();
    messages.join(" ").into()
}
