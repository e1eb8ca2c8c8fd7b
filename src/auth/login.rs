//! Logging in.

use time::OffsetDateTime;

use super::{
    Auth, Identity, SessionToken,
    budgets::{cleared, given_back},
    core::{Core, TRIES, text},
    devices::Room,
    draft::{Draft, Note, Verdict, acting},
    session,
};
use crate::{
    clock::{after, to_micros},
    error::{Error, Result},
    hash::Verified,
    id::{AccountId, UserId},
    model::{
        Account, Actor, Client, Credential, EventKind, Link, LoginName, Session, Status, Transport,
        User, Wish,
    },
    policy::Policy,
    secret::{Password, Purpose, Token},
    store::tables,
};

/// What somebody logs in with.
///
/// ```
/// use portcullis::{auth::Credentials, secret::Password};
/// let password = Password::new("correct horse battery staple")?;
/// let credentials = Credentials::new("ada", password).remember(true);
/// # Ok::<(), portcullis::secret::PasswordTooLong>(())
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    login: LoginName,
    password: Password,
    wish: Wish,
}

impl Credentials {
    /// A username or a proven e-mail address, and the password.
    #[must_use]
    pub fn new(login: &str, password: Password) -> Self {
        let wish = Wish { transport: Transport::Cookie, remember: false };
        Self { login: LoginName::new(login), password, wish }
    }

    /// Whether this device is to be remembered: a longer session.
    #[must_use]
    pub fn remember(mut self, remember: bool) -> Self {
        self.wish.remember = remember;
        self
    }

    /// How the session's token is to travel; in a cookie unless said otherwise.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.wish.transport = transport;
        self
    }
}

/// What a right password leads to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LogIn {
    /// A session.
    SignedIn(SignedIn),
    /// The password is a temporary one: a new one must be chosen before anything else, with
    /// [`Auth::replace_password`].
    PasswordChangeRequired(Ticket),
}

impl LogIn {
    /// The session.
    ///
    /// # Errors
    /// [`Error::Rejected`] where something else comes first; for hosts that cannot do that.
    pub fn signed_in(self) -> Result<SignedIn> {
        match self {
            Self::SignedIn(signed_in) => Ok(signed_in),
            Self::PasswordChangeRequired(_) => Err(Error::Rejected),
        }
    }
}

/// A new session, and whose.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedIn {
    /// What the client shows from now on.
    pub token: SessionToken,
    /// Who it is.
    pub identity: Identity,
}

/// What a log-in hands out when a new password must be chosen first. It opens nothing else, once,
/// for ten minutes.
#[derive(Debug, Clone)]
pub struct Ticket(pub(super) Token);

impl Ticket {
    /// The ticket as a form carries it. Do not log it, do not store it.
    #[must_use]
    pub fn reveal(&self) -> zeroize::Zeroizing<String> {
        self.0.reveal()
    }
}

impl Auth {
    /// Logs somebody in.
    ///
    /// It does the same work for everybody: the reads, the limits, one hash, one commit. Why it
    /// was refused stands in the audit trail only.
    ///
    /// # Errors
    /// [`Error::Rejected`] for an unknown name, a wrong password, and users who are invited,
    /// disabled, removed or stopped by too many failures; [`Error::Throttled`] before any hash,
    /// when the name or the network has used up its tries; [`Error::AccountEnded`] after a right
    /// password where the company's plan has ended; [`Error::Busy`] before anything else, when the
    /// machine hashes all it can, and where sessions are limited and other log-ins of the same
    /// person were first five times; [`Error::Unavailable`] when the store does not answer.
    pub async fn login(&self, credentials: Credentials, client: &Client) -> Result<LogIn> {
        let core = &self.core;
        let name = &credentials.login;
        let place = core.place()?;
        let facts = Facts::load(core, name).await?;
        let budgets = core.budgets().await?;
        let typed = budgets.typed(name.canonical());
        let in_a_row = match &facts.who {
            Some(who) if who.credential.is_some() => budgets.password(who.user.id, who.password()),
            _ => budgets.no_password(name.canonical()),
        };
        let charges = [
            budgets.log_in_name(name.canonical()),
            budgets.log_in_network(client),
            in_a_row,
            budgets.log_in_rate(name.canonical()),
        ];
        let [_, _, failures, _] = core.charge(&charges).await?;
        let stopped = failures.count > core.policy.limits.failures_in_a_row;

        let verified = core.verify(place, &credentials.password, facts.hash()).await;
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => {
                // Nobody failed: every unit goes back.
                core.charge(&charges.map(given_back)).await?;
                return Err(error);
            }
        };
        let mut attempt = Attempt {
            verified,
            stopped,
            wish: credentials.wish,
            client,
            typed,
            token: Token::draw(core.entropy.as_ref())?,
        };
        let mut facts = facts;
        let mut lost = 0;
        let (right, answer) = loop {
            let draft = core.draft()?;
            let door = facts.door(&core.policy, &attempt, draft.now());
            // Only where a session opens: reads that depend on the password alone would tell
            // whoever guesses for somebody who is locked out that a guess was right.
            let room = match &door {
                Door::Session(who, _) => core.room_for(&who.user, &who.account).await?,
                _ => None,
            };
            let verdict = decide(&core.policy, door, room.as_ref(), &attempt, draft);
            let right = matches!(
                &verdict,
                Ok(_) | Err(super::draft::Refusal { error: Error::AccountEnded, .. })
            );
            if let Some(answer) = core.settle(verdict).await? {
                break (right, answer);
            }
            // Only where sessions are limited: another log-in of this person was first.
            lost += 1;
            if lost == TRIES {
                break (right, Err(Error::Busy));
            }
            let now = Facts::load(core, name).await?;
            // Another password since: what was typed is not the current one any more.
            attempt.verified.matches &= now.hash() == facts.hash();
            facts = now;
        };
        if right {
            let [name, network, in_a_row, _] = charges;
            core.charge(&[given_back(name), given_back(network), cleared(in_a_row)]).await?;
            self.renew_hash(&facts, &credentials.password, attempt.verified).await;
        }
        let (Some(session), Some(who)) = (answer?, facts.who) else {
            return Ok(LogIn::PasswordChangeRequired(Ticket(attempt.token)));
        };
        let token = SessionToken { token: attempt.token, transport: attempt.wish.transport };
        let identity = Identity::new(core, who.user, who.account, session);
        Ok(LogIn::SignedIn(SignedIn { token, identity }))
    }

    /// Hashes a right password anew where the stored hash is weaker than today's. Failing to
    /// changes nothing for the person, who is logged in already.
    async fn renew_hash(&self, facts: &Facts, password: &Password, verified: Verified) {
        let Some(checked) = facts.who.as_ref().and_then(|who| who.credential.as_ref()) else {
            return;
        };
        if !(verified.matches && verified.outdated) {
            return;
        }
        let renewed = async {
            let hash = self.core.hash(password).await?;
            // Where sessions are limited, this very log-in wrote the row.
            let held: Option<Credential> = self.core.get(checked.user.as_bytes()).await?;
            let Some(held) = held.filter(|held| held.hash == checked.hash) else {
                return Ok(None);
            };
            let mut draft = self.core.draft()?;
            draft.replace(Credential { hash, ..held });
            self.core.settle(draft.done(())).await
        };
        if let Err(error) = renewed.await {
            tracing::warn!(kind = error.kind(), "a password hash was not renewed");
        }
    }
}

/// Who the typed name belongs to, if anybody.
struct Facts {
    who: Option<Who>,
}

struct Who {
    user: User,
    account: Account,
    credential: Option<Credential>,
}

impl Who {
    fn password(&self) -> i64 {
        self.credential.as_ref().map_or(0, |credential| to_micros(credential.changed_at))
    }
}

impl Facts {
    /// Reads the same rows in the same order whether the name is somebody's or not.
    async fn load(core: &Core, name: &LoginName) -> Result<Self> {
        let by_username: Option<User> =
            core.find(&tables::BY_USERNAME, text(name.username_key())).await?;
        let by_email: Option<User> =
            core.find(&tables::BY_PROVEN_EMAIL, text(name.email_key())).await?;
        let user = match (by_username, by_email) {
            // A name written like an address is given with an invitation, before anybody has
            // shown that the address is theirs. Whoever has shown it is not kept out by that.
            (Some(named), Some(proven)) if !named.email_proven => Some(proven),
            (named, proven) => named.or(proven),
        };
        let user_id = user.as_ref().map_or(UserId::NOBODY, |user| user.id);
        let account_id = user.as_ref().map_or(AccountId::NOBODY, |user| user.account);
        let credential: Option<Credential> = core.get(user_id.as_bytes()).await?;
        let account: Option<Account> = core.get(account_id.as_bytes()).await?;
        let who = user.zip(account).map(|(user, account)| Who { user, account, credential });
        Ok(Self { who })
    }

    fn hash(&self) -> Option<&str> {
        let who = self.who.as_ref()?;
        who.credential.as_ref()?.usable(&who.account)
    }
}

struct Attempt<'a> {
    verified: Verified,
    stopped: bool,
    wish: Wish,
    client: &'a Client,
    typed: [u8; 4],
    token: Token,
}

impl<'a> Attempt<'a> {
    /// The entry of a refusal. What was typed is kept of strangers only.
    fn refused(&self, subject: Option<&'a User>, reason: &'a str) -> Note<'a> {
        Note {
            kind: EventKind::LogInRefused,
            actor: Actor::Stranger,
            account: subject.map(|user| user.account),
            subject,
            client: self.client,
            reason,
            typed: subject.is_none().then_some(self.typed),
        }
    }
}

/// What a try comes to.
enum Door<'f> {
    /// The name is nobody's.
    Nobody,
    /// Shut, for this reason.
    Shut(&'f Who, &'static str),
    /// The password is right, and the plan has ended.
    Ended(&'f Who),
    /// A temporary password was right: a ticket to choose another.
    Ticket(&'f Who),
    /// A session opens, by this credential.
    Session(&'f Who, &'f Credential),
}

impl Facts {
    /// Who may come in, and how.
    fn door(&self, policy: &Policy, attempt: &Attempt<'_>, now: OffsetDateTime) -> Door<'_> {
        let Some(who) = &self.who else { return Door::Nobody };
        let Who { user, account, credential } = who;
        let temporary = credential.as_ref().and_then(|credential| credential.temporary_until);
        let reason = match (user.status, credential) {
            (Status::Invited, _) => "invited",
            (Status::Disabled, _) => "disabled",
            (Status::Removed, _) => "removed",
            (Status::Active, _) if attempt.stopped => "stopped",
            (Status::Active, _) if self.hash().is_none() => "secured",
            (Status::Active, _) if !attempt.verified.matches => "wrong_password",
            (Status::Active, _) if temporary.is_some_and(|until| until <= now) => {
                "temporary_expired"
            }
            (Status::Active, _)
                if account.plan_ended(now) && !policy.roles.is_administrator(&user.role) =>
            {
                return Door::Ended(who);
            }
            (Status::Active, _) if temporary.is_some() => return Door::Ticket(who),
            (Status::Active, Some(credential)) => return Door::Session(who, credential),
            // Without one there is no hash either.
            (Status::Active, None) => "secured",
        };
        Door::Shut(who, reason)
    }
}

/// What is written of it: a session, a ticket, or why not.
fn decide(
    policy: &Policy,
    door: Door<'_>,
    room: Option<&Room>,
    attempt: &Attempt<'_>,
    mut draft: Draft,
) -> Verdict<Option<Session>> {
    let now = draft.now();
    let (Who { user, account, .. }, credential) = match door {
        Door::Nobody => {
            draft.record(attempt.refused(None, "unknown"));
            return draft.refuse(Error::Rejected);
        }
        Door::Shut(who, reason) => {
            draft.record(attempt.refused(Some(&who.user), reason));
            return draft.refuse(Error::Rejected);
        }
        Door::Ended(who) => {
            draft.record(attempt.refused(Some(&who.user), "plan_ended"));
            return draft.refuse(Error::AccountEnded);
        }
        Door::Ticket(Who { user, account, .. }) => {
            let ticket = Link {
                digest: attempt.token.digest(Purpose::Replacement),
                purpose: Purpose::Replacement,
                user: user.id,
                account: user.account,
                email: String::new(),
                change: None,
                wish: Some(attempt.wish),
                user_stamp: user.stamps.sessions,
                account_stamp: account.stamp,
                created_at: now,
                expires_at: after(now, policy.lifetimes.ticket),
            };
            draft.insert(&ticket);
            return draft.done(None);
        }
        Door::Session(who, credential) => (who, credential),
    };
    if let Some(room) = room {
        room.make(user, credential, attempt.client, &mut draft);
    }
    let opening = session::Opening { user, account, wish: attempt.wish, client: attempt.client };
    let session = opening.session(policy, &attempt.token, &mut draft);
    let note = Note::of(EventKind::LoggedIn, acting(user), user, attempt.client);
    draft.record(note);
    draft.raise(&tables::ACTIVITY, user.id.as_bytes(), "last_login_at", now);
    draft.done(Some(session))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hash::{Hashing, Params},
        mail::{Letter, MailError, Mailer},
        site::Site,
        store::{Store as _, memory::MemoryStore},
    };

    struct Nowhere;

    #[async_trait::async_trait]
    impl Mailer for Nowhere {
        async fn send(&self, _: &Letter) -> Result<(), MailError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn busy_comes_before_everything_and_charges_nobody() {
        let store = MemoryStore::new();
        let hashing = Hashing { params: Params::danger_for_tests(), threads: 1, queue: 1 };
        let built = Auth::builder(store.clone())
            .site(Site::new("Acme CRM", "https://crm.example").unwrap())
            .mailer(Nowhere)
            .hashing(hashing)
            .build();
        let auth = built.unwrap().0;
        let try_one = async || {
            let password = Password::new("seven green lanterns swing").unwrap();
            auth.login(Credentials::new("nobody", password), &Client::default()).await
        };
        let charged = async || {
            let end = time::macros::datetime!(9000-01-01 00:00 UTC);
            store.purge(&tables::BUDGETS, end, 100).await.unwrap()
        };
        let places = [auth.core.place().unwrap(), auth.core.place().unwrap()];
        assert!(matches!(try_one().await, Err(Error::Busy)));
        assert_eq!(charged().await, 0);
        drop(places);
        assert!(matches!(try_one().await, Err(Error::Rejected)));
        // By name, by network, in a row, and by rate.
        assert_eq!(charged().await, 4);
    }
}
