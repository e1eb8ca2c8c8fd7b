//! What a mailed link or a ticket leads to, and whether it still does.

use time::OffsetDateTime;

use super::{Auth, core::Core};
use crate::{
    error::{Error, Result},
    id::EmailChangeId,
    model::{Account, Credential, Invitation, Link, Status, User},
    policy::{Personal, Policy, Violation},
    secret::{Password, Purpose, Token},
};

/// What the page behind a mailed link shows before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkView {
    /// The username the password will belong to.
    pub username: String,
    /// The address the link was mailed to.
    pub email: String,
    /// The company's name.
    pub account: String,
}

impl Auth {
    /// Looks at a link without using it up: a mail scanner that follows it does no harm.
    ///
    /// # Errors
    /// [`Error::Rejected`] where it is unknown, used, expired or dead for another reason;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn look_at_link(&self, purpose: Purpose, token: &Token) -> Result<LinkView> {
        let led = Led::load(&self.core, purpose, token).await?;
        let led = led.standing(self.core.now()).ok_or(Error::Rejected)?;
        let email = if led.link.email == led.user.email.canonical() {
            led.user.email.as_str().to_owned()
        } else {
            led.link.email.clone()
        };
        Ok(LinkView {
            username: led.user.username.as_str().to_owned(),
            email,
            account: led.account.name.clone(),
        })
    }
}

/// Where a token leads: rows as they are, to be judged by [`Led::standing`].
pub(super) struct Led(Option<Standing>);

/// Where a token leads, with everything a decision about it needs.
pub(super) struct Standing {
    pub(super) link: Link,
    pub(super) user: User,
    pub(super) account: Account,
    pub(super) credential: Option<Credential>,
    pub(super) invitation: Option<Invitation>,
}

impl Led {
    pub(super) async fn load(core: &Core, purpose: Purpose, token: &Token) -> Result<Self> {
        let digest = token.digest(purpose);
        let link = core.get::<Link>(digest.as_bytes()).await?;
        // The store's own word is not enough: what it found must be what was asked for.
        let link = link.filter(|link| link.digest == digest && link.purpose == purpose);
        let Some(link) = link else { return Ok(Self(None)) };
        let Some(user) = core.get::<User>(link.user.as_bytes()).await? else {
            return Ok(Self(None));
        };
        let Some(account) = core.get::<Account>(link.account.as_bytes()).await? else {
            return Ok(Self(None));
        };
        let credential = core.get(link.user.as_bytes()).await?;
        let invitation = core.get(link.user.as_bytes()).await?;
        Ok(Self(Some(Standing { link, user, account, credential, invitation })))
    }

    /// The address the link was mailed to; empty where there is no link.
    pub(super) fn email(&self) -> &str {
        self.0.as_ref().map_or("", |led| led.link.email.as_str())
    }

    /// Whose link it is, whether or not it still leads anywhere.
    pub(super) fn user(&self) -> Option<&User> {
        self.0.as_ref().map(|led| &led.user)
    }

    /// The change of address it takes back.
    pub(super) fn change(&self) -> Option<EmailChangeId> {
        self.0.as_ref().and_then(|led| led.link.change)
    }

    /// Where it leads, if it still does: the one place that says whether a link stands.
    pub(super) fn standing(self, now: OffsetDateTime) -> Option<Standing> {
        self.0.filter(|led| {
            let Standing { link, user, account, credential, invitation } = led;
            let stamped = |stamp| link.user_stamp == stamp && link.account_stamp == account.stamp;
            let stamps_hold = match link.purpose {
                Purpose::Replacement => stamped(user.stamps.sessions),
                Purpose::EmailConfirm => stamped(user.stamps.changes),
                // Whoever took a log-in over can end everything else that was handed out.
                Purpose::Undo | Purpose::Objection => true,
                _ => stamped(user.stamps.links),
            };
            let fits = match link.purpose {
                Purpose::Activation => {
                    user.status == Status::Invited
                        && credential.is_none()
                        && invitation.as_ref().is_some_and(|standing| standing.stands(now))
                }
                Purpose::Reset | Purpose::EmailConfirm => {
                    user.status == Status::Active && credential.is_some()
                }
                // It ends what was handed out, and gives nothing.
                Purpose::Objection => matches!(user.status, Status::Active | Status::Disabled),
                // It takes an address back and leaves a disabled user disabled.
                Purpose::Undo => {
                    matches!(user.status, Status::Active | Status::Disabled)
                        && credential.is_some()
                        && link.change.is_some()
                }
                Purpose::Replacement => {
                    let temporary = credential.as_ref().and_then(|held| held.temporary_until);
                    user.status == Status::Active && temporary.is_some_and(|until| now < until)
                }
                Purpose::Cookie | Purpose::Bearer => false,
            };
            let mailed_there = match link.purpose {
                Purpose::Reset | Purpose::Activation => link.email == user.email.canonical(),
                _ => true,
            };
            now < link.expires_at
                && stamps_hold
                && user.account == link.account
                && mailed_there
                && fits
        })
    }
}

impl Standing {
    /// Which requirements a new password misses.
    pub(super) fn check(&self, policy: &Policy, field: &'static str, new: &Password) -> Result<()> {
        check(policy, field, new, &self.user, &self.account)
    }
}

/// Which requirements a new password of this user misses: all of them at once.
pub(super) fn check(
    policy: &Policy,
    field: &'static str,
    new: &Password,
    user: &User,
    account: &Account,
) -> Result<()> {
    let personal = Personal {
        username: &user.username,
        email: &user.email,
        name: &user.name,
        company: &account.name,
    };
    let missed: Vec<Violation> = policy.passwords.check(field, new, &personal);
    if missed.is_empty() { Ok(()) } else { Err(Error::Invalid(missed)) }
}
