//! How letters leave: one trait for the host to plug its mail into.

#[cfg(feature = "smtp")]
pub mod smtp;

use std::fmt;

use async_trait::async_trait;

use crate::{id::IntentId, model::EmailAddress};

/// A letter, ready to be sent.
///
/// It may hold a link with a live token, so `Debug` shows neither text nor recipient.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Letter {
    /// Names this letter: two tries at the same one carry the same id, so a mail server can tell
    /// a repetition.
    pub id: IntentId,
    /// To whom.
    pub to: EmailAddress,
    /// The recipient's name, without line breaks; may be empty.
    pub name: String,
    /// One line.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl Letter {
    /// A letter to an address, without the recipient's name; set [`name`](Letter::name) to add
    /// one. Hosts need it for testing their own [`Mailer`].
    ///
    /// ```
    /// use portcullis::{id::IntentId, mail::Letter, model::EmailAddress};
    /// let to = EmailAddress::parse("ada@example.com")?;
    /// let mut letter = Letter::new(IntentId::NOBODY, to, "Hello", "Hello!", "<p>Hello!</p>");
    /// letter.name = "Ada Lovelace".into();
    /// # Ok::<(), portcullis::model::InvalidEmail>(())
    /// ```
    pub fn new(
        id: IntentId,
        to: EmailAddress,
        subject: impl Into<String>,
        text: impl Into<String>,
        html: impl Into<String>,
    ) -> Self {
        Self {
            id,
            to,
            name: String::new(),
            subject: subject.into(),
            text: text.into(),
            html: html.into(),
        }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A letter was not sent.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Not now: it will be tried again.
    #[error("the mail could not be handed over for now")]
    Temporary(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not ever: the server refuses this letter or this recipient.
    #[error("the mail was refused")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl MailError {
    /// A failure that may pass.
    pub fn temporary(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Temporary(source.into())
    }

    /// A failure that will not pass.
    pub fn permanent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Permanent(source.into())
    }
}

impl fmt::Debug for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Hands letters to whatever delivers them.
///
/// What an implementation must hold:
///
/// - **L1.** `Ok` means somebody else is now responsible for the letter.
/// - **L2.** It answers: a server that hangs ends in [`MailError::Temporary`], within a minute.
///   After that the outbox drops the call and puts the letter off. It can do so only while `send`
///   waits as futures do: one that blocks its thread holds the outbox up.
/// - **L3.** Letters do not wait for each other: [`Auth::background`](crate::auth::Auth) calls
///   `send` for several at once.
/// - **L4.** Nothing of a letter is logged.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one letter.
    ///
    /// # Errors
    /// [`MailError::Temporary`] to be asked again later, [`MailError::Permanent`] not to be.
    async fn send(&self, letter: &Letter) -> Result<(), MailError>;
}
