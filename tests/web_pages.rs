//! The pages, as a browser with scripts off walks them: on every store, but for what is decided
//! before one is asked (how a request is read, refused and routed, and what every answer carries),
//! which the reference store shows as well as any.

#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "support/web.rs"]
mod web;

#[path = "web_pages/account.rs"]
mod account;
#[path = "web_pages/anything.rs"]
mod anything;
#[path = "web_pages/changes.rs"]
mod changes;
#[path = "web_pages/links.rs"]
mod links;
#[path = "web_pages/log_in.rs"]
mod log_in;
#[path = "web_pages/plan.rs"]
mod plan;
#[path = "web_pages/strict.rs"]
mod strict;
#[path = "web_pages/users.rs"]
mod users;
