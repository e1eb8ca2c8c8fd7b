//! Authentication that an application embeds: log-in by username or e-mail address and password,
//! and the work around it, from the invitation to the letter that says the password was changed.
//!
//! A host puts an [`Auth`](auth::Auth) together from a [`Store`](store::Store), a
//! [`Mailer`](mail::Mailer), a [`Site`](site::Site) and a [`Policy`](policy::Policy), once.
//! Request handlers hold a clone of it and make one call for each thing a person does. What only
//! the operator of the site may do is in [`Operator`](auth::Operator), which no handler can reach
//! through `Auth`.
//!
//! An [account](model::Account) is a company that uses the host's product; a [user](model::User) is
//! a person with a log-in, in exactly one account.
//!
//! | module | holds |
//! |---|---|
//! | [`auth`] | what can be done: log in, activate, recover, change, invite |
//! | [`outbox`] | the letters that follow, and their wording |
//! | [`policy`] | what is allowed: passwords, roles, plans, lifetimes, limits, and the table of [effects](policy::effects) |
//! | [`model`] | what exists: accounts, users, sessions, links, events |
//! | [`store`] | where it is kept: one trait with a numbered contract, and the stores that come with the crate |
//! | [`mail`] | how letters leave: one trait, and SMTP |
//! | [`hash`] | how passwords are hashed |
//! | [`secret`] | passwords, tokens and their digests |
//! | [`site`], [`error`], [`id`], [`clock`], [`entropy`] | what all of them use |
//!
//! With its features the crate also has `web`, the JSON API and the pages, and `testkit`, what
//! hosts test with. A feature adds items and never changes what a call does.
//!
#![cfg_attr(
    all(feature = "sqlite", feature = "smtp", feature = "background"),
    doc = include_str!("log_in.md")
)]
//!
//! # What holds everywhere
//!
//! - A call that answers `Ok` or a refusal has committed everything that belongs to it, or, for
//!   [`Unavailable`](error::Error::Unavailable), it is unknown whether it has. Nothing is ever
//!   half done, also where the future is dropped or the process dies.
//! - What a stranger may learn is in the [`Error`](error::Error)'s kind and fields. The reason
//!   stands in the audit trail.
//! - Nothing here logs, prints, serialises or stores a password or a token.
//! - Times are UTC and come through [`Clock`](clock::Clock); randomness comes through
//!   [`Entropy`](entropy::Entropy).
#![forbid(unsafe_code)]
pub mod auth;
pub mod clock;
pub mod entropy;
pub mod error;
pub mod hash;
pub mod id;
pub mod mail;
pub mod model;
pub mod outbox;
pub mod policy;
pub mod secret;
pub mod site;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(feature = "web")]
pub mod web;

/// Compiles the README's code.
#[cfg(all(doctest, feature = "sqlite", feature = "smtp", feature = "background", feature = "web"))]
#[doc = include_str!("../README.md")]
mod readme {}
