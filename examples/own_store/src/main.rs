//! Opens an account on a store of one's own, and logs somebody in.
//!
//! `cargo run -p own_store [FILE]`. Run it again: the file has kept everything.

use std::{
    env,
    io::{self, Write as _},
};

use own_store::RedbStore;
use portcullis::{
    auth::{Auth, Credentials, NewAccount, NewUser},
    mail::{Letter, MailError, Mailer},
    model::{Client, Plan, Username},
    secret::{Password, Token},
    site::Site,
};

/// A real host sends them: `mail::smtp::SmtpMailer`.
struct NoMail;

#[async_trait::async_trait]
impl Mailer for NoMail {
    async fn send(&self, _letter: &Letter) -> Result<(), MailError> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args_os().nth(1).unwrap_or_else(|| "own_store.redb".into());
    let (auth, operator) = Auth::builder(RedbStore::open(&file)?)
        .site(Site::new("Acme CRM", "https://crm.example")?)
        .mailer(NoMail)
        .build()?;

    let client = Client::new("203.0.113.7".parse().ok(), "own_store");
    let password = "seven green lanterns swing";
    if operator.find_user(&Username::parse("ada")?).await?.is_none() {
        let operator = operator.because("the example of a store");
        let ada = NewUser::parse("ada", "ada@acme.example", "Ada Lovelace", "administrator")?;
        let opened = operator.open_account(&NewAccount::new("Acme", Plan::TRIAL)?, &ada).await?;
        let link = operator.danger_activation_link(opened.administrator.id).await?;
        let token = Token::parse(link.rsplit('=').next().unwrap_or_default())?;
        auth.activate(&token, &Password::new(password)?, &client).await?;
    }

    let credentials = Credentials::new("ada", Password::new(password)?);
    let signed_in = auth.login(credentials, &client).await?.signed_in()?;
    let me = auth.identify(&signed_in.token).await?;
    let sessions = auth.my_account(&me).sessions().await?.len();
    let (name, account) = (&me.user().name, &me.account().name);
    writeln!(
        io::stdout(),
        "{} of {account} is logged in, {sessions} times by now; {} has kept it",
        name.as_str(),
        file.display(),
    )?;
    Ok(())
}
