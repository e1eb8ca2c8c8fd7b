//! Showing the password again within a session.

use super::MyAccount;
use crate::{
    auth::{
        Auth, Identity,
        core::{Core, Task},
        draft::{Draft, Verdict},
    },
    clock::after,
    error::{Error, Result},
    model::{Client, Session},
    secret::Password,
    store::tables,
};

impl MyAccount<'_> {
    /// Notes that the person has shown the current password, for what asks for it anew:
    /// [`Auth::require_confirmed`] lets them on for five minutes.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the password is wrong: the fifth time, the session ends.
    /// [`Error::Unauthenticated`] where the session has ended meanwhile; [`Error::Busy`] when the
    /// machine hashes all it can; [`Error::Unavailable`] when the store does not answer.
    pub async fn confirm(&self, current: &Password, client: &Client) -> Result<()> {
        let core = self.core();
        self.check_current(current, client).await?;
        core.run(&Confirm { session: self.me.session() }).await
    }
}

impl Auth {
    /// Goes on only where the person has shown the password within the last five minutes: at the
    /// log-in, or since with [`MyAccount::confirm`]. For what a host holds dear: a browser left
    /// open is then not enough.
    ///
    /// # Errors
    /// [`Error::StepUpRequired`] where they have not.
    pub fn require_confirmed(&self, me: &Identity) -> Result<()> {
        let core = &self.core;
        let until = after(me.session().confirmed_at, core.policy.lifetimes.confirmation);
        if core.now() < until { Ok(()) } else { Err(Error::StepUpRequired) }
    }
}

struct Confirm<'a> {
    session: &'a Session,
}

impl Task for Confirm<'_> {
    type Facts = Option<Session>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        core.get(self.session.digest.as_bytes()).await
    }

    fn decide(&self, session: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let Some(session) = session else { return draft.refuse(Error::Unauthenticated) };
        let now = draft.now();
        draft.raise(&tables::SESSIONS, session.digest.as_bytes(), "confirmed_at", now);
        draft.done(())
    }
}
