//! Helping somebody who cannot reach the mailbox of their profile.

use super::{UserAccounts, reasoned};
use crate::{
    auth::{
        claim::{Released, along, is_taken},
        core::{Core, Task},
        draft::{Draft, Verdict},
        rank::{By, Concerned, Ranked},
    },
    error::{Error, Result},
    id::UserId,
    model::{Client, EmailAddress, Errand, Status, User, Username},
    policy::{Policy, effects::Cause},
};

impl UserAccounts<'_> {
    /// Puts another address in the place of one that somebody cannot reach, and mails a link to
    /// choose a new password there: one act, effective at once, for a reason. Every session, link,
    /// ticket and waiting change of theirs ends. The address it replaces, if it was proven, is told
    /// and can object for 72 hours, with [`Auth::object`](crate::auth::Auth::object). The new one
    /// counts as proven once its link was used. Where the username is the address, it changes
    /// along.
    ///
    /// Where the link was not used in time, the same address once more brings another.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason, where it is their address already and proven, or where
    /// it is to become their username and cannot be one; [`Error::Conflict`] with `field` `status`
    /// for somebody who is not active, and `username` where the name that changes along is
    /// somebody else's; [`Error::Throttled`] beyond 50 other addresses a day, changes of a profile
    /// among them, and beyond six letters to one mailbox; [`Error::Forbidden`] for oneself;
    /// [`Error::Forbidden`], [`Error::NotFound`] and [`Error::Unavailable`] as [`UserAccounts`]
    /// says.
    pub async fn recover(
        &self,
        user: UserId,
        email: &EmailAddress,
        reason: &str,
        client: &Client,
    ) -> Result<User> {
        let act = async {
            let (core, by) = (self.acting()?, self.by(reasoned(reason)?));
            let policy = &core.policy;
            let recover = Recover { policy, user, email, by, client };
            let helped = self.with_a_letter_to(email, core.run(&recover)).await?;
            core.lift_limits(&helped).await;
            Ok(helped)
        };
        self.tries("recover", Some(user), client, act).await
    }
}

struct Recover<'a> {
    policy: &'a Policy,
    user: UserId,
    email: &'a EmailAddress,
    by: By<'a>,
    client: &'a Client,
}

struct Facts {
    concerned: Concerned,
    /// Whether a username that changes along is somebody else's.
    taken: bool,
    /// What giving the present one up needs to know.
    released: Option<Released>,
}

impl Task for Recover<'_> {
    type Facts = Facts;
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Facts> {
        let concerned = Concerned::load(core, self.user, self.by).await?;
        let taken = match Username::parse(self.email.as_str()) {
            Ok(name) => is_taken(core, &name, Some(self.user)).await?,
            Err(_) => false,
        };
        let released = match concerned.username() {
            Some(name) => Some(Released::load(core, name).await?),
            None => None,
        };
        Ok(Facts { concerned, taken, released })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<User> {
        let (mut ranked, before) = match self.judge(facts.concerned, facts.taken) {
            Ok(judged) => judged,
            Err(error) => return draft.refuse(error),
        };
        if let Some(released) = facts.released
            && ranked.user.username.canonical() != before.username.canonical()
        {
            released.keep(before.id, self.policy, &mut draft);
        }
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        draft.take_effect(Cause::Recovered, &mut ranked.user, deed);
        // Only an address that was theirs is told: an unproven one may be a stranger's.
        if before.email_proven {
            let errand = Errand::objection(&ranked.user, &before.email);
            draft.ask(errand, None, self.client, self.policy.lifetimes.undo);
        }
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}

impl Recover<'_> {
    /// The person as they are to be, and as they were.
    fn judge(&self, concerned: Concerned, taken: bool) -> Result<(Ranked, User)> {
        let mut ranked = concerned.reached(self.policy, self.by)?;
        if ranked.is_own() {
            return Err(Error::Forbidden);
        }
        let before = ranked.user.clone();
        if before.status != Status::Active {
            return Err(Error::Conflict { field: "status" });
        }
        let same = before.email.canonical() == self.email.canonical();
        // As long as nobody has proven it, its link may have run out: this sends another.
        if same && before.email_proven {
            let message = "This is their address already. Send a password reset instead.";
            return Err(Error::invalid("email", "unchanged", message.to_owned()));
        }
        if let Some(name) = along(&before, self.email)? {
            if taken {
                return Err(Error::Conflict { field: "username" });
            }
            ranked.user.username = name;
        }
        ranked.user.email = self.email.clone();
        ranked.user.email_proven = false;
        Ok((ranked, before))
    }
}
