//! The doors of a web application: one `tower` service with the JSON API and the pages.
//!
//! [`Service`] answers everything below the place it is mounted at, and [`Door`] gives a host's
//! own routes the same checks. Neither holds a rule: a handler parses, calls one method of
//! [`Auth`](crate::auth::Auth) and renders what it answers.
//!
//! With axum, where `Peer` lets limits count by network:
//!
//! ```ignore
//! let service = web::Service::new(auth);
//! let door = service.door().clone();
//! let app = axum::Router::new()
//!     .route("/", get(home))
//!     .with_state(door)
//!     .nest_service("/auth", service)
//!     .layer(middleware::from_fn(tell_the_peer)); // request.extensions_mut().insert(Peer(ip))
//! ```
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
