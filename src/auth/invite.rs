//! Making a user profile, and asking its person in.

use super::{
    budgets::Budgets,
    claim::{foreign_address, is_taken},
    core::{Core, Task},
    draft::{Deed, Draft, Note, Sender, Verdict, acting},
    rank::{Acting, By, covers, manages, witnesses},
    words::words_changed,
};
use crate::{
    clock::after,
    error::{Error, Result},
    id::{AccountId, UserId},
    model::{
        Account, Actor, Client, EmailAddress, EventKind, Invitation, Language, PersonName, Role,
        Stamps, Status, User, Username,
    },
    policy::{Policy, Violation},
    store::{Change, Row, Value, tables},
};

/// A user profile to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    username: Username,
    email: EmailAddress,
    name: PersonName,
    role: Role,
    language: Option<Language>,
}

impl NewUser {
    /// Reads the fields of a form or a request.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is not what it should be. Whether the role
    /// exists is the policy's to say, later.
    pub fn parse(username: &str, email: &str, name: &str, role: &str) -> Result<Self> {
        let mut missed = Vec::new();
        let mut note =
            |field, message: String| missed.push(Violation::new(field, "format", message));
        let username = Username::parse(username).map_err(|e| note("username", e.to_string())).ok();
        let email = EmailAddress::parse(email).map_err(|e| note("email", e.to_string())).ok();
        let name = PersonName::parse(name).map_err(|e| note("name", e.to_string())).ok();
        match (username, email, name) {
            (Some(username), Some(email), Some(name)) => {
                let new =
                    Self { username, email, name, role: Role::from_text(role), language: None };
                foreign_address(&new.username, &new.email)
                    .map_or(Ok(new), |violation| Err(Error::Invalid(vec![violation])))
            }
            _ => Err(Error::Invalid(missed)),
        }
    }

    /// The language letters to them are to be written in, from the invitation on. They can choose
    /// another in My Account.
    #[must_use]
    pub fn reading(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// The username asked for.
    #[must_use]
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The address asked for.
    #[must_use]
    pub fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// The language asked for.
    pub(super) fn language(&self) -> Option<&Language> {
        self.language.as_ref()
    }

    /// The role asked for.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }
}

pub(super) struct Invite<'a> {
    pub(super) policy: &'a Policy,
    pub(super) budgets: Budgets<'a>,
    pub(super) account: AccountId,
    pub(super) new: &'a NewUser,
    pub(super) inviter: By<'a>,
    pub(super) client: &'a Client,
}

pub(super) struct Facts {
    account: Option<Account>,
    inviter: Option<Acting>,
    taken: bool,
    /// Who is told, where it is the operator who invites.
    witnesses: Vec<User>,
}

impl Task for Invite<'_> {
    type Facts = Facts;
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Facts> {
        let account = core.get(self.account.as_bytes()).await?;
        let inviter = Acting::load(core, self.inviter).await?;
        let taken = is_taken(core, &self.new.username, None).await?;
        let witnesses = witnesses(core, self.account, self.inviter).await?;
        Ok(Facts { account, inviter, taken, witnesses })
    }

    fn decide(&self, facts: Facts, mut draft: Draft) -> Verdict<User> {
        let Some(mut account) = facts.account else { return draft.refuse(Error::NotFound) };
        let (actor, inviter, reason) = match (self.inviter, facts.inviter) {
            (By::Operator(reason), _) => (Actor::Operator, String::new(), reason),
            (By::User(..), Some(_)) if account.plan_ended(draft.now()) => {
                return draft.refuse(Error::AccountEnded);
            }
            (By::User(_, reason), Some(Acting { user, hold })) if self.may_invite(&user) => {
                draft.hold(Some(hold));
                (acting(&user), user.name.as_str().to_owned(), reason)
            }
            _ => return draft.refuse(Error::Forbidden),
        };
        if !self.policy.roles.knows(&self.new.role) {
            let message = "There is no such role.".to_owned();
            return draft.refuse(Error::invalid("role", "unknown", message));
        }
        // Seats first: a company without one must not learn which names are taken.
        if !self.policy.plans.has_free_seat(&account) {
            return draft.refuse(Error::Conflict { field: "seats" });
        }
        if facts.taken {
            return draft.refuse(Error::Conflict { field: "username" });
        }
        let profile = Profile {
            policy: self.policy,
            budgets: self.budgets,
            new: self.new,
            account: &account,
            inviter: &inviter,
            client: self.client,
        };
        let user = profile.draft(&mut draft);
        account.count(None, Some(&user));
        let what = invited_as(&user, reason);
        draft.record(Note::of(EventKind::Invited, actor, &user, self.client).because(&what));
        let deed = Deed::operators(&what, self.client, &facts.witnesses, self.policy);
        draft.tell_witnesses(EventKind::Invited, user.username.as_str(), &deed);
        draft.replace(account);
        draft.done(user)
    }
}

impl Invite<'_> {
    /// Whether this user, as they are now, may invite somebody of that role: into their own
    /// account, and with no permission they do not hold themselves.
    fn may_invite(&self, user: &User) -> bool {
        user.account == self.account
            && manages(self.policy, user)
            && covers(self.policy, &user.role, &self.new.role)
    }
}

/// What the audit trail says of an invitation: the role and address it was for.
pub(super) fn invited_as(user: &User, reason: &str) -> String {
    format!("{} {} {reason}", user.role, user.email).trim_end().to_owned()
}

/// What an invited person's rows are made of.
pub(super) struct Profile<'a> {
    pub(super) policy: &'a Policy,
    pub(super) budgets: Budgets<'a>,
    pub(super) new: &'a NewUser,
    pub(super) account: &'a Account,
    pub(super) inviter: &'a str,
    pub(super) client: &'a Client,
}

impl Profile<'_> {
    /// Drafts the rows and the activation letter of an invited person.
    pub(super) fn draft(&self, draft: &mut Draft) -> User {
        let now = draft.now();
        let Self { policy, new, .. } = self;
        let user = User {
            id: UserId::from_random(now, &draft.random()),
            account: self.account.id,
            username: new.username.clone(),
            email: new.email.clone(),
            email_proven: false,
            name: new.name.clone(),
            language: new.language.clone(),
            role: new.role.clone(),
            administrator: policy.roles.is_administrator(&new.role),
            status: Status::Invited,
            stamps: Stamps::default(),
            created_at: now,
            version: 1,
        };
        let invitation = Invitation {
            user: user.id,
            account: self.account.id,
            inviter: self.inviter.to_owned(),
            created_at: now,
            expires_at: after(now, policy.lifetimes.invitation),
            version: 1,
        };
        draft.insert(&user);
        draft.insert(&invitation);
        draft.change(never_active(user.id));
        words_changed(draft, None, Some(&user));
        let lifetime = policy.lifetimes.letter;
        let Self { budgets, client, inviter, .. } = *self;
        draft.send_activation(&user, Sender { budgets, client, inviter, lifetime });
        user
    }
}

/// The row that will count a user's activity: none so far.
fn never_active(user: UserId) -> Change {
    let row = Row::new(vec![Value::Bytes(user.as_bytes().to_vec()), Value::Int(0)]);
    Change::Insert { table: &tables::ACTIVITY, row }
}
