//! The doors of a web application: one `tower` service with the JSON API and the pages.
//!
//! [`Service`] answers everything below the place it is mounted at, and [`Door`] gives a host's
//! own routes the same checks. Neither holds a rule: a handler parses, calls one method of
//! [`Auth`](crate::auth::Auth) and renders what it answers.
//!
//! With axum; any other `tower` server will do:
//!
//! ```
//! use axum::{Router, extract::State, response::Html, routing::get};
//! use http::HeaderMap;
//! use portcullis::web::{Door, Service};
//!
//! async fn home(State(door): State<Door>, headers: HeaderMap) -> Html<String> {
//!     match door.identify(&headers).await {
//!         Ok(me) => Html(format!("Hello, {}", me.user().name)),
//!         Err(_) => Html(format!("<a href=\"{}\">Log in</a>", door.log_in_path("/"))),
//!     }
//! }
//!
//! fn app(auth: portcullis::auth::Auth) -> Router {
//!     let service = Service::new(auth);
//!     Router::new()
//!         .route("/", get(home))
//!         .with_state(service.door().clone())
//!         .nest_service("/auth", service)
//! }
//! ```
//!
//! The server knows where a request came from, and says so by a [`Peer`] in the request's
//! extensions; without it, limits cannot tell networks apart.
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
mod cookies;
mod cross_origin;
mod door;
mod form;
mod local;
mod moment;
mod pages;
mod problem;
mod query;
mod refusal;
mod routes;
mod service;
mod typed;

pub use body::Body;
pub use door::{Door, Peer};
pub use service::Service;
