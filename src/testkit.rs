//! What hosts test with: people who are logged in, a letter box, a clock that stands still,
//! randomness that repeats, and a proof for every clause of the store's contract.
//!
//! Nothing here belongs in a running site.
//!
//! ```
//! use portcullis::{
//!     auth::Auth,
//!     hash::{Hashing, Params},
//!     model::Client,
//!     policy::Permission,
//!     secret::Password,
//!     site::Site,
//!     store::memory::MemoryStore,
//!     testkit::{clock::ManualClock, letters::LetterBox, people::signed_in},
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (letters, clock) = (LetterBox::default(), ManualClock::default());
//! let mut hashing = Hashing::default();
//! hashing.params = Params::danger_for_tests(); // or each log-in takes what it takes in earnest
//! let (auth, operator) = Auth::builder(MemoryStore::new())
//!     .site(Site::new("Acme CRM", "https://crm.example")?)
//!     .mailer(letters.clone())
//!     .hashing(hashing)
//!     .clock(clock.clone())
//!     .build()?;
//!
//! let sal = signed_in(&auth, &operator, "salesperson").await;
//! assert!(sal.identity.require(Permission::LEADS_EDIT).is_ok());
//! assert!(sal.identity.require(Permission::USERS_MANAGE).is_err());
//!
//! // Nobody sends letters in a test unless it is asked to.
//! let client = Client::new(None, "test");
//! auth.forgot_password(sal.identity.user().email.as_str(), &client).await?;
//! while auth.work(10).await? > 0 {}
//! let letter = letters.take().pop().expect("the reset letter, the last one");
//! let token = auth.site().token_in(&letter.text)?;
//! auth.reset_password(&token, &Password::new("quiet rivers carry stones")?, &client).await?;
//! assert!(auth.identify(&sal.token).await.is_err(), "a reset ends every session");
//!
//! clock.advance(time::Duration::days(3)); // and so do time and limits
//! # Ok(())
//! # }
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a proof fails by panicking, with words that say what did not hold"
)]

pub mod clock;
pub mod entropy;
pub mod letters;
pub mod people;
pub mod store;
