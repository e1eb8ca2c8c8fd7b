//! Another e-mail address for somebody else, as part of a change of their profile.

use super::UserAccounts;
use crate::{
    auth::{
        budgets::{Budgets, given_back},
        claim::{along, is_taken},
        core::Core,
        draft::{Deed, Draft},
        rank::Ranked,
    },
    error::{Error, Result},
    model::{Client, EmailAddress, Errand, Intent, Status, Template, User, Username},
    policy::{Policy, effects::Cause},
    store::{Value, tables},
};

impl UserAccounts<'_> {
    /// Does what has a letter sent to an address, whoever's that is. What was refused sent none and
    /// does not count, or whoever is refused all day would keep the others from helping. A name that
    /// is taken counts: that tells something.
    pub(super) async fn with_a_letter_to<T>(
        &self,
        email: &EmailAddress,
        act: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let (core, account) = (self.core(), self.me.account().id);
        let budgets = core.budgets().await?;
        let mailbox = budgets.invited_mailbox(account, email.canonical());
        let charges = [budgets.corrections(account), mailbox];
        core.charge(&charges).await?;
        let answer = act.await;
        let counts = match &answer {
            Ok(_) | Err(Error::Conflict { field: "username" } | Error::Unavailable(_)) => true,
            Err(_) => false,
        };
        if !counts {
            core.charge(&charges.map(given_back)).await?;
        }
        answer
    }
}

/// An address an administrator wants for somebody, and what is known about it.
///
/// Who is invited has it at once, and the activation letter goes there: nobody has proven the
/// one before. Who is active has it when they follow the link that is mailed there, as if they
/// had asked for it themselves.
pub(super) struct Address<'a> {
    new: &'a EmailAddress,
    /// Whether it is somebody else's username, for those whose username is their address.
    taken: bool,
    /// The activation letter that waits for them.
    waiting: Option<Intent>,
    once: [u8; 32],
}

impl<'a> Address<'a> {
    pub(super) async fn load(
        core: &Core,
        budgets: Budgets<'_>,
        new: &'a EmailAddress,
        user: &User,
    ) -> Result<Self> {
        let taken = match Username::parse(new.as_str()) {
            Ok(name) => is_taken(core, &name, Some(user.id)).await?,
            Err(_) => false,
        };
        let once = budgets.once_letter(user.id);
        let waiting = core.find(&tables::ONCE, Value::Bytes(once.to_vec())).await?;
        Ok(Self { new, taken, waiting, once })
    }

    /// Puts it into the profile of somebody invited. Whether anything is to happen at all.
    pub(super) fn judge(&self, ranked: &mut Ranked) -> Result<bool> {
        let user = &mut ranked.user;
        let same = user.email.canonical() == self.new.canonical();
        if same && (user.email_proven || user.status == Status::Invited) {
            return Ok(false);
        }
        let along = along(user, self.new)?;
        match user.status {
            Status::Invited => {
                if let Some(name) = along {
                    if self.taken {
                        return Err(Error::Conflict { field: "username" });
                    }
                    user.username = name;
                }
                user.email = self.new.clone();
            }
            Status::Active => {}
            Status::Disabled | Status::Removed => {
                return Err(Error::Conflict { field: "status" });
            }
        }
        Ok(true)
    }

    /// Lets it take effect: the letter that proves it goes there.
    pub(super) fn draft(
        self,
        user: &mut User,
        deed: Deed<'_>,
        policy: &Policy,
        client: &Client,
        draft: &mut Draft,
    ) {
        let inviter = deed.name.to_owned();
        if user.status == Status::Invited {
            draft.take_effect(Cause::AddressCorrected, user, deed);
            let errand = Errand::letter(Template::Activation, user, &inviter);
            let lifetime = policy.lifetimes.letter;
            let once = Some(self.once);
            draft.ask_in_place_of(self.waiting.as_ref(), errand, once, client, lifetime);
        } else {
            draft.take_effect(Cause::EmailChangeAsked, user, deed);
            let errand = Errand::confirmation(user, self.new);
            draft.ask(errand, None, client, policy.lifetimes.email_change);
        }
    }
}
