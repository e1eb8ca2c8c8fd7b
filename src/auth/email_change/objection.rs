//! Objecting, from the address an administrator replaced.

use crate::{
    auth::{
        Auth,
        core::{Core, Task},
        draft::{Deed, Draft, Verdict},
        link::{Led, Standing},
        rank::administrators,
    },
    error::{Error, Result},
    id::AccountId,
    model::{Actor, Client, Errand, Template, User},
    policy::{Policy, effects::Cause},
    secret::{Purpose, Token},
};

impl Auth {
    /// Objects to the address an administrator put in the place of one's own, by the link mailed
    /// there. Sessions, tickets and links of that log-in end, and its administrators are warned;
    /// their diagnosis shows it. It restores nothing: whether the old mailbox or the new one is
    /// the person's, people have to find out.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the link is unknown, used, expired or dead;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn object(&self, token: &Token, client: &Client) -> Result<()> {
        let core = &self.core;
        core.run(&Object { policy: &core.policy, token, client }).await
    }
}

struct Object<'a> {
    policy: &'a Policy,
    token: &'a Token,
    client: &'a Client,
}

impl Task for Object<'_> {
    /// And who is warned.
    type Facts = (Led, Vec<User>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let led = Led::load(core, Purpose::Objection, self.token).await?;
        let account = led.user().map_or(AccountId::NOBODY, |user| user.account);
        Ok((led, administrators(core, account).await?))
    }

    fn decide(&self, (led, administrators): Self::Facts, mut draft: Draft) -> Verdict<()> {
        let Some(Standing { link, mut user, credential, .. }) = led.standing(draft.now()) else {
            return draft.refuse(Error::Rejected);
        };
        draft.delete(&link);
        // Whoever holds the old mailbox has not shown to be the person.
        let deed = Deed { actor: Actor::Stranger, ..Deed::own(&user, self.client, self.policy) };
        draft.take_effect(Cause::Objected, &mut user, deed);
        // Nobody is warned at an address that may be a stranger's.
        for warned in administrators.iter().filter(|warned| warned.email_proven) {
            let mut errand = Errand::letter(Template::Objected, warned, "");
            if let Errand::Letter { detail, .. } = &mut errand {
                user.username.as_str().clone_into(detail);
            }
            draft.ask(errand, None, self.client, self.policy.lifetimes.letter);
        }
        // What they were about to do to others comes to nothing, as with each end of sessions.
        credential.into_iter().for_each(|credential| draft.replace(credential));
        draft.replace(user);
        draft.done(())
    }
}
