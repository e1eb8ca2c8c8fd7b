//! What answers look like. Never a hash, a digest or a token of somebody else's.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    auth::{self, Identity, Invited},
    id::{AccountId, EventId, SessionId, UserId},
    model, policy,
    web::moment::Moment,
};

#[derive(Serialize)]
pub(super) struct User<'a> {
    id: UserId,
    username: &'a str,
    email: &'a str,
    email_proven: bool,
    name: &'a str,
    role: &'a str,
    status: &'static str,
    created_at: Moment,
    last_login_at: Option<Moment>,
    version: i64,
}

impl<'a> User<'a> {
    pub(super) fn of(user: &'a model::User, last_login_at: Option<OffsetDateTime>) -> Self {
        Self {
            id: user.id,
            username: user.username.as_str(),
            email: user.email.as_str(),
            email_proven: user.email_proven,
            name: user.name.as_str(),
            role: user.role.as_str(),
            status: user.status.as_str(),
            created_at: Moment(user.created_at),
            last_login_at: last_login_at.map(Moment),
            version: user.version,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    id: AccountId,
    name: &'a str,
    plan: &'a str,
    plan_until: Option<Moment>,
    seats: Option<u32>,
    seats_taken: u32,
}

impl<'a> Account<'a> {
    /// With the seats it has, whether by its plan or agreed for it alone.
    pub(super) fn of(account: &'a model::Account, plans: &policy::Plans) -> Self {
        Self {
            id: account.id,
            name: &account.name,
            plan: account.plan.as_str(),
            plan_until: account.plan_until.map(Moment),
            seats: plans.seats_of(account),
            seats_taken: account.seats_taken,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Client<'a> {
    address: Option<String>,
    agent: &'a str,
}

impl<'a> From<&'a model::Client> for Client<'a> {
    fn from(client: &'a model::Client) -> Self {
        let address = client.address.map(|address| address.to_string());
        Self { address, agent: client.agent() }
    }
}

#[derive(Serialize)]
pub(super) struct Session<'a> {
    id: SessionId,
    current: bool,
    created_at: Moment,
    last_seen_at: Moment,
    expires_at: Moment,
    remembered: bool,
    client: Client<'a>,
}

impl<'a> Session<'a> {
    /// A session, as whoever holds the session `current` sees it.
    pub(super) fn of(session: &'a model::Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            current: session.id == current,
            created_at: Moment(session.created_at),
            last_seen_at: Moment(session.last_seen_at),
            expires_at: Moment(session.expires_at),
            remembered: session.remembered,
            client: Client::from(&session.client),
        }
    }

    pub(super) fn present(me: &'a Identity) -> Self {
        Self::of(me.session(), me.session().id)
    }
}

/// A log-in, as the audit trail kept it.
#[derive(Serialize)]
pub(super) struct PastLogIn<'a> {
    at: Moment,
    client: Client<'a>,
}

impl<'a> From<&'a model::Event> for PastLogIn<'a> {
    fn from(event: &'a model::Event) -> Self {
        Self { at: Moment(event.at), client: Client::from(&event.client) }
    }
}

#[derive(Serialize)]
pub(super) struct Invitation<'a> {
    user: User<'a>,
    inviter: &'a str,
    created_at: Moment,
    expires_at: Moment,
}

impl<'a> From<&'a Invited> for Invitation<'a> {
    fn from(Invited { user, invitation }: &'a Invited) -> Self {
        Self {
            // Nobody who is still invited has ever logged in.
            user: User::of(user, None),
            inviter: &invitation.inviter,
            created_at: Moment(invitation.created_at),
            expires_at: Moment(invitation.expires_at),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Requirements<'a> {
    min_length: usize,
    max_bytes: usize,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    rule: &'static str,
    message: &'a str,
}

impl<'a> From<&'a policy::Requirements> for Requirements<'a> {
    fn from(requirements: &'a policy::Requirements) -> Self {
        let rules = requirements.rules.iter();
        let rules = rules.map(|rule| Rule { rule: rule.rule, message: &rule.message }).collect();
        let policy::Requirements { min_length, max_bytes, .. } = *requirements;
        Self { min_length, max_bytes, rules }
    }
}

/// An entry of the audit trail.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    id: EventId,
    at: Moment,
    event: &'static str,
    actor: Actor<'a>,
    subject: Option<Person<'a>>,
    client: Client<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Actor<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Person<'a>>,
}

/// Somebody, under the name they had then.
#[derive(Serialize)]
struct Person<'a> {
    id: UserId,
    username: &'a str,
}

impl<'a> From<&'a model::Event> for Event<'a> {
    fn from(event: &'a model::Event) -> Self {
        let (kind, user) = match &event.actor {
            model::Actor::User(id, username) => ("user", Some(Person { id: *id, username })),
            model::Actor::Operator => ("operator", None),
            model::Actor::Stranger => ("stranger", None),
            model::Actor::System => ("system", None),
        };
        let subject = event.subject.as_ref();
        Self {
            id: event.id,
            at: Moment(event.at),
            event: event.kind.as_str(),
            actor: Actor { kind, user },
            subject: subject.map(|(id, username)| Person { id: *id, username }),
            client: Client::from(&event.client),
            reason: &event.reason,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Reason<'a> {
    code: &'static str,
    message: &'a str,
    since: Option<Moment>,
    until: Option<Moment>,
}

impl<'a> From<&'a auth::Reason> for Reason<'a> {
    fn from(reason: &'a auth::Reason) -> Self {
        Self {
            code: reason.code,
            message: &reason.message,
            since: reason.since.map(Moment),
            until: reason.until.map(Moment),
        }
    }
}
