//! Changing what somebody is called, and what they are.

use super::{UserAccounts, address::Address};
use crate::{
    auth::{
        budgets::Budgets,
        claim::{Released, foreign_address, is_taken},
        core::{Core, Task},
        draft::{Deed, Draft, Verdict},
        rank::{By, Concerned, Ranked},
    },
    error::{Error, Result},
    id::UserId,
    model::{Client, EmailAddress, PersonName, Role, Status, User, Username},
    policy::{Policy, Violation, effects::Cause},
};

/// What is to change of a profile.
///
/// ```
/// use portcullis::auth::Changes;
/// let changes = Changes::new().name("Ada Lovelace").role("sales_manager").expecting(3);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Changes {
    username: Option<Username>,
    email: Option<EmailAddress>,
    name: Option<PersonName>,
    role: Option<Role>,
    version: Option<i64>,
    missed: Vec<Violation>,
}

impl Changes {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another username. What cannot be one is told with everything else that is wrong.
    #[must_use]
    pub fn username(mut self, typed: &str) -> Self {
        match Username::parse(typed) {
            Ok(username) => self.username = Some(username),
            Err(error) => self.missed.push(Violation::new("username", "format", error.to_string())),
        }
        self
    }

    /// Another e-mail address. Who is active has it once they prove it by the link mailed there;
    /// who is invited has it at once, and gets the activation letter there.
    #[must_use]
    pub fn email(mut self, typed: &str) -> Self {
        match EmailAddress::parse(typed) {
            Ok(email) => self.email = Some(email),
            Err(error) => self.missed.push(Violation::new("email", "format", error.to_string())),
        }
        self
    }

    /// Another name.
    #[must_use]
    pub fn name(mut self, typed: &str) -> Self {
        match PersonName::parse(typed) {
            Ok(name) => self.name = Some(name),
            Err(error) => self.missed.push(Violation::new("name", "format", error.to_string())),
        }
        self
    }

    /// Another role. Whether it exists is the policy's to say, later.
    #[must_use]
    pub fn role(mut self, name: &str) -> Self {
        self.role = Some(Role::from_text(name));
        self
    }

    /// Only where the profile is still in this version.
    #[must_use]
    pub fn expecting(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// What was tried, as the audit trail says it.
    fn said(&self) -> String {
        let role = self.role.as_ref().map_or("", Role::as_str);
        format!("change profile {role}").trim_end().to_owned()
    }

    /// Goes on where everything can be what it is to be.
    pub(in crate::auth) fn check(&self) -> Result<()> {
        if self.missed.is_empty() { Ok(()) } else { Err(Error::Invalid(self.missed.clone())) }
    }
}

impl UserAccounts<'_> {
    /// Changes a profile, all of it or none. Sessions go on: a role is looked up at each request.
    /// The person is told of each change.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is not what it should be; [`Error::Conflict`] with
    /// `field` `username` where the name, or one that looks like it, is taken, `status` where
    /// another address is wanted for somebody who is locked out, `version` where somebody else
    /// changed the profile first, and `administrators` where the company would be left without an
    /// active one; [`Error::Throttled`] beyond 200 new usernames a day, beyond 50 other addresses a
    /// day, helping somebody to one among them, and beyond six letters to one mailbox;
    /// [`Error::Forbidden`] for one's own username and address, which My Account changes;
    /// [`Error::Forbidden`], [`Error::NotFound`] and [`Error::Unavailable`] as [`UserAccounts`]
    /// says.
    pub async fn update(&self, user: UserId, changes: &Changes, client: &Client) -> Result<User> {
        let act = async {
            let core = self.acting()?;
            changes.check()?;
            if changes.username.is_some() {
                // Whatever comes of it: a refusal tells that a name is taken.
                let budgets = core.budgets().await?;
                core.charge(&[budgets.renames(self.me.account().id)]).await?;
            }
            let budgets = core.budgets().await?;
            let (policy, by) = (&core.policy, self.by(""));
            let update = Update { policy, budgets, user, changes, by, client };
            match &changes.email {
                Some(email) => self.with_a_letter_to(email, core.run(&update)).await,
                None => core.run(&update).await,
            }
        };
        self.tries(&changes.said(), Some(user), client, act).await
    }
}

/// Changes the profile of somebody.
pub(in crate::auth) struct Update<'a> {
    pub(in crate::auth) policy: &'a Policy,
    pub(in crate::auth) budgets: Budgets<'a>,
    pub(in crate::auth) user: UserId,
    pub(in crate::auth) changes: &'a Changes,
    pub(in crate::auth) by: By<'a>,
    pub(in crate::auth) client: &'a Client,
}

/// Something that changed: from what, and into what.
struct Happened {
    cause: Cause,
    old: String,
    new: String,
}

pub(in crate::auth) struct Facts<'a> {
    concerned: Concerned,
    /// Whether the username asked for is taken.
    taken: bool,
    /// What is known of the one given up.
    released: Option<Released>,
    address: Option<Address<'a>>,
}

impl<'a> Task for Update<'a> {
    type Facts = Facts<'a>;
    type Outcome = User;

    async fn load(&self, core: &Core) -> Result<Facts<'a>> {
        let concerned = Concerned::load(core, self.user, self.by).await?;
        let mut facts = Facts { concerned, taken: false, released: None, address: None };
        let Some(user) = facts.concerned.user() else { return Ok(facts) };
        if let Some(email) = &self.changes.email {
            facts.address = Some(Address::load(core, self.budgets, email, user).await?);
        }
        if let Some(name) = &self.changes.username {
            facts.released = Some(Released::load(core, &user.username).await?);
            facts.taken = is_taken(core, name, Some(self.user)).await?;
        }
        Ok(facts)
    }

    fn decide(&self, facts: Facts<'a>, mut draft: Draft) -> Verdict<User> {
        let Facts { concerned, taken, released, address } = facts;
        let (mut ranked, before, happened, moves) =
            match self.judge(concerned, taken, address.as_ref()) {
                Ok(judged) => judged,
                Err(error) => return draft.refuse(error),
            };
        let address = address.filter(|_| moves);
        if happened.is_empty() && address.is_none() {
            return draft.done(ranked.user);
        }
        let renamed = ranked.user.username.canonical() != before.username.canonical();
        // A name nobody ever used is free again at once.
        if let Some(released) = released.filter(|_| renamed && before.status != Status::Invited) {
            released.keep(before.id, self.policy, &mut draft);
        }
        for Happened { cause, old, new } in &happened {
            let change = format!("{old} → {new} {}", self.by.reason()).trim_end().to_owned();
            let said = format!("{old} → {new}");
            let deed = ranked.who.deed(self.by, self.client, self.policy);
            // The letter names the present username above, as it is to be typed.
            let detail = if *cause == Cause::UsernameChanged { old } else { &said };
            let deed = Deed { reason: &change, detail, ..deed };
            draft.take_effect(*cause, &mut ranked.user, deed);
        }
        if let Some(address) = address {
            let deed = ranked.who.deed(self.by, self.client, self.policy);
            address.draft(&mut ranked.user, deed, self.policy, self.client, &mut draft);
        }
        let user = ranked.write(&before, &mut draft);
        draft.done(user)
    }
}

impl Update<'_> {
    /// The person as they are to be, as they were, what happens to them, and whether another
    /// address is on its way.
    fn judge(
        &self,
        concerned: Concerned,
        taken: bool,
        address: Option<&Address<'_>>,
    ) -> Result<(Ranked, User, Vec<Happened>, bool)> {
        let Changes { username, name, role, version, .. } = self.changes;
        let mut ranked = match role {
            Some(role) => concerned.ranked(self.policy, self.by, role)?,
            None => concerned.reached(self.policy, self.by)?,
        };
        let before = ranked.user.clone();
        if version.is_some_and(|version| version != before.version) {
            return Err(Error::Conflict { field: "version" });
        }
        let mut happened = Vec::new();
        let mut note = |cause, old: &str, new: &str| {
            happened.push(Happened { cause, old: old.to_owned(), new: new.to_owned() });
        };
        if address.is_some() && ranked.is_own() {
            return Err(Error::Forbidden);
        }
        let moves = match address {
            Some(address) => address.judge(&mut ranked)?,
            None => false,
        };
        if let Some(username) = username.as_ref().filter(|new| **new != before.username) {
            if ranked.is_own() {
                return Err(Error::Forbidden);
            }
            if let Some(violation) = foreign_address(username, &ranked.user.email) {
                return Err(Error::Invalid(vec![violation]));
            }
            if taken {
                return Err(Error::Conflict { field: "username" });
            }
            note(Cause::UsernameChanged, before.username.as_str(), username.as_str());
            ranked.user.username = username.clone();
        }
        if let Some(name) = name.as_ref().filter(|new| **new != before.name) {
            note(Cause::NameChanged, before.name.as_str(), name.as_str());
            ranked.user.name = name.clone();
        }
        if let Some(role) = role.as_ref().filter(|new| **new != before.role) {
            if !self.policy.roles.knows(role) {
                return Err(Error::invalid("role", "unknown", "There is no such role.".to_owned()));
            }
            note(Cause::RoleChanged, before.role.as_str(), role.as_str());
            ranked.user.role = role.clone();
            ranked.user.administrator = self.policy.roles.is_administrator(role);
        }
        ranked.count(&before, self.policy)?;
        Ok((ranked, before, happened, moves))
    }
}
