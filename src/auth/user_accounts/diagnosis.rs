//! Why somebody cannot log in.

use time::OffsetDateTime;

use super::UserAccounts;
use crate::{
    auth::core::{Core, page},
    error::Result,
    id::UserId,
    model::{Account, Actor, Credential, Event, EventKind, Invitation, Link, Role, Status, User},
    policy::{Permission, Roles},
    secret::Purpose,
    store::{BudgetState, Charge, Record as _, Value, tables},
};

/// Everything that keeps somebody from logging in, or did lately, from the record alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The person.
    pub user: User,
    /// What there is to know, what matters most first. Nothing here means that nothing keeps them
    /// from logging in.
    pub reasons: Vec<Reason>,
}

/// One thing about somebody's log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// Its stable name.
    pub code: &'static str,
    /// What it means and what to do about it.
    pub message: String,
    /// Since when.
    pub since: Option<OffsetDateTime>,
    /// Until when, where it ends by itself.
    pub until: Option<OffsetDateTime>,
}

/// How many refused log-ins are looked at.
const REFUSALS: u32 = 100;

impl UserAccounts<'_> {
    /// Why somebody cannot log in: one answer from the record.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::error::Error::Forbidden) without
    /// [`Permission::USERS_MANAGE`]; [`Error::NotFound`](crate::error::Error::NotFound) for users
    /// of other companies; [`Error::Unavailable`](crate::error::Error::Unavailable) when the
    /// store does not answer.
    pub async fn diagnosis(&self, user: UserId) -> Result<Diagnosis> {
        let core = self.seeing(&[Permission::USERS_MANAGE]).await?;
        let user = self.colleague(core, user).await?;
        let reasons = Record::read(core, &user).await?.reasons(core, &user);
        Ok(Diagnosis { user, reasons })
    }
}

/// Who helps where the plan has ended: the preset lets no role change it.
fn renewal(roles: &Roles, role: &Role, contact: &str) -> String {
    let means = if roles.is_administrator(role) {
        "administrators can log in all the same, and what the plan included is closed to them"
    } else {
        "of its users, only administrators can log in"
    };
    let mut words = format!(
        "The plan of the company has ended: {means}. The people who run the site can renew it"
    );
    if !contact.is_empty() {
        words.push_str(&format!(" ({contact})"));
    }
    // Anybody else who holds the permission cannot log in to use it.
    let able = roles
        .all()
        .filter(|role| roles.is_administrator(role) && roles.allows(role, Permission::PLAN_CHANGE));
    let able: Vec<String> = able.map(|role| role.as_str().replace('_', " ")).collect();
    if !able.is_empty() {
        words.push_str(&format!(", and so can a colleague of this role: {}", able.join(", ")));
    }
    words + "."
}

/// What the record says of one person.
struct Record {
    account: Option<Account>,
    credential: Option<Credential>,
    invitation: Option<Invitation>,
    last_login_at: Option<OffsetDateTime>,
    /// Log-ins that were refused, newest first.
    refused: Vec<Event>,
    disabled: Option<Event>,
    given_up: Option<Event>,
    recovered: Option<Event>,
    objected: Option<Event>,
    /// The links that may stand.
    links: Vec<Link>,
    /// Until when they wait after wrong passwords.
    waits_until: Option<OffsetDateTime>,
    /// Failures in a row for the present password.
    failures: u32,
    /// Until when Forgot Password mails them nothing more, and since when.
    mailbox_rests: Option<(OffsetDateTime, Option<OffsetDateTime>)>,
    /// The same of log-ins from a network they tried from, or logged in from, last.
    network_rests: Option<(OffsetDateTime, Option<OffsetDateTime>)>,
}

impl Record {
    async fn read(core: &Core, user: &User) -> Result<Self> {
        let key = user.id.as_bytes();
        let credential: Option<Credential> = core.get(key).await?;
        let budgets = core.budgets().await?;
        let mut waits_until = None;
        // What failed under an address nobody has proven may be another company's.
        for name in user.own_log_in_names() {
            waits_until = waits_until.max(counted(core, budgets.log_in_name(name)).await?.until);
        }
        let mut mailbox_rests = None;
        // Nor does it tell what the mailbox of somebody else was asked for.
        for charge in
            budgets.mailbox(user.email.canonical()).into_iter().filter(|_| user.email_proven)
        {
            let Counted { since, until, .. } = counted(core, charge).await?;
            mailbox_rests = mailbox_rests.max(until.map(|until| (until, since)));
        }
        let refused = newest(core, user, EventKind::LogInRefused, REFUSALS).await?;
        let logged_in = newest(core, user, EventKind::LoggedIn, 1).await?;
        let mut network_rests = None;
        // Where a network's tries are used up, further ones leave no entry of anybody's.
        for event in refused.first().into_iter().chain(&logged_in) {
            let charge = budgets.log_in_network(&event.client);
            let Counted { since, until, .. } = counted(core, charge).await?;
            network_rests = network_rests.max(until.map(|until| (until, since)));
        }
        let changed_at =
            credential.as_ref().map_or(0, |held| crate::clock::to_micros(held.changed_at));
        let failures = counted(core, budgets.password(user.id, changed_at)).await?.count;
        let mut links = Vec::new();
        for purpose in [Purpose::Reset, Purpose::Activation] {
            let purpose = Value::Text(purpose.as_str().to_owned());
            let equal = vec![Value::Bytes(key.to_vec()), purpose];
            let newest = page(&tables::LINKS, "of_user", equal, 20)?.descending();
            for row in core.store.page(&newest).await? {
                links.push(Link::from_row(&row)?);
            }
        }
        Ok(Self {
            account: core.get(user.account.as_bytes()).await?,
            credential,
            invitation: core.get(key).await?,
            last_login_at: core.last_login(user.id).await?,
            refused,
            disabled: newest(core, user, EventKind::Disabled, 1).await?.pop(),
            given_up: newest(core, user, EventKind::LetterGivenUp, 1).await?.pop(),
            recovered: newest(core, user, EventKind::Recovered, 1).await?.pop(),
            objected: newest(core, user, EventKind::Objected, 1).await?.pop(),
            links,
            waits_until,
            failures,
            mailbox_rests,
            network_rests,
        })
    }

    fn reasons(&self, core: &Core, user: &User) -> Vec<Reason> {
        let now = core.now();
        let mut told = Told(Vec::new());
        self.status(user, now, &mut told);
        if user.status == Status::Active {
            self.password(core, user, now, &mut told);
        }
        if let Some(account) = self.account.as_ref().filter(|account| account.plan_ended(now)) {
            let roles = &core.policy.roles;
            let words = renewal(roles, &user.role, core.site.support_contact());
            told.add("plan_ended", &words, account.plan_until, None);
        }
        let objection = self.objected.as_ref().filter(|event| {
            // Another recovery since is an administrator's answer to it.
            self.recovered.as_ref().is_none_or(|recovered| recovered.at <= event.at)
        });
        if let Some(event) = objection {
            let words = "Somebody at their former address objected to the new one. Find out, by \
                         telephone perhaps, which is theirs before you help them in.";
            told.add("objected", words, Some(event.at), None);
        }
        self.mail(user, now, &mut told);
        told.0
    }

    fn status(&self, user: &User, now: OffsetDateTime, told: &mut Told) {
        match user.status {
            Status::Invited => match self.invitation.as_ref().filter(|it| it.stands(now)) {
                Some(invitation) => told.add(
                    "never_activated",
                    "They have not opened their activation link yet. Send it again if they do not \
                     find it.",
                    Some(invitation.created_at),
                    Some(invitation.expires_at),
                ),
                None => told.add(
                    "invitation_ended",
                    "Their invitation has ended. Send the activation again to renew it.",
                    self.invitation.as_ref().map(|invitation| invitation.expires_at),
                    None,
                ),
            },
            Status::Disabled => {
                let event = self.disabled.as_ref();
                let by = event.map_or("", |event| match &event.actor {
                    Actor::User(_, name) => name.as_str(),
                    _ => "the people who run the site",
                });
                let why = event.map_or("", |event| event.reason.as_str());
                let words = format!("Disabled by {by}: {why}. An administrator can enable them.");
                told.add("disabled", &words, event.map(|event| event.at), None);
            }
            Status::Removed => {
                told.add("removed", "They were removed. Invite them anew.", None, None);
            }
            Status::Active => {}
        }
    }

    fn password(&self, core: &Core, user: &User, now: OffsetDateTime, told: &mut Told) {
        let (Some(account), Some(held)) = (&self.account, &self.credential) else { return };
        let changed_at = Some(held.changed_at);
        if held.usable(account).is_none() {
            let words = if user.email_proven {
                "Their log-in was secured, and the password they had is void. They choose a new \
                 one by Forgot Password or by the link that was mailed."
            } else {
                "Their log-in was secured, and the password they had is void. No link was mailed, \
                 because their address is not proven: help them with another, or with this one \
                 again."
            };
            told.add("secured", words, account.secured_at.max(changed_at), None);
        }
        if self.failures >= core.policy.limits.failures_in_a_row {
            let words = "Too many wrong passwords in a row stopped this password. They choose a \
                         new one by Forgot Password, or you set a temporary one.";
            told.add("stopped", words, None, None);
        }
        if let Some(until) = self.waits_until {
            let words = "Wrong passwords: the next try is looked at later. Sending a password \
                         reset ends the wait.";
            told.add("throttled", words, None, Some(until));
        }
        match held.temporary_until {
            Some(until) if until <= now => {
                let words = "The temporary password was not used in time. Set another.";
                told.add("temporary_expired", words, Some(until), None);
            }
            Some(until) => {
                let words = "A temporary password is set. The next log-in asks for a new one.";
                told.add("must_change", words, changed_at, Some(until));
            }
            None => {}
        }
        if let Some((until, since)) = self.network_rests {
            let words = "Too many log-ins failed from the network they use, whoever tried, and \
                         nobody is let in from there for now. They wait until then, or log in from \
                         another network.";
            told.add("network_rests", words, since, Some(until));
        }
        let since = self.last_login_at.max(changed_at);
        let wrong: Vec<&Event> = self
            .refused
            .iter()
            .filter(|event| event.reason == "wrong_password" && Some(event.at) >= since)
            .collect();
        if let Some(first) = wrong.last() {
            let words = match wrong.len() {
                1 => "A wrong password once since the last log-in.".to_owned(),
                many => format!("A wrong password {many} times since the last log-in."),
            };
            told.add("wrong_password", &words, Some(first.at), None);
        }
        if !user.email_proven {
            let words = "Their address is not proven, so Forgot Password mails nothing, and they \
                         are told of no change. Help them as somebody who cannot reach the \
                         mailbox: with an address that is theirs, or with this one again.";
            told.add("email_unproven", words, None, None);
        }
    }

    fn mail(&self, user: &User, now: OffsetDateTime, told: &mut Told) {
        let stamp = self.account.as_ref().map_or(0, |account| account.stamp);
        let stands = |link: &&Link| {
            link.user_stamp == user.stamps.links
                && link.account_stamp == stamp
                && now < link.expires_at
        };
        if let Some(link) = self.links.iter().filter(stands).max_by_key(|link| link.created_at) {
            let words = "A link was mailed and not used yet. Ask them to look for it, also among \
                         unwanted mail.";
            told.add("link_outstanding", words, Some(link.created_at), Some(link.expires_at));
        }
        let active = user.status == Status::Active;
        if let Some((until, since)) = self.mailbox_rests.filter(|_| active) {
            let words = "Forgot Password mails them nothing for now: as many letters were asked \
                         for as one mailbox gets in that time. Ask them to look for the last one, \
                         also among unwanted mail, or send a password reset.";
            told.add("mailbox_rests", words, since, Some(until));
        }
        let since = self.last_login_at.max(self.credential.as_ref().map(|held| held.changed_at));
        if let Some(event) = self.given_up.as_ref().filter(|event| Some(event.at) >= since) {
            let words = "A letter to them could not be delivered. Check the address.";
            told.add("letter_given_up", words, Some(event.at), None);
        }
    }
}

struct Told(Vec<Reason>);

impl Told {
    fn add(
        &mut self,
        code: &'static str,
        message: &str,
        since: Option<OffsetDateTime>,
        until: Option<OffsetDateTime>,
    ) {
        self.0.push(Reason { code, message: message.to_owned(), since, until });
    }
}

/// What a budget counts, and since when and until when it gives nothing.
struct Counted {
    count: u32,
    since: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
}

/// Reads a budget, and does not charge it.
async fn counted(core: &Core, charge: Charge) -> Result<Counted> {
    let now = core.now();
    let row = core.store.get(&tables::BUDGETS, &charge.key).await?;
    let state = row.as_ref().map(BudgetState::from_row).transpose()?;
    let standing = state.filter(|state| now < state.expires_at);
    let mut states = [standing];
    let verdict = Charge::settle(&[charge], &mut states, now).pop();
    let until = verdict.and_then(|verdict| verdict.retry_at);
    let since = standing.filter(|_| until.is_some()).map(|state| state.at);
    Ok(Counted { count: standing.map_or(0, |state| state.count), since, until })
}

/// The newest entries of one kind about somebody.
async fn newest(core: &Core, user: &User, kind: EventKind, limit: u32) -> Result<Vec<Event>> {
    let kind = Value::Text(kind.as_str().to_owned());
    let equal = vec![Value::Bytes(user.id.as_bytes().to_vec()), kind];
    let newest = page(&tables::EVENTS, "of_subject_kind", equal, limit)?.descending();
    let rows = core.store.page(&newest).await?;
    Ok(rows.iter().map(Event::from_row).collect::<Result<_, _>>()?)
}
