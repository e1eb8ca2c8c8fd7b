//! Whom, if anybody, "forgot password" for an address concerns.

use time::OffsetDateTime;

use super::finished;
use crate::{
    auth::{
        budgets::Budgets,
        core::{Core, Task, page, text},
        draft::{Draft, Note, Verdict},
    },
    error::Result,
    model::{Actor, Credential, Errand, EventKind, Intent, Invitation, Status, Template, User},
    store::{Record as _, Value, tables},
};

/// How many invitations to one address are looked at, newest first. Whoever proved the address
/// is found by a key of their own, so that no number of invitations crowds them out.
const SHARING: u32 = 20;

/// How many letters one request causes: the mailbox's budget counts requests.
const LETTERS: usize = 3;

/// Finds out, and leaves letters behind.
pub(super) async fn find(core: &Core, intent: &Intent) -> Result<()> {
    let budgets = core.budgets().await?;
    core.run(&FindReset { intent, budgets }).await
}

struct FindReset<'a> {
    intent: &'a Intent,
    budgets: Budgets<'a>,
}

struct Facts {
    held: bool,
    sharing: Vec<Sharer>,
}

/// Somebody who has given the address.
struct Sharer {
    user: User,
    invitation: Option<Invitation>,
    /// The letter of an earlier request that still waits for them.
    waiting: Option<Intent>,
    /// When their password was last changed.
    changed_at: Option<OffsetDateTime>,
}

impl FindReset<'_> {
    fn email(&self) -> &str {
        match &self.intent.errand {
            Errand::FindReset { email } | Errand::Letter { email, .. } => email,
            Errand::TellSecured { .. } => "",
        }
    }
}

impl Task for FindReset<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let held = super::holds(core, self.intent).await?;
        let mut sharing = Vec::new();
        // Nobody's address is empty: that is what text that is no address became.
        if held && !self.email().is_empty() {
            let email = text(self.email());
            let holder: Option<User> = core.find(&tables::BY_PROVEN_EMAIL, email.clone()).await?;
            let by_email = page(&tables::USERS, "by_email", vec![email], SHARING)?.descending();
            let rows = core.store.page(&by_email).await?;
            let others = rows.iter().map(User::from_row).collect::<Result<Vec<_>, _>>()?;
            let invited = others.into_iter().filter(|user| user.status == Status::Invited);
            for user in holder.into_iter().chain(invited) {
                let invitation = core.get(user.id.as_bytes()).await?;
                let once = Value::Bytes(self.budgets.once_letter(user.id).to_vec());
                let waiting = core.find(&tables::ONCE, once).await?;
                let credential: Option<Credential> = core.get(user.id.as_bytes()).await?;
                let changed_at = credential.map(|credential| credential.changed_at);
                sharing.push(Sharer { user, invitation, waiting, changed_at });
            }
        }
        Ok(Facts { held, sharing })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        if !facts.held {
            return draft.done(());
        }
        // The errand goes with its key: whether one is open for an address must not tell whether
        // it found anybody.
        draft.change(finished(self.intent));
        let now = draft.now();
        let asked = self.intent.created_at;
        let letters = facts.sharing.iter().filter_map(|sharer| {
            let (template, inviter) = sharer.letter(now, asked)?;
            Some((sharer, template, inviter))
        });
        for (sharer, template, inviter) in letters.take(LETTERS) {
            self.write(sharer, template, inviter, &mut draft);
        }
        draft.done(())
    }
}

impl Sharer {
    /// The letter that helps this person, if one does and none is on its way.
    fn letter(&self, now: OffsetDateTime, asked: OffsetDateTime) -> Option<(Template, &str)> {
        let on_its_way = |waiting: &Intent| waiting.is_on_its_way(&self.user, now);
        if self.waiting.as_ref().is_some_and(on_its_way) {
            return None;
        }
        let standing = self.invitation.as_ref().filter(|invitation| invitation.stands(now));
        // Who has a new password since needs none, and its link would outlive what ended all.
        let unchanged = self.changed_at.is_none_or(|changed_at| changed_at <= asked);
        match (self.user.status, standing) {
            (Status::Active, _) if self.user.email_proven && unchanged => {
                Some((Template::Reset, ""))
            }
            (Status::Invited, Some(invitation)) => {
                Some((Template::Activation, invitation.inviter.as_str()))
            }
            _ => None,
        }
    }
}

impl FindReset<'_> {
    fn write(&self, sharer: &Sharer, template: Template, inviter: &str, draft: &mut Draft) {
        let (user, client, now) = (&sharer.user, &self.intent.client, draft.now());
        let errand = Errand::letter(template, user, inviter);
        let once = Some(self.budgets.once_letter(user.id));
        let lifetime = self.intent.dead_at - now;
        draft.ask_in_place_of(sharer.waiting.as_ref(), errand, once, client, lifetime);
        let kind = match template {
            Template::Activation => EventKind::ActivationResent,
            _ => EventKind::ResetSent,
        };
        draft.record(Note::of(kind, Actor::System, user, client));
    }
}
