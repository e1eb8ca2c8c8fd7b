//! The letters after a whole account was secured, a slice of its people at a time.

use super::{finished, holds};
use crate::{
    auth::{
        core::{Core, Task, page},
        draft::{Draft, Verdict},
    },
    error::Result,
    id::AccountId,
    model::{Errand, Intent, Status, Template, User},
    policy::Policy,
    store::{Record as _, Value, tables},
};

/// How many letters one slice asks for: few, so that whoever waits for a commit goes between.
const SLICE: u32 = 25;

/// Asks for the letters of a slice, and leaves the rest to the next.
pub(super) async fn tell(core: &Core, intent: &Intent) -> Result<()> {
    let Errand::TellSecured { account, after, inviter } = &intent.errand else { return Ok(()) };
    let policy = &core.policy;
    core.run(&Slice { policy, intent, account: *account, after, inviter }).await
}

struct Slice<'a> {
    policy: &'a Policy,
    intent: &'a Intent,
    account: AccountId,
    after: &'a str,
    inviter: &'a str,
}

impl Task for Slice<'_> {
    /// Whether this worker still holds the errand, and the next people.
    type Facts = (bool, Vec<User>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let active = Value::Text(Status::Active.as_str().to_owned());
        let equal = vec![Value::Bytes(self.account.as_bytes().to_vec()), active];
        let mut next = page(&tables::USERS, "of_account_status", equal, SLICE)?;
        // Nobody's username is empty.
        next.after = Some(vec![Value::Text(self.after.to_owned())]);
        let rows = core.store.page(&next).await?;
        let users = rows.iter().map(User::from_row).collect::<Result<_, _>>()?;
        Ok((holds(core, self.intent).await?, users))
    }

    fn decide(&self, (held, users): Self::Facts, mut draft: Draft) -> Verdict<()> {
        if !held {
            return draft.done(());
        }
        // Who has not proven their address gets no link there; their diagnosis says so.
        for user in users.iter().filter(|user| user.email_proven) {
            let errand = Errand::letter(Template::Secured, user, self.inviter);
            draft.ask(errand, None, &self.intent.client, self.policy.lifetimes.letter);
        }
        let last = users.last().filter(|_| users.len() >= usize::try_from(SLICE).unwrap_or(0));
        match last {
            Some(last) => draft.replace(Intent {
                errand: Errand::TellSecured {
                    account: self.account,
                    after: last.username.canonical().to_owned(),
                    inviter: self.inviter.to_owned(),
                },
                due_at: draft.now(),
                ..self.intent.clone()
            }),
            None => draft.change(finished(self.intent)),
        }
        draft.done(())
    }
}
