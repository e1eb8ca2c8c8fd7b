//! What a decision is made of: the changes it wants, and the answer it gives.

use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::budgets::Budgets;
use crate::{
    clock::{after, to_micros},
    entropy::{Entropy, EntropyError},
    error::Error,
    id::{AccountId, BatchId, EventId, IntentId},
    model::{
        Actor, Client, Credential, Errand, Event, EventKind, Intent, Session, Status, Template,
        User,
    },
    policy::{Policy, effects::Cause},
    store::{Batch, Change, Expect, Record, Table, Versioned},
};

/// How long the audit trail keeps what strangers did to nobody.
const STRANGERS_KEPT: Duration = Duration::days(30);

/// A batch in the making. It carries its own `now` and its own randomness, drawn beforehand, so
/// that deciding stays a pure function.
pub(crate) struct Draft {
    now: OffsetDateTime,
    seed: [u8; 32],
    drawn: u16,
    changes: Vec<Change>,
    records: Vec<Change>,
    held: Option<Credential>,
}

/// Yes, with the changes that make it so.
pub(crate) struct Decision<T> {
    pub(crate) batch: Batch,
    pub(crate) outcome: T,
}

/// No, with what must be recorded all the same.
pub(crate) struct Refusal {
    pub(crate) batch: Batch,
    pub(crate) error: Error,
}

/// What deciding comes to.
pub(crate) type Verdict<T> = Result<Decision<T>, Refusal>;

/// An entry of the audit trail, before it has an id and a time.
pub(crate) struct Note<'a> {
    pub(crate) kind: EventKind,
    pub(crate) actor: Actor,
    pub(crate) account: Option<AccountId>,
    pub(crate) subject: Option<&'a User>,
    pub(crate) client: &'a Client,
    pub(crate) reason: &'a str,
    pub(crate) typed: Option<[u8; 4]>,
}

impl<'a> Note<'a> {
    /// Something that was done to a user.
    pub(crate) fn of(kind: EventKind, actor: Actor, subject: &'a User, client: &'a Client) -> Self {
        let account = Some(subject.account);
        Self { kind, actor, account, subject: Some(subject), client, reason: "", typed: None }
    }

    pub(crate) fn because(self, reason: &'a str) -> Self {
        Self { reason, ..self }
    }
}

impl Draft {
    pub(crate) fn new(now: OffsetDateTime, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut seed = [0; 32];
        entropy.fill(&mut seed)?;
        Ok(Self { now, seed, drawn: 0, changes: Vec::new(), records: Vec::new(), held: None })
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// Ten bytes for an id: a count, so that what one draft makes stays in its order, and the
    /// seed's next.
    pub(crate) fn random(&mut self) -> [u8; 10] {
        self.drawn = self.drawn.wrapping_add(1);
        let count = self.drawn.to_be_bytes();
        let hash: [u8; 32] =
            Sha256::new().chain_update(self.seed).chain_update(count).finalize().into();
        let mut bytes: [u8; 10] = hash.first_chunk().copied().unwrap_or_default();
        bytes.iter_mut().zip(count).for_each(|(byte, count)| *byte = count);
        bytes
    }

    pub(crate) fn insert<R: Record>(&mut self, record: &R) {
        self.changes.push(record.insert());
    }

    pub(crate) fn replace<R: Versioned>(&mut self, record: R) {
        self.changes.push(record.replace());
    }

    pub(crate) fn delete<R: Record>(&mut self, record: &R) {
        self.changes.push(record.delete());
    }

    /// Ends a session of somebody with this credential. Nothing of that changes but its version:
    /// what they do to others with the session, and has not come about yet, will not
    /// ([`super::rank`]).
    pub(crate) fn end(&mut self, session: &Session, credential: Option<Credential>) {
        self.delete(session);
        if let Some(credential) = credential {
            self.replace(credential);
        }
    }

    pub(crate) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Lifts a moment of a row that counts activity.
    pub(crate) fn raise(
        &mut self,
        table: &'static Table,
        key: &[u8],
        column: &'static str,
        to: OffsetDateTime,
    ) {
        self.change(Change::Raise { table, key: key.to_vec(), column, to: to_micros(to) });
    }

    /// Writes an entry of the audit trail. A refusal keeps it.
    pub(crate) fn record(&mut self, note: Note<'_>) {
        let event = Event {
            id: EventId::from_random(self.now, &self.random()),
            at: self.now,
            kind: note.kind,
            account: note.account,
            actor: note.actor,
            subject: note.subject.map(|user| (user.id, user.username.as_str().to_owned())),
            client: note.client.clone(),
            reason: storable(note.reason),
            typed: note.typed,
            expires_at: note.account.is_none().then(|| after(self.now, STRANGERS_KEPT)),
        };
        self.records.push(event.insert());
    }

    /// Asks the outbox for an activation letter, of which one is open at a time.
    pub(crate) fn send_activation(&mut self, user: &User, by: Sender<'_>) {
        let errand = Errand::letter(Template::Activation, user, by.inviter);
        let once = Some(by.budgets.once_letter(user.id));
        self.ask(errand, once, by.client, by.lifetime);
    }

    /// Asks the outbox for a letter of which one is open at a time, in the place of one that was
    /// given up and not yet cleared away.
    pub(crate) fn ask_in_place_of(
        &mut self,
        waiting: Option<&Intent>,
        errand: Errand,
        once: Option<[u8; 32]>,
        client: &Client,
        lifetime: Duration,
    ) {
        let now = self.now;
        match waiting {
            Some(dead) => self.replace(Intent {
                errand,
                created_at: now,
                due_at: now,
                dead_at: after(now, lifetime),
                attempts: 0,
                client: client.clone(),
                ..dead.clone()
            }),
            None => self.ask(errand, once, client, lifetime),
        }
    }

    /// Asks the outbox to do something.
    pub(crate) fn ask(
        &mut self,
        errand: Errand,
        once: Option<[u8; 32]>,
        client: &Client,
        lifetime: Duration,
    ) {
        let intent = Intent {
            id: IntentId::from_random(self.now, &self.random()),
            errand,
            once,
            created_at: self.now,
            due_at: self.now,
            dead_at: after(self.now, lifetime),
            attempts: 0,
            client: client.clone(),
            version: 1,
        };
        self.insert(&intent);
    }

    /// Lets a cause have its effects: ends what the table says in the user's row, which the
    /// caller then writes, tells the user and records it.
    pub(crate) fn take_effect(&mut self, cause: Cause, user: &mut User, by: Deed<'_>) {
        // Who has not come yet is not told of what became of their profile.
        let tells = cause.effects().tells.filter(|_| user.status != Status::Invited);
        // An address nobody has proven may be a stranger's, who could be mailed anything by it.
        let tells = tells.filter(|_| user.email_proven || cause.concerns_the_mailbox());
        let (name, detail) = (by.name, by.detail);
        let letter = |user: &User| Some(notice(tells?, user, name, detail));
        self.take_effect_telling(cause, user, by, letter);
    }

    /// The same, where the letter the table names does not go to the address that is theirs now.
    pub(crate) fn take_effect_telling(
        &mut self,
        cause: Cause,
        user: &mut User,
        by: Deed<'_>,
        letter: impl FnOnce(&User) -> Option<Errand>,
    ) {
        let effects = cause.effects();
        effects.ends.apply(user);
        if let Some(errand) = letter(user) {
            self.ask(errand, None, by.client, by.letter_lifetime);
        }
        // What nobody does has no entry, and nobody to tell of it.
        let Some(event) = effects.event else { return };
        // The person has a letter of their own.
        let others = by.witnesses.iter().filter(|witness| witness.id != user.id);
        self.tell_of(Acted { event, by: &by }, user.username.as_str(), others);
        self.record(Note::of(event, by.actor, user, by.client).because(by.reason));
    }

    /// Tells the witnesses of what the operator did that is in no row of the table of effects.
    pub(crate) fn tell_witnesses(&mut self, event: EventKind, whom: &str, by: &Deed<'_>) {
        self.tell_of(Acted { event, by }, whom, by.witnesses.iter());
    }

    fn tell_of<'a>(
        &mut self,
        Acted { event, by }: Acted<'_>,
        whom: &str,
        witnesses: impl Iterator<Item = &'a User>,
    ) {
        let what = event.as_str().replace('_', " ");
        let what = format!("{what}: {whom} ({})", by.reason);
        // An address nobody has proven may be a stranger's.
        for witness in witnesses.filter(|witness| witness.email_proven) {
            let told = notice(Template::OperatorActed, witness, by.name, &what);
            self.ask(told, None, by.client, by.letter_lifetime);
        }
    }

    /// Lets what is decided hold only while this credential is in the version it was read in.
    /// Whatever ends a session of its person writes it.
    pub(crate) fn hold(&mut self, credential: Option<Credential>) {
        self.held = credential;
    }

    /// Yes.
    pub(crate) fn done<T>(mut self, outcome: T) -> Verdict<T> {
        if let Some(held) = self.held.take().filter(|_| !self.changes.is_empty()) {
            self.expect(held);
        }
        self.changes.append(&mut self.records);
        Ok(Decision { batch: self.into_batch(), outcome })
    }

    /// No: everything but the audit trail is dropped.
    pub(crate) fn refuse<T>(self, error: Error) -> Verdict<T> {
        self.refuse_and(error, |_| {})
    }

    /// No, and something ends because of it.
    pub(crate) fn refuse_and<T>(
        mut self,
        error: Error,
        consequence: impl FnOnce(&mut Self),
    ) -> Verdict<T> {
        self.changes.clear();
        consequence(&mut self);
        self.changes.append(&mut self.records);
        Err(Refusal { batch: self.into_batch(), error })
    }

    /// Writes the credential in the version it was read in, unless it is written anyway: then
    /// that write expects this version. A batch changes a row once.
    fn expect(&mut self, held: Credential) {
        let Credential { version: read, .. } = held;
        let written = self.changes.iter_mut().find(|change| {
            change.table().name == Credential::TABLE.name && change.key() == held.user.as_bytes()
        });
        match written {
            None => self.replace(held),
            Some(Change::Replace { version, .. }) => *version = read,
            Some(Change::Delete { expect, .. }) => *expect = Expect::Version(read),
            Some(Change::Insert { .. } | Change::Raise { .. }) => {}
        }
    }

    fn into_batch(mut self) -> Batch {
        let id = BatchId::from_random(self.now, &self.random());
        Batch::new(id, self.now, self.changes)
    }
}

/// What the operator did, and why.
struct Acted<'a> {
    event: EventKind,
    by: &'a Deed<'a>,
}

/// A letter that tells of something, and by whom.
fn notice(template: Template, user: &User, name: &str, what: &str) -> Errand {
    let mut errand = Errand::letter(template, user, name);
    if let Errand::Letter { detail, .. } = &mut errand {
        *detail = storable(what);
    }
    errand
}

/// A reason as it is kept and told: stores hold no NUL, and nobody reads a book of them.
fn storable(reason: &str) -> String {
    reason.chars().filter(|c| *c != '\0').take(500).collect()
}

/// Who sends an activation letter.
pub(crate) struct Sender<'a> {
    pub(crate) budgets: Budgets<'a>,
    pub(crate) client: &'a Client,
    /// As the letter names them; may be empty.
    pub(crate) inviter: &'a str,
    /// How long the letter is tried.
    pub(crate) lifetime: Duration,
}

/// By whom, from where and why something was done.
#[derive(Clone)]
pub(crate) struct Deed<'a> {
    pub(crate) actor: Actor,
    pub(crate) client: &'a Client,
    pub(crate) reason: &'a str,
    /// As letters name whoever did it; empty where it was the person or the operator.
    pub(crate) name: &'a str,
    /// What changed, where the letter says so.
    pub(crate) detail: &'a str,
    /// Who else is told: the administrators, where it was the operator.
    pub(crate) witnesses: &'a [User],
    /// How long letters about it are tried.
    pub(crate) letter_lifetime: Duration,
}

impl<'a> Deed<'a> {
    /// What a person does to their own log-in.
    pub(crate) fn own(user: &User, client: &'a Client, policy: &Policy) -> Self {
        let letter_lifetime = policy.lifetimes.letter;
        Self {
            actor: acting(user),
            client,
            reason: "",
            name: "",
            detail: "",
            witnesses: &[],
            letter_lifetime,
        }
    }

    /// What the operator does, and which administrators are told of it.
    pub(crate) fn operators(
        reason: &'a str,
        client: &'a Client,
        witnesses: &'a [User],
        policy: &Policy,
    ) -> Self {
        let letter_lifetime = policy.lifetimes.letter;
        let actor = Actor::Operator;
        Self { actor, client, reason, name: "", detail: "", witnesses, letter_lifetime }
    }
}

/// A user as the one who acts.
pub(crate) fn acting(user: &User) -> Actor {
    Actor::User(user.id, user.username.as_str().to_owned())
}
