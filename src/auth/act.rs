//! Acts on somebody that change their status at most.

use time::OffsetDateTime;

use super::{
    core::{Core, Task},
    draft::{Draft, Verdict},
    rank::{By, Concerned, Ranked},
};
use crate::{
    error::{Error, Result},
    id::UserId,
    model::{Client, Status, User},
    policy::{Policy, effects::Cause},
};

/// Lets a cause happen to somebody, where rank and their status allow it.
pub(super) struct Act<'a> {
    pub(super) policy: &'a Policy,
    pub(super) user: UserId,
    pub(super) by: By<'a>,
    pub(super) client: &'a Client,
    pub(super) cause: Cause,
    pub(super) step: fn(&Ranked, By<'_>, OffsetDateTime) -> Result<Step>,
}

/// What an act makes of somebody's status.
pub(super) enum Step {
    /// It is so already: nothing is written, and nobody is told twice.
    Nothing,
    /// The status stays.
    Stay,
    /// Another status.
    Become(Status),
}

impl Task for Act<'_> {
    type Facts = Concerned;
    /// The person as they are now.
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Concerned> {
        Concerned::load(core, self.user, self.by).await
    }

    fn decide(&self, concerned: Concerned, mut draft: Draft) -> Verdict<User> {
        let judged = concerned.reached(self.policy, self.by).and_then(|mut ranked| {
            let before = ranked.user.clone();
            let step = (self.step)(&ranked, self.by, draft.now())?;
            if let Step::Become(status) = step {
                ranked.user.status = status;
            }
            ranked.count(&before, self.policy)?;
            Ok((ranked, before, matches!(step, Step::Nothing)))
        });
        let (mut ranked, before) = match judged {
            Ok((ranked, _, true)) => return draft.done(ranked.user),
            Ok((ranked, before, false)) => (ranked, before),
            Err(error) => return draft.refuse(error),
        };
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        draft.take_effect(self.cause, &mut ranked.user, deed);
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}

/// Locks somebody out. An invitation is taken back instead.
pub(super) fn disable(ranked: &Ranked, _: By<'_>, _: OffsetDateTime) -> Result<Step> {
    match ranked.user.status {
        Status::Active => Ok(Step::Become(Status::Disabled)),
        Status::Disabled => Ok(Step::Nothing),
        Status::Invited | Status::Removed => Err(Error::Conflict { field: "status" }),
    }
}

/// Lets somebody in again who was locked out: nobody else, so that it activates no one.
pub(super) fn enable(ranked: &Ranked, by: By<'_>, now: OffsetDateTime) -> Result<Step> {
    match ranked.user.status {
        Status::Disabled if by.is_user() && ranked.account.plan_ended(now) => {
            Err(Error::AccountEnded)
        }
        Status::Disabled => Ok(Step::Become(Status::Active)),
        Status::Active => Ok(Step::Nothing),
        Status::Invited | Status::Removed => Err(Error::Conflict { field: "status" }),
    }
}

/// Ends every session of somebody.
pub(super) fn sign_out(ranked: &Ranked, _: By<'_>, _: OffsetDateTime) -> Result<Step> {
    match ranked.user.status {
        Status::Active | Status::Disabled => Ok(Step::Stay),
        Status::Invited | Status::Removed => Err(Error::Conflict { field: "status" }),
    }
}
