//! Taking a change of address back, from the former address.

use crate::{
    auth::{
        Auth,
        budgets::{cleared, given_back},
        claim::{Released, foreign_address, is_taken},
        core::{Core, Task, page, text},
        draft::{Deed, Draft, Note, Verdict},
        link::{Led, Standing},
        words::words_changed,
    },
    error::{Error, Result},
    id::UserId,
    model::{Actor, Client, Credential, EmailChange, EventKind, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Purpose, Token},
    store::{Record as _, Value, tables},
};

/// How many changes of one person can be taken back at a time. The six a day they may ask for make
/// 18 in the 72 hours; the 50 a day their administrators may ask for make 150. The rest is room for
/// policies that allow more.
const STANDING: u32 = 200;

impl Auth {
    /// Takes a change of address back, by the link mailed to the former address and the password
    /// that held when the change was made, whatever was changed since. The address, the username
    /// where it was that address or is another one now, and that password are the person's again.
    /// A password that was made void since the change stays void, and so does one that was set
    /// after that: they choose a new one by Forgot Password. One that was temporary is temporary
    /// again. Every session, link, ticket and waiting change ends. The oldest standing undo wins: later changes cannot be taken back any
    /// more, earlier ones still can. Who is disabled stays disabled.
    ///
    /// What it protects from: somebody who came by the password and a session moves the address
    /// to a mailbox of theirs, changes the password, and moves the address again.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the link is unknown, used, expired or dead, the password is not
    /// that one, it was tried five times with a wrong one, or somebody else has proven the
    /// address since; [`Error::Conflict`] with `field` `username` where the former username is
    /// needed and is somebody else's, which a policy that keeps names back for less than three
    /// days allows; [`Error::Busy`] when the machine hashes all it can;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn undo_email_change(
        &self,
        token: &Token,
        password: &Password,
        client: &Client,
    ) -> Result<()> {
        let core = &self.core;
        let place = core.place()?;
        let facts = Facts::load(core, token).await?;
        let (led, change) = facts.standing(core).ok_or(Error::Rejected)?;
        let charge = core.budgets().await?.undo(change.id);
        let [charged] = core.charge(&[charge]).await?;
        let matches = match core.verify(place, password, Some(&change.hash)).await {
            Ok(verified) => verified.matches,
            Err(error) => {
                core.charge(&[given_back(charge)]).await?;
                return Err(error);
            }
        };
        if !matches || charged.count > core.policy.limits.undo_failures {
            let mut draft = core.draft()?;
            let kind = EventKind::UndoRefused;
            draft.record(Note::of(kind, Actor::Stranger, &led.user, client));
            return core.settle(draft.refuse(Error::Rejected)).await?.unwrap_or(Err(Error::Busy));
        }
        core.charge(&[cleared(charge)]).await?;
        core.run(&Undo { policy: &core.policy, token, client }).await
    }
}

struct Undo<'a> {
    policy: &'a Policy,
    token: &'a Token,
    client: &'a Client,
}

struct Facts {
    led: Led,
    /// The person's changes that stand, oldest first.
    changes: Vec<EmailChange>,
    /// Who has proven the former address by now.
    holder: Option<User>,
    /// Whether the former username is somebody else's by now.
    taken: bool,
    /// What giving the present username up needs to know.
    released: Option<Released>,
}

impl Facts {
    async fn load(core: &Core, token: &Token) -> Result<Self> {
        let led = Led::load(core, Purpose::Undo, token).await?;
        let holder = core.find(&tables::BY_PROVEN_EMAIL, text(led.email())).await?;
        let mut facts = Self { changes: Vec::new(), holder, taken: false, released: None, led };
        if let Some(user) = facts.led.user() {
            facts.changes = changes_of(core, user.id).await?;
            facts.released = Some(Released::load(core, &user.username).await?);
            let former = facts.change().and_then(|change| change.old_username.clone());
            if let Some(former) = former {
                facts.taken = is_taken(core, &former, Some(user.id)).await?;
            }
        }
        Ok(facts)
    }

    /// The change the link takes back.
    fn change(&self) -> Option<&EmailChange> {
        let id = self.led.change()?;
        self.changes.iter().find(|change| change.id == id)
    }

    /// Where the link leads, and what it takes back, while it does.
    fn standing(self, core: &Core) -> Option<(Standing, EmailChange)> {
        let change = self.change()?.clone();
        let now = core.now();
        let led = self.led.standing(now)?;
        (now < change.expires_at).then_some((led, change))
    }
}

/// The changes of a person that can be taken back, oldest first.
pub(in crate::auth) async fn changes_of(core: &Core, user: UserId) -> Result<Vec<EmailChange>> {
    let equal = vec![Value::Bytes(user.as_bytes().to_vec())];
    let rows = core.store.page(&page(&tables::EMAIL_CHANGES, "of_user", equal, STANDING)?).await?;
    Ok(rows.iter().map(EmailChange::from_row).collect::<Result<_, _>>()?)
}

impl Task for Undo<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        Facts::load(core, self.token).await
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let change = facts.change().filter(|change| now < change.expires_at).cloned();
        let Facts { led, changes, holder, taken, released } = facts;
        let (Some(change), Some(led)) = (change, led.standing(now)) else {
            return draft.refuse(Error::Rejected);
        };
        let Standing { link, mut user, account, credential, .. } = led;
        let foreign = holder.is_some_and(|holder| holder.id != user.id);
        let Some(credential) = credential.filter(|_| !foreign) else {
            return draft.refuse(Error::Rejected);
        };
        let before = user.clone();
        let deed = Deed::own(&before, self.client, self.policy);
        let former = change.old_username.filter(|former| {
            // It was this address; or the one they have now is another, which is not theirs then.
            former.is_address_like() || foreign_address(&user.username, &change.old_email).is_some()
        });
        user.email = change.old_email;
        user.email_proven = true;
        if let (Some(former), Some(released)) = (former, released) {
            if taken {
                return draft.refuse(Error::Conflict { field: "username" });
            }
            if former.canonical() != user.username.canonical() {
                released.keep(user.id, self.policy, &mut draft);
            }
            user.username = former;
        }
        if foreign_address(&user.username, &user.email).is_some() {
            return draft.refuse(Error::Rejected);
        }
        words_changed(&mut draft, Some(&before), Some(&user));
        // What was made void on a concern must not come back. And whoever has the new mailbox may
        // have set another since: that one goes as well.
        draft.replace(if credential.is_void_since(change.at, &account) {
            credential.void(now)
        } else {
            Credential {
                hash: change.hash,
                changed_at: now,
                temporary_until: change.temporary_until,
                ..credential
            }
        });
        draft.delete(&link);
        // What came after it was built on it.
        for later in changes.iter().filter(|other| (other.at, other.id) >= (change.at, change.id)) {
            draft.delete(later);
        }
        draft.take_effect(Cause::EmailUndone, &mut user, deed);
        draft.replace(user);
        draft.done(())
    }
}
