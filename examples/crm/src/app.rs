//! What answers which address.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use portcullis::{
    auth::Auth,
    web::{self, Door},
};

use crate::{
    export, home,
    leads::Leads,
    mailbox::Mailbox,
    mailbox_page,
    pages::{self, Pages},
};

/// What every handler shares.
pub(crate) struct App {
    pub(crate) auth: Auth,
    pub(crate) door: Door,
    pub(crate) leads: Leads,
    pub(crate) pages: Pages,
    /// Where letters stay, if they do not go out.
    pub(crate) mailbox: Option<Mailbox>,
}

/// The largest form that is read.
const FORM_BYTES: usize = 16 * 1024;

/// All of it. Log-in and everything around it is portcullis' service, under the site's base.
pub(crate) fn router(app: App, service: web::Service) -> Router {
    let base = app.auth.site().base().to_owned();
    let style = app.pages.css().to_owned();
    let app = Arc::new(app);
    let mut own = Router::new()
        .route("/", get(home::home))
        .route("/leads", post(home::add))
        .route("/leads.csv", get(export::leads));
    if app.mailbox.is_some() {
        own = own.merge(mailbox_page::routes());
    }
    let own = own
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(middleware::map_response(careful))
        .route("/healthz", get(health))
        .route(&style, get(pages::style))
        .with_state(app);
    // axum nests nothing at the root; there the service has whatever the CRM does not answer.
    let all = if base.is_empty() {
        own.fallback_service(service)
    } else {
        own.nest_service(&base, service)
    };
    all.layer(middleware::from_fn(tell_peer))
}

/// 200 as soon as there is something to serve, and for as long as the database answers.
async fn health(State(app): State<Arc<App>>) -> StatusCode {
    if app.leads.answer().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn nothing_here(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let me = home::who(&app, &headers).await.ok().flatten();
    let message = "There is no page at this address.";
    app.pages.say(StatusCode::NOT_FOUND, me.as_ref(), "Nothing here", message)
}

/// Tells portcullis whom the connection is with: its limits count by network.
async fn tell_peer(mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if let Some(address) = peer {
        request.extensions_mut().insert(web::Peer(address));
    }
    next.run(request).await
}

/// What every page of the CRM carries: nothing is kept, framed, sniffed or loaded from elsewhere.
async fn careful(response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'";
    const HEADERS: [(header::HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let mut response = response.into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
