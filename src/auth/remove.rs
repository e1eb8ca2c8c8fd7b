//! Taking somebody out of a company for good.

use super::{
    claim::Released,
    core::{Core, Task},
    draft::{Deed, Draft, Verdict},
    email_change::changes_of,
    rank::{By, Concerned},
};
use crate::{
    error::{Error, Result},
    id::UserId,
    model::{Client, Credential, EmailChange, Status},
    policy::{Policy, effects::Cause},
    store::{Change, Expect, Row, tables},
};

/// Removes one user. The row stays under its id, with nothing in it that says who they were; the
/// audit trail keeps the names people had.
pub(super) struct Remove<'a> {
    pub(super) policy: &'a Policy,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

pub(super) struct Facts {
    concerned: Concerned,
    credential: Option<Credential>,
    activity: Option<Row>,
    /// Former addresses, which say who they were.
    changes: Vec<EmailChange>,
    /// What giving the username up needs to know.
    released: Option<Released>,
}

impl Task for Remove<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let user = self.user.as_bytes();
        let concerned = Concerned::load(core, self.user, self.by).await?;
        let released = match concerned.username() {
            Some(name) => Some(Released::load(core, name).await?),
            None => None,
        };
        Ok(Facts {
            concerned,
            released,
            changes: changes_of(core, self.user).await?,
            credential: core.get(user).await?,
            activity: core.store.get(&tables::ACTIVITY, user).await?,
        })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let judged = facts.concerned.reached(self.policy, self.by).and_then(|mut ranked| {
            let before = ranked.user.clone();
            if before.status == Status::Invited {
                return Err(Error::Conflict { field: "status" });
            }
            ranked.user.status = Status::Removed;
            ranked.count(&before, self.policy)?;
            Ok((ranked, before))
        });
        let (mut ranked, before) = match judged {
            Ok(judged) => judged,
            Err(error) => return draft.refuse(error),
        };
        // Told and recorded while it still says who it is about.
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        let deed = Deed { detail: before.username.as_str(), ..deed };
        draft.take_effect(Cause::Removed, &mut ranked.user, deed);
        ranked.user = ranked.user.erased();
        if let Some(released) = facts.released {
            released.keep(before.id, self.policy, &mut draft);
        }
        facts.changes.iter().for_each(|change| draft.delete(change));
        if let Some(credential) = &facts.credential {
            draft.delete(credential);
        }
        if facts.activity.is_some() {
            let key = self.user.as_bytes().to_vec();
            draft.change(Change::Delete { table: &tables::ACTIVITY, key, expect: Expect::Present });
        }
        ranked.write(&before, &mut draft);
        draft.done(())
    }
}
