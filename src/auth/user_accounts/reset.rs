//! Send Password Reset Email.

use super::UserAccounts;
use crate::{
    auth::{
        budgets::Budgets,
        core::{Core, Task},
        draft::{Draft, Note, Verdict},
        rank::{By, Concerned, Ranked},
    },
    error::{Error, Result},
    id::UserId,
    model::{Client, Errand, EventKind, Intent, Status, Template, User},
    policy::Policy,
    store::{Value, tables},
};

impl UserAccounts<'_> {
    /// Mails somebody a link to choose a new password; somebody who is invited gets the
    /// activation letter again. It goes to the stored address and to no other. Waits for wrong
    /// passwords end.
    ///
    /// # Errors
    /// [`Error::Conflict`] with `field` `email` where the address is not proven to be theirs, for
    /// whom [`recover`](UserAccounts::recover) mails a link, and `status` for somebody who is
    /// locked out; [`Error::Throttled`] beyond six letters a day to one mailbox; for somebody
    /// invited as [`resend_activation`](UserAccounts::resend_activation); [`Error::Forbidden`],
    /// [`Error::NotFound`] and [`Error::Unavailable`] as [`UserAccounts`] says.
    pub async fn send_password_reset(&self, user: UserId, client: &Client) -> Result<()> {
        let act = async {
            let core = self.acting()?;
            let found = self.colleague(core, user).await?;
            if found.status == Status::Invited {
                return self.resend(user, client).await;
            }
            let (budgets, account) = (core.budgets().await?, self.me.account().id);
            core.charge(&[budgets.invited_mailbox(account, found.email.canonical())]).await?;
            let (policy, by) = (&core.policy, self.by(""));
            let helped = core.run(&SendReset { policy, budgets, user, by, client }).await?;
            core.lift_limits(&helped).await;
            Ok(())
        };
        self.tries("send password reset", Some(user), client, act).await
    }
}

struct SendReset<'a> {
    policy: &'a Policy,
    budgets: Budgets<'a>,
    user: UserId,
    by: By<'a>,
    client: &'a Client,
}

impl Task for SendReset<'_> {
    /// And the letter that still waits for them.
    type Facts = (Concerned, Option<Intent>);
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let once = Value::Bytes(self.budgets.once_letter(self.user).to_vec());
        let concerned = Concerned::load(core, self.user, self.by).await?;
        Ok((concerned, core.find(&tables::ONCE, once).await?))
    }

    fn decide(&self, (concerned, waiting): Self::Facts, mut draft: Draft) -> Verdict<User> {
        let Ranked { user, account, who } = match concerned.reached(self.policy, self.by) {
            Ok(ranked) => ranked,
            Err(error) => return draft.refuse(error),
        };
        if user.status != Status::Active {
            return draft.refuse(Error::Conflict { field: "status" });
        }
        if !user.email_proven {
            // A link sent there could be somebody else's to open.
            return draft.refuse(Error::Conflict { field: "email" });
        }
        draft.hold(who.hold);
        let now = draft.now();
        if !waiting.as_ref().is_some_and(|waiting| waiting.is_on_its_way(&user, now)) {
            let errand = Errand::letter(Template::Reset, &user, &who.name);
            let once = Some(self.budgets.once_letter(user.id));
            let lifetime = self.policy.lifetimes.reset_errand;
            draft.ask_in_place_of(waiting.as_ref(), errand, once, self.client, lifetime);
        }
        let note = Note::of(EventKind::ResetSent, who.actor, &user, self.client);
        draft.record(note.because(self.by.reason()));
        draft.replace(account);
        draft.done(user)
    }
}
