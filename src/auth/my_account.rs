//! My Account: what people see and change of themselves.

use time::OffsetDateTime;

use super::{
    Auth, Identity, SessionToken, SignedIn,
    budgets::{Budgets, cleared, given_back},
    core::{Core, Task, page},
    draft::{Deed, Draft, Note, Verdict, acting},
    link::check,
    session::stands,
};
use crate::{
    clock::to_micros,
    error::{Error, Result},
    id::SessionId,
    model::{Account, Client, Credential, Event, EventKind, Session, User},
    policy::{Policy, effects::Cause},
    secret::{Password, Token},
    store::{Change, Record as _, Value, tables},
};

/// What somebody may do with their own profile. [`Auth::my_account`] gives it.
#[derive(Debug, Clone, Copy)]
pub struct MyAccount<'a> {
    auth: &'a Auth,
    me: &'a Identity,
}

/// My Account > General Information.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Overview {
    /// The profile.
    pub user: User,
    /// When they last logged in.
    pub last_login_at: Option<OffsetDateTime>,
    /// Their company.
    pub account: Account,
    /// The last ten log-ins, newest first.
    pub last_logins: Vec<Event>,
}

/// How many sessions a list shows. Nobody has more that are worth telling apart.
const SESSIONS_SHOWN: u32 = 200;

impl Auth {
    /// What this person may do with their own profile.
    #[must_use]
    pub fn my_account<'a>(&'a self, me: &'a Identity) -> MyAccount<'a> {
        MyAccount { auth: self, me }
    }
}

impl MyAccount<'_> {
    fn core(&self) -> &Core {
        &self.auth.core
    }

    /// General Information.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the user is gone; [`Error::Unavailable`] when the store
    /// does not answer.
    pub async fn overview(&self) -> Result<Overview> {
        let core = self.core();
        let id = self.me.user().id;
        let user: User = core.get(id.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let account: Account =
            core.get(user.account.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let kind = Value::Text(EventKind::LoggedIn.as_str().to_owned());
        let equal = vec![Value::Bytes(id.as_bytes().to_vec()), kind];
        let newest = page(&tables::EVENTS, "of_subject_kind", equal, 10)?.descending();
        let rows = core.store.page(&newest).await?;
        let last_logins: Vec<Event> = rows.iter().map(Event::from_row).collect::<Result<_, _>>()?;
        let last_login_at = core.last_login(id).await?;
        Ok(Overview { user, last_login_at, account, last_logins })
    }

    /// The person's sessions that stand, newest first; the present one is among them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        let core = self.core();
        let (me, now) = (self.me, core.now());
        let equal = vec![Value::Bytes(me.user().id.as_bytes().to_vec())];
        let newest = page(&tables::SESSIONS, "of_user", equal, SESSIONS_SHOWN)?.descending();
        let mut sessions = Vec::new();
        for row in core.store.page(&newest).await? {
            let session = Session::from_row(&row)?;
            if stands(&session, me.user(), me.account(), &core.policy, now) {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// Ends one of the person's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is not theirs or has ended; [`Error::Unavailable`] when the
    /// store does not answer.
    pub async fn end_session(&self, id: SessionId, client: &Client) -> Result<()> {
        self.core().run(&EndSession { me: self.me, id, client }).await
    }

    /// Ends all of the person's sessions but the present one.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the present one has ended meanwhile;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn end_other_sessions(&self, client: &Client) -> Result<()> {
        let core = self.core();
        core.run(&EndOthers { me: self.me, policy: &core.policy, client }).await
    }

    /// Changes the password. Every session, link and ticket ends; this session goes on under a
    /// new token, which is the answer. The person is told by mail.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the current password is wrong: the fifth time, the session
    /// ends. [`Error::Invalid`] with every requirement the new one misses;
    /// [`Error::Unauthenticated`] where the session has ended meanwhile; [`Error::Busy`] when
    /// the machine hashes all it can; [`Error::Unavailable`] when the store does not answer.
    pub async fn change_password(
        &self,
        current: &Password,
        new: &Password,
        client: &Client,
    ) -> Result<SignedIn> {
        let core = self.core();
        let checked = self.check_current(current, client).await?;
        check(&core.policy, "new_password", new, self.me.user(), self.me.account())?;
        let hash = core.hash(new).await?;
        let token = Token::draw(core.entropy.as_ref())?;
        let task = ChangePassword {
            me: self.me,
            policy: &core.policy,
            checked,
            hash,
            token: &token,
            client,
        };
        let (user, account, session) = core.run(&task).await?;
        let policy = std::sync::Arc::clone(&core.policy);
        let transport = session.transport;
        Ok(SignedIn {
            token: SessionToken { token, transport },
            identity: Identity::new(user, account, session, policy),
        })
    }

    /// Asks for the current password before something that needs it. Wrong ones are counted by
    /// session, and end only that session: whoever holds a stolen one cannot use it to lock the
    /// owner out.
    async fn check_current(&self, current: &Password, client: &Client) -> Result<Credential> {
        let core = self.core();
        let me = self.me;
        let credential: Credential =
            core.get(me.user().id.as_bytes()).await?.ok_or(Error::Unauthenticated)?;
        let budgets = Budgets { key: core.key().await?, limits: &core.policy.limits };
        let charge = budgets.current_password(me.session().id);
        let verdicts = core.store.charge(&[charge], core.now()).await?;
        let count = verdicts.first().map_or(u32::MAX, |verdict| verdict.count);
        let most = core.policy.limits.current_password_failures;
        let matches = match core.verify(current, Some(&credential.hash)).await {
            Ok(verified) => verified.matches,
            Err(error) => {
                core.store.charge(&[given_back(charge)], core.now()).await?;
                return Err(error);
            }
        };
        if matches && count <= most {
            core.store.charge(&[cleared(charge)], core.now()).await?;
            return Ok(credential);
        }
        core.run(&Guessed { me, client, ends: count >= most }).await?;
        Err(Error::Rejected)
    }
}

struct Guessed<'a> {
    me: &'a Identity,
    client: &'a Client,
    ends: bool,
}

impl Task for Guessed<'_> {
    /// The session, while it stands.
    type Facts = Option<Session>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        core.get(self.me.session().digest.as_bytes()).await
    }

    fn decide(&self, session: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let user = self.me.user();
        let mut kind = EventKind::CurrentPasswordRefused;
        if self.ends
            && let Some(session) = session
        {
            draft.delete(&session);
            kind = EventKind::SessionEndedByGuessing;
        }
        draft.record(Note::of(kind, acting(user.id, user), user, self.client));
        draft.done(())
    }
}

struct EndSession<'a> {
    me: &'a Identity,
    id: SessionId,
    client: &'a Client,
}

impl Task for EndSession<'_> {
    type Facts = Option<Session>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        core.find(&tables::SESSION_BY_ID, Value::Bytes(self.id.as_bytes().to_vec())).await
    }

    fn decide(&self, session: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let user = self.me.user();
        let Some(session) = session.filter(|session| session.user == user.id) else {
            return draft.refuse(Error::NotFound);
        };
        draft.delete(&session);
        let actor = acting(user.id, user);
        draft.record(Note::of(EventKind::SessionEnded, actor, user, self.client));
        draft.done(())
    }
}

/// The person's rows as they are now.
struct Mine {
    user: User,
    account: Account,
    session: Session,
}

impl Mine {
    async fn load(core: &Core, me: &Identity) -> Result<Option<Self>> {
        let rows = core.store.session(&me.session().digest).await?;
        let Some(rows) = rows else { return Ok(None) };
        Ok(Some(Self {
            user: User::from_row(&rows.user)?,
            account: Account::from_row(&rows.account)?,
            session: Session::from_row(&rows.session)?,
        }))
    }

    fn stands(&self, policy: &Policy, now: OffsetDateTime) -> bool {
        stands(&self.session, &self.user, &self.account, policy, now)
    }
}

struct EndOthers<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    client: &'a Client,
}

impl Task for EndOthers<'_> {
    type Facts = Option<Mine>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        Mine::load(core, self.me).await
    }

    fn decide(&self, mine: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let Some(Mine { mut user, session, .. }) = mine.filter(|m| m.stands(self.policy, now))
        else {
            return draft.refuse(Error::Unauthenticated);
        };
        let deed = Deed {
            actor: acting(user.id, &user),
            client: self.client,
            reason: "",
            letter_lifetime: self.policy.lifetimes.letter,
        };
        draft.take_effect(Cause::OthersLoggedOut, &mut user, deed);
        // This session alone moves on to the new stamp. If it is logged out at this instant,
        // there is no row to lift, and it stays ended.
        draft.change(Change::Raise {
            table: &tables::SESSIONS,
            key: session.digest.as_bytes().to_vec(),
            column: "user_stamp",
            to: user.stamps.sessions,
        });
        draft.replace(user);
        draft.done(())
    }
}

struct ChangePassword<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    /// The credential the current password was compared with.
    checked: Credential,
    hash: String,
    token: &'a Token,
    client: &'a Client,
}

impl Task for ChangePassword<'_> {
    type Facts = (Option<Mine>, Option<Credential>);
    type Outcome = (User, Account, Session);

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let mine = Mine::load(core, self.me).await?;
        Ok((mine, core.get(self.me.user().id.as_bytes()).await?))
    }

    fn decide(&self, (mine, held): Self::Facts, mut draft: Draft) -> Verdict<Self::Outcome> {
        let now = draft.now();
        let Some(Mine { mut user, account, session }) = mine.filter(|m| m.stands(self.policy, now))
        else {
            return draft.refuse(Error::Unauthenticated);
        };
        // Another password since the check: what was typed is not the current one any more.
        let Some(held) = held.filter(|held| held.hash == self.checked.hash) else {
            return draft.refuse(Error::Rejected);
        };
        draft.replace(Credential {
            hash: self.hash.clone(),
            changed_at: now,
            temporary_until: None,
            ..held
        });
        let deed = Deed {
            actor: acting(user.id, &user),
            client: self.client,
            reason: "",
            letter_lifetime: self.policy.lifetimes.letter,
        };
        draft.take_effect(Cause::PasswordChanged, &mut user, deed);
        draft.delete(&session);
        let reissued = Session {
            id: SessionId::from_random(now, &draft.random()),
            digest: self.token.digest(session.transport.purpose()),
            user_stamp: user.stamps.sessions,
            last_seen_at: now,
            ..session
        };
        draft.insert(&reissued);
        let written = User { version: user.version.saturating_add(1), ..user.clone() };
        draft.replace(user);
        draft.done((written, account, reissued))
    }
}

impl Core {
    /// When a user last logged in.
    pub(crate) async fn last_login(
        &self,
        user: crate::id::UserId,
    ) -> Result<Option<OffsetDateTime>> {
        let row = self.store.get(&tables::ACTIVITY, user.as_bytes()).await?;
        let at = row.map(|row| row.value(1).clone());
        Ok(match at {
            Some(Value::Int(micros)) if micros > to_micros(OffsetDateTime::UNIX_EPOCH) => {
                crate::clock::from_micros(micros)
            }
            _ => None,
        })
    }
}
