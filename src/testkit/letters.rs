//! Letters that go nowhere.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::mail::{Letter, MailError, Mailer};

/// A mailer that keeps what it is given. Clones are one box: hand one to the
/// [`Builder`](crate::auth::Builder), and look into the other.
///
/// Letters leave the outbox only when [`Auth::work`](crate::auth::Auth::work) is called, or
/// `Auth::background` runs. The token of the link in one is
/// [`Site::token_in`](crate::site::Site::token_in) its text.
#[derive(Clone, Debug, Default)]
pub struct LetterBox(Arc<Mutex<Vec<Letter>>>);

impl LetterBox {
    /// Empties the box: what came, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.0.lock().expect("no test panicked while it put a letter in"))
    }
}

#[async_trait]
impl Mailer for LetterBox {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.0.lock().expect("no test panicked while it took the letters").push(letter.clone());
        Ok(())
    }
}
