//! The doors of a web application: one `tower` service with the JSON API and the pages.
//!
//! [`Service`] answers everything below the place it is mounted at, and [`Door`] gives a host's
//! own routes the same checks. Neither holds a rule: a handler parses, calls one method of
//! [`Auth`](crate::auth::Auth) and renders what it answers.
//!
//! With axum; any other `tower` server will do:
//!
//! ```
//! use std::net::SocketAddr;
//!
//! use axum::{
//!     Router,
//!     extract::{ConnectInfo, Request, State},
//!     http::{HeaderMap, Method},
//!     middleware::{self, Next},
//!     response::{IntoResponse, Redirect, Response},
//!     routing::{get, post},
//! };
//! use portcullis::{
//!     auth::Auth,
//!     error::Error,
//!     policy::Permission,
//!     web::{Door, Peer, Service},
//! };
//!
//! async fn home(State(door): State<Door>, headers: HeaderMap) -> Response {
//!     match door.identify(&headers).await {
//!         // Plain text. In a page the name must be escaped: people choose it themselves.
//!         Ok(me) => format!("Hello, {}", me.user().name).into_response(),
//!         Err(error) => refuse(&door, "/", error),
//!     }
//! }
//!
//! // `admit` also refuses what another site's page sent: for every route that changes something.
//! async fn add_lead(State(door): State<Door>, method: Method, headers: HeaderMap) -> Response {
//!     let allowed = async {
//!         let me = door.admit(&method, &headers).await?;
//!         me.require(Permission::LEADS_EDIT)?;
//!         Ok(me)
//!     };
//!     match allowed.await {
//!         Ok(me) => format!("Added for {}", me.account().name).into_response(),
//!         Err(error) => refuse(&door, "/", error),
//!     }
//! }
//!
//! // Only `Unauthenticated` means "log in". The store being away is not the person's fault.
//! fn refuse(door: &Door, next: &str, error: Error) -> Response {
//!     match error {
//!         Error::Unauthenticated => Redirect::to(&door.log_in_path(next)).into_response(),
//!         error => door.problem(error).into_response(),
//!     }
//! }
//!
//! async fn tell_peer(
//!     ConnectInfo(from): ConnectInfo<SocketAddr>,
//!     mut request: Request,
//!     next: Next,
//! ) -> Response {
//!     request.extensions_mut().insert(Peer(from.ip()));
//!     next.run(request).await
//! }
//!
//! fn app(auth: Auth) -> Router {
//!     let base = auth.site().base().to_owned();
//!     let service = Service::new(auth); // behind a proxy: .trusted_proxies(1)
//!     Router::new()
//!         .route("/", get(home))
//!         .route("/leads", post(add_lead))
//!         .with_state(service.door().clone())
//!         // axum panics on an empty path: at the root, use .fallback_service(service) instead.
//!         .nest_service(&base, service)
//!         .layer(middleware::from_fn(tell_peer))
//! }
//!
//! async fn serve(auth: Auth, listener: tokio::net::TcpListener) -> std::io::Result<()> {
//!     let app = app(auth).into_make_service_with_connect_info::<SocketAddr>();
//!     axum::serve(listener, app).await
//! }
//! ```
//!
//! # Where a request came from
//! The server knows it, and `tell_peer` says it, by a [`Peer`] in the request's extensions. Do not
//! leave it out. Limits count by network, and requests whose network is unknown share **one**
//! budget: then a hundred wrong log-ins from anywhere stop everybody's log-in for ten minutes.
//! The same happens behind a proxy whose host did not say so by [`Service::trusted_proxies`]: every
//! request comes from the proxy's address.
//!
#![doc = include_str!("web/calls.md")]
//!
//! # What holds for every answer
//! - Nothing is cached but the style sheet, nothing is framed, no script runs, no referrer leaves.
//! - A write that another site's page sent is refused before it is read.
//! - Bodies over 16 KiB are refused, and unknown or repeated fields are, in JSON and in forms.
//! - A wrong method on a known path is answered 405 with `Allow`, in the API with the kind
//!   `malformed`.
//! - A dead session cookie is left alone: a late answer to an old request must not delete the
//!   cookie a new log-in has set meanwhile.
//!
//! Slow requests, the number of connections and HTTP Strict Transport Security are the host's
//! server's to see to.

mod agent;
mod answer;
mod api;
mod asked;
mod body;
#[cfg(test)]
mod calls;
mod cookies;
mod cross_origin;
mod door;
mod form;
mod local;
mod moment;
mod openapi;
mod pages;
mod problem;
mod query;
mod refusal;
mod routes;
mod service;
mod typed;
mod words;

pub use body::Body;
pub use door::{Door, Peer};
pub use service::Service;
