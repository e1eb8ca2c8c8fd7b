use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, header};
use time::OffsetDateTime;

use super::{
    answer,
    body::Body,
    cookies::{self, Carried},
    cross_origin, problem,
    refusal::Refusal,
    words::Asker,
};
use crate::{
    auth::{Auth, Identity, SessionToken, SignedIn},
    error::{Error, Result},
    model::{Client, Transport},
};

/// The address a request's connection came from.
///
/// A host's server knows it and puts it into the request's extensions before
/// [`Service`](super::Service) sees it. Without it all requests share one budget: a hundred wrong
/// log-ins from anywhere stop everybody's for ten minutes. The module's example shows how.
///
/// ```
/// let mut request = http::Request::new(());
/// let from: std::net::SocketAddr = "203.0.113.9:50412".parse()?;
/// request.extensions_mut().insert(portcullis::web::Peer(from.ip()));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The checks of the doors, for a host's own routes.
///
/// ```
/// # async fn leads(door: &portcullis::web::Door, request: http::Request<()>) -> portcullis::error::Result<()> {
/// use portcullis::policy::Permission;
/// let me = door.admit(request.method(), request.headers()).await?;
/// me.require(Permission::LEADS_EDIT)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Door {
    auth: Auth,
    proxies: usize,
}

/// What a request shows to be recognised.
pub(super) enum Shown {
    Nothing,
    Token(SessionToken),
    /// Something that cannot be a token, or two of a kind.
    Unreadable,
}

impl Door {
    /// A door to this library.
    #[must_use]
    pub fn new(auth: Auth) -> Self {
        Self { auth, proxies: 0 }
    }

    /// How many proxies stand before this server and add to `X-Forwarded-For`: the client's
    /// address is then the `count`-th from the right of it. Count only those that always do, or
    /// clients choose their own addresses.
    #[must_use]
    pub fn trusted_proxies(self, count: usize) -> Self {
        Self { proxies: count, ..self }
    }

    /// What handlers call.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Lets in whoever has a valid session, unless another site's page sent the request. For
    /// every route that changes something.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a write from another site, and as [`identify`](Self::identify).
    pub async fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<Identity> {
        self.refuse_cross_origin(method, headers)?;
        self.identify(headers).await
    }

    /// Recognises whoever sent a request, by the session's cookie or by
    /// `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] without a valid session; [`Error::Malformed`] where both were
    /// sent; [`Error::Unavailable`] when the store does not answer.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<Identity> {
        match self.shown(headers)? {
            Shown::Token(token) => self.auth.identify(&token).await,
            Shown::Nothing | Shown::Unreadable => Err(Error::Unauthenticated),
        }
    }

    /// Refuses a write that a page of another site sent.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for such a write.
    pub fn refuse_cross_origin(&self, method: &Method, headers: &HeaderMap) -> Result<()> {
        let passes = cross_origin::may_pass(method, headers, self.auth.site());
        if passes { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Where a request came from: its peer, or what the trusted proxies say of it.
    #[must_use]
    pub fn client(&self, headers: &HeaderMap, peer: Option<Peer>) -> Client {
        let agent = headers.get(header::USER_AGENT).map(|agent| agent.as_bytes());
        let agent = String::from_utf8_lossy(agent.unwrap_or_default());
        // A request that did not pass all the proxies is its sender's word only, so the peer
        // counts.
        let address = self.forwarded(headers).or(peer.map(|Peer(address)| address));
        Client::new(address, &agent)
    }

    /// The log-in page, which leads back to `next` afterwards. For redirecting people who are
    /// not logged in.
    #[must_use]
    pub fn log_in_path(&self, next: &str) -> String {
        let base = self.auth.site().base();
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{base}/login?next={next}")
    }

    /// The `Set-Cookie` of a session, for a host's own log-in. It is the cookie
    /// [`identify`](Self::identify) and the pages look for.
    ///
    /// A log-in page of one's own, beside the door's:
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue, Method};
    /// use portcullis::{auth::{Credentials, LogIn}, error::Result, secret::Password, web::{Door, Peer}};
    ///
    /// async fn log_in(
    ///     door: &Door,
    ///     headers: &HeaderMap,
    ///     peer: Option<Peer>,
    ///     name: &str,
    ///     typed: String,
    /// ) -> Result<Option<HeaderValue>> {
    ///     door.refuse_cross_origin(&Method::POST, headers)?;
    ///     let client = door.client(headers, peer);
    ///     let credentials = Credentials::new(name, Password::new(typed)?);
    ///     let LogIn::SignedIn(session) = door.auth().login(credentials, &client).await? else {
    ///         return Ok(None); // a temporary password: the page /auth/login does the rest
    ///     };
    ///     // Nobody is left with a token that somebody else may have planted.
    ///     if let Some(old) = door.session_token(headers)? {
    ///         door.auth().logout(&old, &client).await?;
    ///     }
    ///     door.session_cookie(&session).map(Some)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] for a session that travels as a bearer token: its token is refused in
    /// a cookie.
    pub fn session_cookie(&self, session: &SignedIn) -> Result<HeaderValue> {
        if session.token.transport() != Transport::Cookie {
            return Err(Error::Malformed("This session was opened for Authorization: Bearer."));
        }
        cookies::session(self.auth.site(), session, self.now())
    }

    /// The `Set-Cookie` that makes a browser forget its session, for a host's own log-out. It
    /// ends nothing: call [`Auth::logout`] with the [token](Self::session_token) first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the header cannot be written, which no site's settings cause.
    pub fn no_session_cookie(&self) -> Result<HeaderValue> {
        cookies::no_session(self.auth.site())
    }

    /// The token a request shows, by the cookie or by `Authorization: Bearer`; `None` where it
    /// shows none, or something that cannot be one. It was not checked:
    /// [`identify`](Self::identify) does that.
    ///
    /// # Errors
    /// [`Error::Malformed`] where both were sent.
    pub fn session_token(&self, headers: &HeaderMap) -> Result<Option<SessionToken>> {
        match self.shown(headers)? {
            Shown::Token(token) => Ok(Some(token)),
            Shown::Nothing | Shown::Unreadable => Ok(None),
        }
    }

    /// An error as the JSON API answers it: `application/problem+json` with its status.
    #[must_use]
    pub fn problem(&self, error: Error) -> http::Response<Body> {
        let mut response = self.refuse(&Refusal::from(error), Asker::Unknown);
        answer::dress(response.headers_mut());
        response
    }

    pub(super) fn refuse(&self, refusal: &Refusal, asker: Asker) -> http::Response<Body> {
        problem::log(refusal);
        problem::problem(refusal, asker, self.auth.site(), self.now())
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.auth.core.now()
    }

    /// The token a request shows.
    pub(super) fn shown(&self, headers: &HeaderMap) -> Result<Shown> {
        let cookie = cookies::read(headers, cookies::session_name(self.auth.site()));
        match (cookie, bearer(headers)?) {
            (Carried::Nothing, None) => Ok(Shown::Nothing),
            (Carried::Several, None) => Ok(Shown::Unreadable),
            (Carried::One(written), None) => Ok(read(SessionToken::cookie(&written))),
            (Carried::Nothing, Some(written)) => Ok(read(SessionToken::bearer(written))),
            (_, Some(_)) => Err(Error::Malformed(
                "Show the session by its cookie or by Authorization: Bearer, not both.",
            )),
        }
    }

    /// The address the trusted proxies saw.
    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let position = self.proxies.checked_sub(1)?;
        let lines = headers.get_all("x-forwarded-for");
        let mut entries: Vec<&[u8]> =
            lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
        entries.reverse();
        address(str::from_utf8(entries.get(position)?).ok()?.trim())
    }
}

fn read<E>(token: Result<SessionToken, E>) -> Shown {
    token.map_or(Shown::Unreadable, Shown::Token)
}

/// What stands behind `Authorization: Bearer`. Other schemes are somebody else's: a proxy may
/// ask for a password of its own.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    const SCHEME: &[u8] = b"bearer";
    let mut bearers = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, rest) = value.as_bytes().split_at_checked(SCHEME.len())?;
        let (space, token) = rest.split_first().unwrap_or((&b' ', &[]));
        (scheme.eq_ignore_ascii_case(SCHEME) && *space == b' ')
            // Bytes that are no text are no token either.
            .then(|| str::from_utf8(token).unwrap_or_default().trim_matches(' '))
    });
    match (bearers.next(), bearers.next()) {
        (first, None) => Ok(first),
        _ => Err(Error::Malformed("Authorization: Bearer is there twice.")),
    }
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(written: &str) -> Option<IpAddr> {
    if let Ok(address) = written.parse() {
        return Some(address);
    }
    if let Ok(socket) = written.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    written.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}
