use std::{
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    authentication::DEFAULT_MECHANISMS,
    client::{
        AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
    },
    commands::{Data, Mail, Rcpt},
    extension::ClientId,
    response::{Response, Severity},
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout},
};

use super::{
    SmtpConfigError,
    compose::Parcel,
    failure::{Failure, Step},
    one_line::OneLine,
    server::{Security, Server},
};

/// Connections to one server, kept for the next letter.
///
/// lettre has a pool of its own, but takes a connection back whose letter was given up half-way:
/// the next letter would be read as the rest of that one, or wait on the server that hung. Here a
/// connection belongs to the letter that uses it, and comes back only from one that was accepted.
pub(super) struct Connections {
    server: Server,
    tls: TlsParameters,
    hello: ClientId,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
}

/// More than this are closed: letters that go out together are few, and servers count us.
const MOST_IDLE: usize = 4;

/// Older ones are not used again; servers hang up after a few minutes without saying so.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

impl Connections {
    pub(super) fn new(
        server: &Server,
        roots: &[Certificate],
        hello: ClientId,
    ) -> Result<Self, SmtpConfigError> {
        // Named, so that no other crate's choice of lettre features changes whom we trust.
        let tls = roots
            .iter()
            .cloned()
            .fold(TlsParametersBuilder::new(server.host.clone()), |tls, root| {
                tls.add_root_certificate(root)
            })
            .certificate_store(CertificateStore::WebpkiRoots)
            .build_rustls()
            .map_err(|_| SmtpConfigError::Tls)?;
        Ok(Self { server: server.clone(), tls, hello, idle: Mutex::default() })
    }

    pub(super) fn hello(&self) -> &ClientId {
        &self.hello
    }

    /// A connection ready for a letter: a kept one that still answers, or a new one.
    pub(super) async fn take(&self, patience: Duration) -> Result<AsyncSmtpConnection, Failure> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some((since, mut connection)) = kept {
            if since.elapsed() < LONGEST_IDLE
                && timeout(patience / 6, connection.test_connected()).await == Ok(true)
            {
                return Ok(connection);
            }
            // The others have been idle for longer still.
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.open(patience / 3).await
    }

    /// Keeps a connection whose letter was accepted.
    pub(super) fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push((Instant::now(), connection));
        }
    }

    async fn open(&self, patience: Duration) -> Result<AsyncSmtpConnection, Failure> {
        let address = (self.server.host.as_str(), self.server.port);
        let mut connection = if self.server.security == Security::ImplicitTls {
            let tls = Some(self.tls.clone());
            AsyncSmtpConnection::connect_tokio1(address, Some(patience), &self.hello, tls, None)
                .await
        } else {
            let tcp = reach(address, patience).await.map_err(|e| Failure::unreachable(&e))?;
            AsyncSmtpConnection::connect_with_transport(Box::new(OneLine::new(tcp)), &self.hello)
                .await
        }
        .map_err(|e| Failure::at(Step::Connecting, &e))?;
        if self.server.security == Security::StartTls {
            let upgraded = connection.starttls(self.tls.clone(), &self.hello).await;
            upgraded.map_err(|e| Failure::at(Step::StartTls, &e))?;
        }
        if let Some(credentials) = &self.server.credentials {
            let reply = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            expect(Step::LoggingIn, Severity::PositiveCompletion, reply)?;
        }
        Ok(connection)
    }
}

/// Connects to the first of the host's addresses that answers. Each has its own share of the
/// time, so that one that does not answer leaves some for the next.
async fn reach(address: (&str, u16), patience: Duration) -> io::Result<TcpStream> {
    let mut failed = io::Error::other("the host has no address");
    for address in lookup_host(address).await? {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return tcp.set_nodelay(true).map(|()| tcp),
            Ok(Err(error)) => failed = error,
            Err(late) => failed = late.into(),
        }
    }
    Err(failed)
}

/// Sends one letter. Step by step, because lettre's own `send` does not tell whether it was the
/// sender, the recipient or the message that was refused, and takes "go on" for "done".
pub(super) async fn transmit(
    connection: &mut AsyncSmtpConnection,
    parcel: &Parcel,
) -> Result<(), Failure> {
    let done = Severity::PositiveCompletion;
    let reply = connection.command(Mail::new(Some(parcel.from.clone()), Vec::new())).await;
    expect(Step::Sender, done, reply)?;
    let reply = connection.command(Rcpt::new(parcel.to.clone(), Vec::new())).await;
    expect(Step::Recipient, done, reply)?;
    let reply = connection.command(Data).await;
    expect(Step::Data, Severity::PositiveIntermediate, reply)?;
    let reply = connection.message(&parcel.bytes).await;
    expect(Step::Message, done, reply)
}

fn expect(
    step: Step,
    severity: Severity,
    reply: Result<Response, lettre::transport::smtp::Error>,
) -> Result<(), Failure> {
    let reply = reply.map_err(|error| Failure::at(step, &error))?;
    if reply.code().severity == severity { Ok(()) } else { Err(Failure::unexpected(step, &reply)) }
}
