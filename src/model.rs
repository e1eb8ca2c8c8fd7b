//! What exists: accounts, users and what belongs to them.
//!
//! Types here parse and hold; they read nothing, write nothing and decide nothing.

mod account;
mod client;
mod credential;
mod email;
mod email_change;
mod event;
mod intent;
mod invitation;
mod language;
mod link;
mod login_name;
mod names;
mod released_name;
mod session;
mod user;
mod username;
mod word;

pub use account::Account;
pub use client::{Client, Network};
pub use credential::Credential;
pub use email::{EmailAddress, InvalidEmail};
pub use email_change::EmailChange;
pub use event::{Actor, Event, EventKind};
pub use intent::{Errand, Intent, Template};
pub use invitation::Invitation;
pub use language::{InvalidLanguage, Language};
pub use link::{Link, Wish};
pub use login_name::LoginName;
pub use names::{InvalidName, PersonName, Plan, Role};
pub use released_name::ReleasedName;
pub use session::{Session, Transport};
pub use user::{Stamps, Status, User};
pub use username::{InvalidUsername, Username};
pub use word::UserWord;
