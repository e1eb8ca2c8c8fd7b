//! Letters through an SMTP server.

mod compose;
mod connection;
mod failure;
mod one_line;
mod server;
mod unheard;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use lettre::{
    Address,
    message::Mailbox,
    transport::smtp::{client::Certificate, extension::ClientId},
};
use tracing::instrument::WithSubscriber;

use self::{connection::Connections, failure::Failure, server::Server};
use super::{Letter, MailError, Mailer};
use crate::{
    clock::{Clock, SystemClock},
    model::EmailAddress,
};

/// Hands letters to an SMTP server, over TLS, on kept connections.
///
/// | URL | how it talks |
/// |---|---|
/// | `smtps://user:password@mail.example` | TLS from the first byte, port 465 |
/// | `smtp://user:password@mail.example` | STARTTLS, and nothing but `EHLO` before it, port 587 |
/// | `smtp://localhost` (or `127.…`, or `[::1]`) | in the clear, port 25 |
/// | `smtp://localhost?tls=required` | STARTTLS, on this machine too, port 587 |
///
/// Prefer `smtps` where the server offers it (RFC 8314). Special characters of the user name and
/// the password are written as `%XX`. The server's certificate must lead to one of Mozilla's
/// roots or to one added by [`trust_pem`](Self::trust_pem). Needs a running tokio runtime.
///
/// What becomes of a refusal:
///
/// - [`MailError::Permanent`]: a reply of 5xx to the recipient or to the message, except replies
///   that complain about the conversation (500, 502, 503, 504) or about who we are (530, 534,
///   535, 538, and any 5.7.x to the recipient, such as "relaying denied").
/// - [`MailError::Temporary`]: everything else, so that a wrong password, an expired certificate
///   or a sender the server does not accept loses no letter while somebody repairs it.
///
/// The source of an error names the step and the reply's codes. It leaves out the server's own
/// words, because they quote recipients, and sometimes the letter. A reply that is not UTF-8
/// counts as a broken connection.
///
/// A retry carries the same Message-ID, made of the letter's id and the sender's domain.
///
/// ```
/// use portcullis::mail::smtp::SmtpMailer;
/// let mailer = SmtpMailer::from_url("smtps://crm:s3cret@mail.example", "no-reply@crm.example")?
///     .from_name("Acme CRM");
/// assert!(!format!("{mailer:?}").contains("s3cret"));
/// # Ok::<(), portcullis::mail::smtp::SmtpConfigError>(())
/// ```
pub struct SmtpMailer {
    server: Server,
    roots: Vec<Certificate>,
    sender: Mailbox,
    timeout: Duration,
    connections: Connections,
}

/// The settings of an [`SmtpMailer`] do not hold.
///
/// No kind quotes what it complains about: a URL holds a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpConfigError {
    /// The URL is not one of those [`SmtpMailer`] lists.
    #[error("the SMTP URL cannot be used: {0}")]
    Url(&'static str),
    /// The sender is not an e-mail address.
    #[error("the sender is not an e-mail address")]
    Sender,
    /// There is no certificate in the PEM text, or one that cannot be read.
    #[error("the certificate to trust cannot be read")]
    Certificate,
    /// The name to greet the server with is not a host name.
    #[error("the name to greet the server with is not a host name")]
    HelloName,
    /// TLS could not be set up for this server.
    #[error("TLS could not be set up")]
    Tls,
}

impl SmtpMailer {
    /// How long one letter may take, from connecting to the server's last word.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// A mailer for a server, sending from one address.
    ///
    /// # Errors
    /// [`SmtpConfigError::Url`], [`SmtpConfigError::Sender`] or [`SmtpConfigError::Tls`].
    pub fn from_url(url: &str, from: &str) -> Result<Self, SmtpConfigError> {
        let server = Server::parse(url)?;
        let from = EmailAddress::parse(from).map_err(|_| SmtpConfigError::Sender)?;
        let address: Address = from.as_str().parse().map_err(|_| SmtpConfigError::Sender)?;
        // The host's own name is nobody's business; the sender's domain is public already.
        let hello = ClientId::Domain(from.domain().to_owned());
        let connections = Connections::new(&server, &[], hello)?;
        Ok(Self {
            server,
            roots: Vec::new(),
            sender: Mailbox::new(None, address),
            timeout: Self::TIMEOUT,
            connections,
        })
    }

    /// The name recipients see beside the address. Line breaks and control characters in it
    /// become blanks.
    #[must_use]
    pub fn from_name(mut self, name: &str) -> Self {
        self.sender.name = compose::one_line(name);
        self
    }

    /// Trusts one more authority, or several: a private CA's certificates as PEM.
    ///
    /// # Errors
    /// [`SmtpConfigError::Certificate`] when there is none in it, or one that cannot be read.
    pub fn trust_pem(mut self, pem: &[u8]) -> Result<Self, SmtpConfigError> {
        // Without any, lettre would trust nobody more and say nothing.
        const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Err(SmtpConfigError::Certificate);
        }
        self.roots.push(Certificate::from_pem(pem).map_err(|_| SmtpConfigError::Certificate)?);
        let hello = self.connections.hello().clone();
        self.connections = Connections::new(&self.server, &self.roots, hello)
            .map_err(|_| SmtpConfigError::Certificate)?;
        Ok(self)
    }

    /// How long one letter may take as a whole, [`SmtpMailer::TIMEOUT`] unless set. More than a
    /// minute is more than the outbox waits.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The host name to greet the server with; the sender's domain unless set.
    ///
    /// # Errors
    /// [`SmtpConfigError::HelloName`] for anything that is not a host name.
    pub fn hello_name(mut self, name: &str) -> Result<Self, SmtpConfigError> {
        if !server::is_host_name(name) {
            return Err(SmtpConfigError::HelloName);
        }
        let hello = ClientId::Domain(name.to_owned());
        self.connections = Connections::new(&self.server, &self.roots, hello)?;
        Ok(self)
    }

    /// Talks in the clear to a server on another machine, where the URL does not ask for TLS:
    /// everybody on the way reads the password and every link.
    ///
    /// # Errors
    /// [`SmtpConfigError::Tls`] when TLS, where the URL asks for it, cannot be set up.
    pub fn danger_plain_text(mut self) -> Result<Self, SmtpConfigError> {
        self.server = self.server.danger_plain_text();
        let hello = self.connections.hello().clone();
        self.connections = Connections::new(&self.server, &self.roots, hello)?;
        Ok(self)
    }

    async fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
        let parcel = compose::compose(&self.sender, letter, SystemClock.now())?;
        let mut connection = self.connections.take(self.timeout).await?;
        // Whatever goes wrong here, a dropped future included, drops the connection: one that
        // stands in the middle of a letter must never be given the next one.
        connection::transmit(&mut connection, &parcel).await?;
        self.connections.keep(connection);
        Ok(())
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("server", &self.server)
            .field("from", &self.sender.email.to_string())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let delivery = self.deliver(letter).with_subscriber(unheard::unheard());
        match tokio::time::timeout(self.timeout, delivery).await {
            Ok(sent) => sent.map_err(MailError::from),
            Err(_) => Err(Failure::silence().into()),
        }
    }
}
