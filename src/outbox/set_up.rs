//! An activation link for the operator's own eyes.

use super::post::new_link;
use crate::{
    auth::{
        administrators,
        core::{Core, Task},
        draft::{Deed, Draft, Note, Verdict},
    },
    clock::after,
    error::{Error, Result},
    id::UserId,
    model::{Account, Actor, Client, EventKind, Invitation, Template, User},
    policy::Policy,
    secret::{Purpose, Token},
};

/// Mints an activation link for the operator's own eyes.
pub(crate) async fn set_up_link(core: &Core, user: UserId, reason: &str) -> Result<String> {
    let token = Token::draw(core.entropy.as_ref())?;
    core.run(&SetUp { user, token: &token, policy: &core.policy, reason }).await?;
    core.site.link(Template::Activation, &token).ok_or(Error::NotFound)
}

struct SetUp<'a> {
    user: UserId,
    token: &'a Token,
    policy: &'a Policy,
    reason: &'a str,
}

impl Task for SetUp<'_> {
    /// And the administrators, who are told: whoever sees the link can become the person.
    type Facts = (Option<User>, Option<Account>, Option<Invitation>, Vec<User>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let user: Option<User> = core.get(self.user.as_bytes()).await?;
        let (account, witnesses) = match &user {
            Some(user) => {
                let witnesses = administrators(core, user.account).await?;
                (core.get(user.account.as_bytes()).await?, witnesses)
            }
            None => (None, Vec::new()),
        };
        Ok((user, account, core.get(self.user.as_bytes()).await?, witnesses))
    }

    fn decide(&self, facts: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let (user, account, invitation, witnesses) = facts;
        let now = draft.now();
        let standing = invitation.filter(|invitation| invitation.stands(now));
        let (Some(user), Some(account), Some(invitation)) = (user, account, standing) else {
            return draft.refuse(Error::NotFound);
        };
        let end = after(now, self.policy.lifetimes.activation_link).min(invitation.expires_at);
        draft.insert(&new_link(self.token, Purpose::Activation, &user, &account, now, end));
        let client = Client::new(None, "operator");
        let deed = Deed::operators(self.reason, &client, &witnesses, self.policy);
        draft.tell_witnesses(EventKind::SetUpLinkMinted, user.username.as_str(), &deed);
        let note = Note::of(EventKind::SetUpLinkMinted, Actor::Operator, &user, &client);
        draft.record(note.because(self.reason));
        draft.done(())
    }
}
