//! Acting on a security concern at once: sessions, links and password die together.

use super::{
    core::{Core, Task},
    draft::{Draft, Verdict},
    rank::{By, Concerned},
};
use crate::{
    error::{Error, Result},
    id::UserId,
    model::{Client, Credential, Status, User},
    policy::{Policy, effects::Cause},
};

/// Secures one user.
pub(super) struct Secure<'a> {
    pub(super) policy: &'a Policy,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
}

impl Task for Secure<'_> {
    type Facts = (Concerned, Option<Credential>);
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let concerned = Concerned::load(core, self.user, self.by).await?;
        Ok((concerned, core.get(self.user.as_bytes()).await?))
    }

    fn decide(&self, (concerned, credential): Self::Facts, mut draft: Draft) -> Verdict<User> {
        let mut ranked = match concerned.reached(self.policy, self.by) {
            Ok(ranked) => ranked,
            Err(error) => return draft.refuse(error),
        };
        let (Status::Active, Some(credential)) = (ranked.user.status, credential) else {
            return draft.refuse(Error::Conflict { field: "status" });
        };
        let before = ranked.user.clone();
        draft.replace(credential.void(draft.now()));
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        draft.take_effect(Cause::Secured, &mut ranked.user, deed);
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}
