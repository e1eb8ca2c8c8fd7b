use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};

use super::{
    answer::{self, Answer},
    api,
    asked::Asked,
    body::Body,
    cookies, cross_origin,
    door::Door,
    openapi,
    pages::{self, Pages},
    refusal::Refusal,
    routes::{Found, find},
    words::Asker,
};
use crate::{
    auth::{Auth, Identity, SignedIn},
    error::{Error, Result},
    model::{Client, Transport},
};

/// The JSON API and the pages, as one `tower` service.
///
/// Mount it where [`Site::base`](crate::site::Site::base) says, with that prefix stripped or not.
/// At the root, where the base is empty, axum's `nest_service` panics: use `fallback_service`
/// there. It answers every request, and never fails.
///
/// ```
/// # fn mount(auth: portcullis::auth::Auth) {
/// use portcullis::web::Service;
/// let service = Service::new(auth).trusted_proxies(1);
/// let door = service.door().clone(); // for the host's own routes
/// # }
/// ```
#[derive(Clone)]
pub struct Service {
    door: Door,
    pages: Arc<Pages>,
    description: Bytes,
}

/// A request on its way through the house.
pub(super) struct Call {
    pub(super) door: Door,
    pub(super) pages: Arc<Pages>,
    /// What `openapi.json` says.
    pub(super) description: Bytes,
    pub(super) asked: Asked,
    /// Whoever sent it, once that was asked.
    me: OnceLock<Identity>,
}

impl Service {
    /// The doors to this library.
    #[must_use]
    pub fn new(auth: Auth) -> Self {
        let pages = Arc::new(Pages::new(auth.site()));
        let description = openapi::document(auth.site(), auth.policy());
        Self { door: Door::new(auth), pages, description }
    }

    /// As [`Door::trusted_proxies`].
    #[must_use]
    pub fn trusted_proxies(self, count: usize) -> Self {
        Self { door: self.door.trusted_proxies(count), ..self }
    }

    /// The same checks, for the host's own routes.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    async fn answer<B: http_body::Body>(self, request: Request<B>) -> Response<Body> {
        let site = self.door.auth().site();
        let passes =
            |method: &Method, headers: &HeaderMap| cross_origin::may_pass(method, headers, site);
        let asked = Asked::read(request, passes).await;
        let is_head = asked.method == Method::HEAD;
        let Self { door, pages, description } = self;
        let call = Call { door, pages, description, asked, me: OnceLock::new() };
        let mut response = call.answer().await;
        answer::dress(response.headers_mut());
        if is_head { answer::headless(response) } else { response }
    }
}

impl Call {
    pub(super) fn auth(&self) -> &Auth {
        self.door.auth()
    }

    /// Whoever sent it.
    pub(super) async fn identify(&self) -> Result<Identity> {
        let me = self.door.identify(&self.asked.headers).await?;
        Ok(self.me.get_or_init(|| me).clone())
    }

    /// To whom a refusal speaks, as far as it was asked who they are.
    pub(super) fn asker(&self) -> Asker {
        self.me.get().map_or(Asker::Unknown, Asker::of)
    }

    pub(super) fn client(&self) -> Client {
        self.door.client(&self.asked.headers, self.asked.peer)
    }

    /// The cookie of a new session, where it travels in one. The session it takes the place of
    /// ends: nobody is left with a token somebody else may have planted.
    pub(super) async fn hand_over(&self, session: &SignedIn) -> Result<Option<HeaderValue>> {
        if session.token.transport() != Transport::Cookie {
            return Ok(None);
        }
        let cookie = cookies::session(self.auth().site(), session, self.door.now())?;
        if let super::door::Shown::Token(old) = self.door.shown(&self.asked.headers)?
            && old.transport() == Transport::Cookie
            && let Err(error) = self.auth().logout(&old, &self.client()).await
        {
            // The person is logged in, and the browser forgets the old token.
            tracing::warn!(kind = error.kind(), "an earlier session was not ended");
        }
        Ok(Some(cookie))
    }

    async fn answer(&self) -> Response<Body> {
        let whole = self.asked.path.as_str();
        let found = self.find(whole);
        // Hosts strip the prefix or keep it. What is there as it stands has been stripped.
        let (place, found) = match (found, self.stripped(whole)) {
            (Found::Nowhere, Some(place)) => (place, self.find(place)),
            (found, _) => (whole, found),
        };
        let answer = self.carry_out(found).await;
        answer.unwrap_or_else(|refusal| match api::place(place) {
            Some(_) => self.door.refuse(&refusal, self.asker()),
            None => pages::refuse(self, &refusal),
        })
    }

    fn find<'p>(&self, path: &'p str) -> Found<'p, Call> {
        match api::place(path) {
            Some(place) => find(api::CALLS, &self.asked.method, place),
            None => find(pages::PAGES, &self.asked.method, path),
        }
    }

    /// The path without the place the service is mounted at.
    pub(super) fn stripped<'p>(&self, path: &'p str) -> Option<&'p str> {
        match path.strip_prefix(self.auth().site().base())? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }

    async fn carry_out(&self, found: Found<'_, Call>) -> Answer {
        let asked = &self.asked;
        if !cross_origin::may_pass(&asked.method, &asked.headers, self.auth().site()) {
            return Err(Refusal::cross_origin());
        }
        match found {
            Found::Handler(handler, placeholder) => {
                // Refuses a request that shows two sessions, wherever it goes.
                self.door.shown(&asked.headers)?;
                handler(self, placeholder).await
            }
            Found::OtherMethods(allow) => Err(Refusal::wrong_method(allow)),
            Found::Nowhere => Err(Error::NotFound.into()),
        }
    }
}

impl<B> tower_service::Service<Request<B>> for Service
where
    B: http_body::Body + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("door", &self.door).finish_non_exhaustive()
    }
}
