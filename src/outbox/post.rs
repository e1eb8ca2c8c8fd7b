//! One letter: its link minted, its text rendered, handed over.

use std::time::Duration;

use super::{PutOff, deadline::within, finish, give_up, holds};
use crate::{
    auth::{
        core::{Core, Task, page},
        draft::{Draft, Note, Verdict},
    },
    clock::after,
    error::Result,
    id::{EmailChangeId, UserId},
    mail::MailError,
    model::{
        Account, Actor, EmailAddress, EmailChange, Errand, EventKind, Intent, Invitation, Link,
        Status, Template, User,
    },
    outbox::letters::Facts as LetterFacts,
    policy::Policy,
    secret::{Purpose, Token},
    store::{Record as _, Value, tables},
};

/// The longest a letter may take to be handed over. A mail server that answers at all does so in
/// seconds, and the lease must be longer.
pub(crate) const SEND: Duration = Duration::from_secs(60);

/// How many reset links of one person stand together; the oldest makes room.
const STANDING: usize = 3;

/// Writes a letter and hands it over.
pub(super) async fn post(core: &Core, mut intent: Intent) -> Result<()> {
    let Errand::Letter {
        template, user, ref email, ref inviter, ref detail, stamp, change, ..
    } = intent.errand
    else {
        return Ok(());
    };
    let token = Token::draw(core.entropy.as_ref())?;
    let mint = Mint {
        intent: &intent,
        template,
        user,
        email,
        stamp,
        change,
        token: &token,
        policy: &core.policy,
    };
    let Some(minted) = core.run(&mint).await? else {
        // Somebody else's by now, or nothing to send any more: Mint has seen to it.
        return Ok(());
    };
    let user = match template {
        Template::Removed => minted.user.once_called(detail),
        _ => minted.user,
    };
    let letter = core.letters.write(&LetterFacts {
        id: intent.id,
        template,
        site: &core.site,
        user: &user,
        account: &minted.account,
        to: minted.to,
        link: core.site.link(template, &token),
        expires_at: minted.expires_at,
        at: intent.created_at,
        client: &intent.client,
        inviter,
        detail,
    });
    let letter = match letter {
        Ok(letter) => letter,
        Err(error) => {
            // A host's template: it was checked when it was built, but not with every name.
            tracing::error!(%error, template = template.as_str(), "a letter cannot be written");
            return give_up(core, minted.intent, "template").await;
        }
    };
    intent = minted.intent;
    let sent = match within(core.patience, core.mailer.send(&letter)).await {
        Ok(Some(sent)) => sent,
        Ok(None) => Err(MailError::temporary("the mailer took too long")),
        Err(no_thread) => Err(MailError::temporary(no_thread)),
    };
    match sent {
        Ok(()) => finish(core, &intent).await,
        Err(MailError::Permanent(_)) => give_up(core, intent, "refused").await,
        Err(error) => {
            tracing::warn!(errand = %intent.id, attempts = intent.attempts, %error, "a letter waits");
            core.run(&PutOff { leased: &intent }).await
        }
    }
}

/// A letter that may go, as of this moment.
struct Minted {
    /// The errand as this worker now holds it.
    intent: Intent,
    user: User,
    account: Account,
    to: EmailAddress,
    expires_at: Option<time::OffsetDateTime>,
}

struct Mint<'a> {
    intent: &'a Intent,
    template: Template,
    user: UserId,
    email: &'a str,
    stamp: i64,
    change: Option<EmailChangeId>,
    token: &'a Token,
    policy: &'a Policy,
}

struct Facts {
    held: bool,
    user: Option<User>,
    account: Option<Account>,
    invitation: Option<Invitation>,
    /// The change a letter tells of, while it can be taken back.
    change: Option<EmailChange>,
    /// The link of an earlier try, while it stands.
    earlier: Option<Link>,
    /// The person's reset links, oldest first.
    standing: Vec<Link>,
}

impl Task for Mint<'_> {
    type Facts = Facts;
    type Outcome = Option<Minted>;

    async fn load(&self, core: &Core) -> Result<Facts> {
        let user: Option<User> = core.get(self.user.as_bytes()).await?;
        let account = match &user {
            Some(user) => core.get(user.account.as_bytes()).await?,
            None => None,
        };
        let earlier = match self.intent.errand {
            Errand::Letter { minted: Some(digest), .. } => core.get(digest.as_bytes()).await?,
            _ => None,
        };
        let change = match self.change {
            Some(change) => core.get(change.as_bytes()).await?,
            None => None,
        };
        Ok(Facts {
            change,
            held: holds(core, self.intent).await?,
            invitation: core.get(self.user.as_bytes()).await?,
            user,
            account,
            earlier,
            standing: links_of(core, self.user, Purpose::Reset).await?,
        })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<Option<Minted>> {
        let now = draft.now();
        if !facts.held {
            return draft.done(None);
        }
        let Some((user, account, link)) = self.link(&facts, now) else {
            // The person or the address is not what it was: there is nobody to write to.
            draft.change(super::finished(self.intent));
            if let Some(user) = &facts.user {
                let client = &self.intent.client;
                let note = Note::of(EventKind::LetterGivenUp, Actor::System, user, client);
                draft.record(note.because("no_longer_theirs"));
            }
            return draft.done(None);
        };
        let to = EmailAddress::parse(self.email).unwrap_or_else(|_| user.email.clone());
        let to = if to.canonical() == user.email.canonical() { user.email.clone() } else { to };
        let mut intent = self.intent.clone();
        let expires_at = link.as_ref().map(|link| link.expires_at);
        if let Some(link) = link {
            draft.insert(&link);
            if let Some(earlier) = &facts.earlier {
                draft.delete(earlier);
            }
            let earlier = facts.earlier.as_ref().map(|earlier| earlier.digest);
            let mut others: Vec<_> =
                facts.standing.iter().filter(|other| Some(other.digest) != earlier).collect();
            others.sort_by_key(|other| std::cmp::Reverse(other.created_at));
            if link.purpose == Purpose::Reset {
                others.iter().skip(STANDING - 1).for_each(|oldest| draft.delete(*oldest));
            }
            if let Errand::Letter { minted, .. } = &mut intent.errand {
                *minted = Some(link.digest);
            }
            draft.replace(intent.clone());
            intent.version = intent.version.saturating_add(1);
        }
        let (user, account) = (user.clone(), account.clone());
        draft.done(Some(Minted { intent, user, account, to, expires_at }))
    }
}

impl Mint<'_> {
    /// Whom the letter is for and the link it carries, as of now: status, address and invitation
    /// are checked once more, since the letter may have waited.
    fn link<'f>(
        &self,
        facts: &'f Facts,
        now: time::OffsetDateTime,
    ) -> Option<(&'f User, &'f Account, Option<Link>)> {
        let (user, account) = (facts.user.as_ref()?, facts.account.as_ref()?);
        let same_address = user.email.canonical() == self.email;
        // Whatever ended links since the letter was asked for ended this one too.
        let stands = user.stamps.links == self.stamp;
        let active = user.status == Status::Active;
        let lifetimes = &self.policy.lifetimes;
        let purpose_and_end = match self.template {
            Template::Reset | Template::Secured => {
                let theirs = active && user.email_proven && same_address && stands;
                theirs.then_some((Purpose::Reset, after(now, lifetimes.reset_link)))
            }
            Template::Activation => {
                let invitation = facts.invitation.as_ref().filter(|it| it.stands(now));
                let theirs = user.status == Status::Invited && same_address && stands;
                invitation.filter(|_| theirs).map(|invitation| {
                    let end = after(now, lifetimes.activation_link).min(invitation.expires_at);
                    (Purpose::Activation, end)
                })
            }
            // To an address nobody has proven yet: an administrator vouches for it, and using the
            // link proves it.
            Template::Recovered => {
                let theirs = active && same_address && stands;
                theirs.then_some((Purpose::Reset, after(now, lifetimes.reset_link)))
            }
            Template::Objection => {
                let end = after(self.intent.created_at, lifetimes.undo);
                let link = Link {
                    email: self.email.to_owned(),
                    ..new_link(self.token, Purpose::Objection, user, account, now, end)
                };
                let there = user.status != Status::Removed && now < end;
                return there.then_some((user, account, Some(link)));
            }
            // Who is gone is told so, and of nothing else.
            Template::Removed => return Some((user, account, None)),
            Template::EmailConfirm => {
                let waits = active && user.stamps.changes == self.stamp;
                let end = after(self.intent.created_at, lifetimes.email_change);
                let link = Link {
                    email: self.email.to_owned(),
                    user_stamp: self.stamp,
                    ..new_link(self.token, Purpose::EmailConfirm, user, account, now, end)
                };
                return (waits && now < end).then_some((user, account, Some(link)));
            }
            Template::EmailChanged => {
                let change = facts.change.as_ref().filter(|change| now < change.expires_at)?;
                let link = Link {
                    email: self.email.to_owned(),
                    change: Some(change.id),
                    ..new_link(self.token, Purpose::Undo, user, account, now, change.expires_at)
                };
                let there = user.status != Status::Removed;
                return there.then_some((user, account, Some(link)));
            }
            // A notice goes to the address that was theirs when it happened, whatever it is now.
            _ => return (user.status != Status::Removed).then_some((user, account, None)),
        };
        let (purpose, expires_at) = purpose_and_end?;
        let link = new_link(self.token, purpose, user, account, now, expires_at);
        Some((user, account, Some(link)))
    }
}

/// A link, made now.
pub(super) fn new_link(
    token: &Token,
    purpose: Purpose,
    user: &User,
    account: &Account,
    created_at: time::OffsetDateTime,
    expires_at: time::OffsetDateTime,
) -> Link {
    Link {
        digest: token.digest(purpose),
        purpose,
        user: user.id,
        account: account.id,
        email: user.email.canonical().to_owned(),
        change: None,
        wish: None,
        user_stamp: user.stamps.links,
        account_stamp: account.stamp,
        created_at,
        expires_at,
    }
}

/// A person's links of one purpose, oldest first.
async fn links_of(core: &Core, user: UserId, purpose: Purpose) -> Result<Vec<Link>> {
    let purpose = Value::Text(purpose.as_str().to_owned());
    let equal = vec![Value::Bytes(user.as_bytes().to_vec()), purpose];
    let rows = core.store.page(&page(&tables::LINKS, "of_user", equal, 50)?).await?;
    Ok(rows.iter().map(Link::from_row).collect::<Result<_, _>>()?)
}
