//! What people tried with others and may not do, for the audit trail.

use super::UserAccounts;
use crate::{
    auth::draft::{Note, acting},
    error::{Error, Result},
    id::UserId,
    model::{Client, EventKind, User},
};

impl UserAccounts<'_> {
    /// Lets somebody try an act on another, and records where they may not. The refusal is theirs
    /// either way: recording changes nothing about it.
    pub(super) async fn tries<T>(
        &self,
        what: &str,
        whom: Option<UserId>,
        client: &Client,
        act: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let answer = act.await;
        if matches!(answer, Err(Error::Forbidden))
            && let Err(error) = self.record_refused(what, whom, client).await
        {
            tracing::warn!(kind = error.kind(), "a refused act was not recorded");
        }
        answer
    }

    async fn record_refused(
        &self,
        what: &str,
        whom: Option<UserId>,
        client: &Client,
    ) -> Result<()> {
        let core = self.core();
        // Whose session has ended is nobody by now.
        let Some(actor) = core.actor(self.me).await? else { return Ok(()) };
        let subject: Option<User> = match whom {
            Some(id) => core.get(id.as_bytes()).await?,
            None => None,
        };
        let subject = subject.filter(|user| user.account == actor.account);
        // What My Account is for is no act on another.
        if subject.as_ref().is_some_and(|user| user.id == actor.id) {
            return Ok(());
        }
        match core.charge(&[core.budgets().await?.refused_acts(actor.id)]).await {
            Ok(_) => {}
            Err(Error::Throttled { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut draft = core.draft()?;
        draft.record(Note {
            kind: EventKind::ActRefused,
            actor: acting(&actor),
            account: Some(actor.account),
            subject: subject.as_ref(),
            client,
            reason: what,
            typed: None,
        });
        core.settle(draft.done(())).await.map(drop)
    }
}
