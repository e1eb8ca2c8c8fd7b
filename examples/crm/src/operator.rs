//! What only the operator does, from a second process on the same database while the first one serves.
//!
//! There is no page for it on purpose: whoever can run this program on that machine is the
//! operator. Letters it causes are sent by the process that serves.

use std::{error::Error, io};

use portcullis::{
    auth::{Auth, NewAccount, NewUser, Operator},
    model::{Plan, User, Username},
    secret::Password,
};

use crate::{config::Config, database::AnyStore, post::Post};

const USAGE: &str = "use one of
  crm                                             serves
  crm open-account COMPANY USERNAME EMAIL REASON  opens an account and invites its administrator
  crm temporary-password USERNAME REASON          sets the password in the first line of its input
  crm grant-administrator USERNAME REASON         where an account's administrators are all gone
  crm enable USERNAME REASON                      lets somebody in again who was disabled
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

/// Each missed requirement, where there are some: the error's own text names none.
fn told(error: portcullis::error::Error) -> Box<dyn Error> {
    let portcullis::error::Error::Invalid(missed) = error else { return error.into() };
    let messages: Vec<String> = missed.into_iter().map(|violation| violation.message).collect();
    messages.join(" ").into()
}
