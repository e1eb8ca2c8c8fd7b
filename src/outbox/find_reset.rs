//! Whom, if anybody, "forgot password" for an address concerns.

use super::finished;
use crate::{
    auth::{
        core::{Core, Task, page, text},
        draft::{Draft, Note, Verdict},
    },
    error::Result,
    model::{Actor, Errand, EventKind, Intent, Invitation, Status, Template, User},
    store::{Record as _, tables},
};

/// How many people may have given one address. Only one of them can have proven it; the others
/// are invitations that stand.
const SHARING: u32 = 20;

pub(super) struct FindReset<'a> {
    pub(super) intent: &'a Intent,
}

pub(super) struct Facts {
    held: bool,
    users: Vec<(User, Option<Invitation>)>,
}

impl FindReset<'_> {
    fn email(&self) -> &str {
        match &self.intent.errand {
            Errand::FindReset { email } | Errand::Letter { email, .. } => email,
        }
    }
}

impl Task for FindReset<'_> {
    type Facts = Facts;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Facts> {
        let held = super::holds(core, self.intent).await?;
        let mut users = Vec::new();
        // Nobody's address is empty: that is what text that is no address became.
        if held && !self.email().is_empty() {
            let sharing = page(&tables::USERS, "by_email", vec![text(self.email())], SHARING)?;
            for row in core.store.page(&sharing).await? {
                let user = User::from_row(&row)?;
                let invitation = core.get(user.id.as_bytes()).await?;
                users.push((user, invitation));
            }
        }
        Ok(Facts { held, users })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<()> {
        if !facts.held {
            return draft.done(());
        }
        let intent = self.intent;
        let now = draft.now();
        let lifetime = intent.dead_at - now;
        let mut letters = facts.users.iter().filter_map(|(user, invitation)| {
            let stands = invitation.as_ref().filter(|invitation| invitation.stands(now));
            match (user.status, stands) {
                (Status::Active, _) if user.email_proven => Some((Template::Reset, user, "")),
                (Status::Invited, Some(invitation)) => {
                    Some((Template::Activation, user, invitation.inviter.as_str()))
                }
                _ => None,
            }
        });
        let record = |draft: &mut Draft, template, user: &User| {
            let kind = match template {
                Template::Activation => EventKind::ActivationResent,
                _ => EventKind::ResetSent,
            };
            draft.record(Note::of(kind, Actor::System, user, &intent.client));
        };
        let Some((template, user, inviter)) = letters.next() else {
            draft.change(finished(intent));
            return draft.done(());
        };
        // The first letter takes the errand's place, and with it the one that may be open for
        // this mailbox.
        draft.replace(Intent {
            errand: Errand::Letter {
                template,
                user: user.id,
                account: user.account,
                email: user.email.canonical().to_owned(),
                inviter: inviter.to_owned(),
                minted: None,
            },
            due_at: now,
            attempts: 0,
            ..intent.clone()
        });
        record(&mut draft, template, user);
        for (template, user, inviter) in letters {
            draft.send(template, user, &intent.client, inviter, lifetime);
            record(&mut draft, template, user);
        }
        draft.done(())
    }
}
