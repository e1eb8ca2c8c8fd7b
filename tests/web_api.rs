//! The JSON API, driven without sockets: on every store, but for what is decided before one
//! is asked (how a request is read, refused and routed, and what every answer carries), which the
//! reference store shows as well as any.

#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "support/web.rs"]
mod web;

#[path = "web_api/calls.rs"]
mod calls;
#[path = "web_api/changes.rs"]
mod changes;
#[path = "web_api/description.rs"]
mod description;
#[path = "web_api/door.rs"]
mod door;
#[path = "web_api/invitations.rs"]
mod invitations;
#[path = "web_api/mistakes.rs"]
mod mistakes;
#[path = "web_api/refusals.rs"]
mod refusals;
#[path = "web_api/sessions.rs"]
mod sessions;
#[path = "web_api/unavailable.rs"]
mod unavailable;
#[path = "web_api/users.rs"]
mod users;
