//! Changing one's own username.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Identity,
        budgets::given_back,
        claim::{Released, foreign_address, is_taken},
        core::{Core, Task},
        draft::{Deed, Draft, Verdict},
        words::words_changed,
    },
    error::{Error, Result},
    model::{Client, Credential, Username},
    policy::{Policy, effects::Cause},
    secret::Password,
};

impl MyAccount<'_> {
    /// Changes the username. Sessions go on, and what the person did stays theirs: it hangs on
    /// the user's id. The old name is kept back for them for 90 days. They are told by mail.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the current password is wrong: the fifth time, the session
    /// ends. [`Error::Invalid`] where the name is the present one, or written like an address
    /// that is not the person's own proven one; [`Error::Conflict`] with `field` `username` where
    /// the name, or one that looks like it, is somebody else's or was lately;
    /// [`Error::Throttled`] beyond three changes in 30 days; [`Error::Unauthenticated`] where the
    /// session has ended meanwhile; [`Error::Busy`] when the machine hashes all it can;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn change_username(
        &self,
        current: &Password,
        new: &Username,
        client: &Client,
    ) -> Result<()> {
        let core = self.core();
        let checked = self.check_current(current, client).await?;
        let renames = core.budgets().await?.own_renames(self.me.user().id);
        core.charge(&[renames]).await?;
        let task = ChangeUsername { me: self.me, policy: &core.policy, checked, new, client };
        let answer = core.run(&task).await;
        if matches!(answer, Err(Error::Conflict { .. } | Error::Invalid(_))) {
            // Nothing was changed, so nothing counts.
            core.charge(&[given_back(renames)]).await?;
        }
        answer
    }
}

struct ChangeUsername<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    /// The credential the current password was compared with.
    checked: Credential,
    new: &'a Username,
    client: &'a Client,
}

struct Facts {
    mine: Option<Mine>,
    held: Option<Credential>,
    taken: bool,
    released: Option<Released>,
}

impl Task for ChangeUsername<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let me = self.me.user().id;
        let mine = Mine::load(core, self.me).await?;
        let released = match &mine {
            Some(mine) => Some(Released::load(core, &mine.user.username).await?),
            None => None,
        };
        let held = core.get(me.as_bytes()).await?;
        Ok(Facts { mine, held, taken: is_taken(core, self.new, Some(me)).await?, released })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let (Some(Mine { mut user, .. }), Some(released)) =
            (facts.mine.filter(|mine| mine.stands(self.policy, now)), facts.released)
        else {
            return draft.refuse(Error::Unauthenticated);
        };
        if facts.held.is_none_or(|held| held.hash != self.checked.hash) {
            return draft.refuse(Error::Rejected);
        }
        if user.username == *self.new {
            let message = "This is the username already.".to_owned();
            return draft.refuse(Error::invalid("username", "unchanged", message));
        }
        if let Some(violation) = foreign_address(self.new, &user.email) {
            return draft.refuse(Error::Invalid(vec![violation]));
        }
        if self.new.is_address_like() && !user.email_proven {
            let message = "Prove the address first: until then it may be somebody else's.";
            return draft.refuse(Error::invalid("username", "own_address", message.to_owned()));
        }
        if facts.taken {
            return draft.refuse(Error::Conflict { field: "username" });
        }
        if user.username.canonical() != self.new.canonical() {
            released.keep(user.id, self.policy, &mut draft);
        }
        let what = format!("{} → {}", user.username, self.new);
        let before = user.clone();
        // The trail names who did it as they were called when they did it.
        let deed = Deed::own(&before, self.client, self.policy);
        let deed = Deed { reason: &what, detail: before.username.as_str(), ..deed };
        user.username = self.new.clone();
        words_changed(&mut draft, Some(&before), Some(&user));
        draft.take_effect(Cause::UsernameChanged, &mut user, deed);
        draft.replace(user);
        draft.done(())
    }
}
