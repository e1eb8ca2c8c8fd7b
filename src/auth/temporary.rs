//! A password somebody else sets, to be replaced at the next log-in.

use super::{
    core::{Core, Task},
    draft::{Draft, Verdict},
    rank::{By, Concerned, Ranked},
};
use crate::{
    clock::after,
    error::{Error, Result},
    id::UserId,
    model::{Account, Client, Credential, Status, User},
    policy::{Policy, effects::Cause},
    secret::Password,
};

/// Sets a temporary password. Every session, link and ticket of the person ends, and they are
/// told.
pub(super) async fn set(
    core: &Core,
    user: UserId,
    password: &Password,
    by: By<'_>,
    client: &Client,
) -> Result<()> {
    let policy = &core.policy;
    // Before a hash is spent, and before it is said what a password of theirs must not be.
    let Ranked { user: found, account, .. } =
        judge(Concerned::load(core, user, by).await?, policy, by)?;
    check(policy, password, &found, &account)?;
    let hash = core.hash(password).await?;
    let helped = core.run(&SetTemporary { policy, user, hash, by, client }).await?;
    core.lift_limits(&helped).await;
    Ok(())
}

fn check(policy: &Policy, password: &Password, user: &User, account: &Account) -> Result<()> {
    super::link::check(policy, "password", password, user, account)
}

/// The person, where this may be done to them: never by an administrator to another, who could
/// then be them, nor to oneself without the password one has.
fn judge(concerned: Concerned, policy: &Policy, by: By<'_>) -> Result<Ranked> {
    let ranked = concerned.reached(policy, by)?;
    let user = &ranked.user;
    let above = user.administrator || policy.roles.is_administrator(&user.role);
    if by.is_user() && (!policy.temporary_passwords || above || ranked.is_own()) {
        return Err(Error::Forbidden);
    }
    if user.status != Status::Active {
        return Err(Error::Conflict { field: "status" });
    }
    Ok(ranked)
}

struct SetTemporary<'a> {
    policy: &'a Policy,
    user: UserId,
    hash: String,
    by: By<'a>,
    client: &'a Client,
}

impl Task for SetTemporary<'_> {
    type Facts = (Concerned, Option<Credential>);
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let concerned = Concerned::load(core, self.user, self.by).await?;
        Ok((concerned, core.get(self.user.as_bytes()).await?))
    }

    fn decide(&self, (concerned, credential): Self::Facts, mut draft: Draft) -> Verdict<User> {
        let now = draft.now();
        let mut ranked = match judge(concerned, self.policy, self.by) {
            Ok(ranked) => ranked,
            Err(error) => return draft.refuse(error),
        };
        let Some(credential) = credential else { return draft.refuse(Error::NotFound) };
        draft.replace(Credential {
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: Some(after(now, self.policy.lifetimes.temporary_password)),
            ..credential
        });
        let before = ranked.user.clone();
        let deed = ranked.who.deed(self.by, self.client, self.policy);
        draft.take_effect(Cause::TemporaryPasswordSet, &mut ranked.user, deed);
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}
