//! How letters leave: by a mail server, or into the mailbox page.

use async_trait::async_trait;
use portcullis::{
    mail::{Letter, MailError, Mailer, smtp::SmtpMailer},
    site::Site,
};

use crate::{
    config::{BadSetting, Smtp},
    mailbox::Mailbox,
};

/// One of the two.
pub(crate) enum Post {
    Smtp(Box<SmtpMailer>),
    Mailbox(Mailbox),
}

impl Post {
    /// What the settings ask for.
    pub(crate) fn new(smtp: Option<&Smtp>, site: &Site) -> Result<Self, BadSetting> {
        let Some(smtp) = smtp else { return Ok(Self::Mailbox(Mailbox::default())) };
        let wrong = |error| BadSetting(format!("SMTP_URL or MAIL_FROM cannot be used: {error}"));
        let mut mailer =
            SmtpMailer::from_url(&smtp.url, &smtp.from).map_err(wrong)?.from_name(site.name());
        if let Some(path) = &smtp.authority {
            let pem = std::fs::read(path)
                .map_err(|error| BadSetting(format!("SMTP_CA cannot be read: {error}")))?;
            mailer = mailer
                .trust_pem(&pem)
                .map_err(|error| BadSetting(format!("SMTP_CA cannot be used: {error}")))?;
        }
        Ok(Self::Smtp(Box::new(mailer)))
    }

    /// The mailbox, where letters stay here.
    pub(crate) fn mailbox(&self) -> Option<Mailbox> {
        match self {
            Self::Smtp(_) => None,
            Self::Mailbox(mailbox) => Some(mailbox.clone()),
        }
    }
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        match self {
            Self::Smtp(mailer) => mailer.send(letter).await,
            Self::Mailbox(mailbox) => {
                mailbox.put(letter);
                Ok(())
            }
        }
    }
}
