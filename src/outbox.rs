//! Letters, and what must be found out before one is written.
//!
//! A task commits an intent with the change that causes it; here it is carried out, later, by
//! whoever leases it. Between any two steps the process may die: at worst a letter is sent twice,
//! never not at all, and never does a live token rest anywhere but in the letter.
//!
//! An errand goes through two steps, each a commit of its own: *finding out* whom a reset
//! concerns turns it into letters, and *sending* mints the link and hands the letter over. In
//! `background` a letter waits on nobody's mail server but its own recipient's; in [`Auth::work`]
//! one waits for the other.

#[cfg(feature = "background")]
mod background;
mod deadline;
mod find_reset;
mod letters;
mod post;
mod set_up;
mod tell_secured;
#[cfg(test)]
mod tests;

pub use letters::Letters;
pub(crate) use post::SEND;
pub(crate) use set_up::set_up_link;

use time::{Duration, OffsetDateTime};

use crate::{
    auth::{
        Auth,
        core::{Core, Task},
        draft::{Draft, Note, Verdict},
    },
    clock::after,
    error::Result,
    model::{Actor, Errand, EventKind, Intent, User},
    store::{Change, Expect, Lease, Record as _, tables},
};

/// How long a worker has for an errand before another may take it: more than any send takes.
const LEASE: Duration = Duration::minutes(3);

/// The first pause after a try that failed. Each further one doubles it.
const FIRST_PAUSE: Duration = Duration::seconds(5);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::minutes(15);

impl Auth {
    /// Does what is due in the outbox, one errand after the other, up to `limit`, and says how
    /// many it took. For tests, and for hosts that bring their own loop instead of
    /// [`Auth::background`]. Such a loop also calls [`flush_activity`](Self::flush_activity) and
    /// [`purge`](Self::purge), each about once a minute:
    ///
    /// ```
    /// # async fn rest() {}
    /// # async fn due(auth: &portcullis::auth::Auth) -> portcullis::error::Result<()> {
    /// while auth.work(64).await? > 0 {} // every few seconds
    /// auth.flush_activity().await?; // "last seen"
    /// while auth.purge(100).await? > 0 {
    ///     rest().await; // what has expired goes in slices, and log-ins pass between them
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A letter that takes longer than a minute to be handed over is put off, under any runtime.
    /// Letters wait for each other here: call this from several tasks where that is too slow. A
    /// call that is dropped leaves what it had taken and not done until three minutes after.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) or
    /// [`Error::Busy`](crate::error::Error::Busy) where an errand met them, or could not be taken;
    /// the others were done all the same, and that one comes again. Mail that cannot be sent is no
    /// error: it is tried again later.
    pub async fn work(&self, limit: u32) -> Result<usize> {
        let due = take(&self.core, limit).await?;
        let count = due.len();
        let mut met = Ok(count);
        for intent in due {
            // One that fails must not keep the rest of them leased.
            if let Err(error) = carry_out(&self.core, intent).await {
                met = met.and(Err(error));
            }
        }
        met
    }
}

/// Leases errands that are due.
async fn take(core: &Core, limit: u32) -> Result<Vec<Intent>> {
    let now = core.now();
    let lease = Lease { now, until: after(now, LEASE), limit };
    let rows = core.store.lease(&lease).await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        match Intent::from_row(&row) {
            Ok(intent) => due.push(intent),
            // A row from a newer version, perhaps: it stays for whoever can read it.
            Err(error) => tracing::error!(%error, "an errand of the outbox cannot be read"),
        }
    }
    Ok(due)
}

/// Carries out one errand, or puts it off.
async fn carry_out(core: &Core, intent: Intent) -> Result<()> {
    let leased = intent.clone();
    let done = attempt(core, intent).await;
    if done.is_err() {
        // A store that does not answer will not do this either: then the end of the lease does.
        let _ = core.run(&PutOff { leased: &leased }).await;
    }
    done
}

async fn attempt(core: &Core, intent: Intent) -> Result<()> {
    if intent.dead_at <= core.now() {
        return give_up(core, intent, "too_late").await;
    }
    match &intent.errand {
        Errand::FindReset { .. } => find_reset::find(core, &intent).await,
        Errand::TellSecured { .. } => tell_secured::tell(core, &intent).await,
        Errand::Letter { .. } => post::post(core, intent).await,
    }
}

/// Ends an errand that was done, or has nothing left to do.
struct Finish<'a> {
    intent: &'a Intent,
    /// Why it was given up; empty where it was done.
    reason: &'a str,
}

impl Task for Finish<'_> {
    /// Whether this worker still holds it, and the user it was for.
    type Facts = (bool, Option<User>);
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        let held = holds(core, self.intent).await?;
        let user = match (&self.intent.errand, self.reason) {
            (Errand::Letter { user, .. }, reason) if !reason.is_empty() => {
                // A user that cannot be read must not keep the errand for ever.
                core.get(user.as_bytes()).await.unwrap_or_default()
            }
            _ => None,
        };
        Ok((held, user))
    }

    fn decide(&self, (held, user): Self::Facts, mut draft: Draft) -> Verdict<()> {
        if held {
            draft.change(finished(self.intent));
            if let Some(user) = user {
                let kind = EventKind::LetterGivenUp;
                let note = Note::of(kind, Actor::System, &user, &self.intent.client);
                draft.record(note.because(self.reason));
            }
        }
        draft.done(())
    }
}

/// Whether the errand is as this worker leased it. Otherwise somebody else has it, or did it.
async fn holds(core: &Core, intent: &Intent) -> Result<bool> {
    let standing: Option<Intent> = core.get(intent.id.as_bytes()).await?;
    Ok(standing.is_some_and(|standing| standing.version == intent.version))
}

/// The change that takes an errand out of the outbox.
fn finished(intent: &Intent) -> Change {
    Change::Delete {
        table: &tables::OUTBOX,
        key: intent.id.as_bytes().to_vec(),
        expect: Expect::Version(intent.version),
    }
}

async fn finish(core: &Core, intent: &Intent) -> Result<()> {
    core.run(&Finish { intent, reason: "" }).await
}

async fn give_up(core: &Core, intent: Intent, reason: &str) -> Result<()> {
    tracing::warn!(errand = %intent.id, reason, "an errand of the outbox was given up");
    core.run(&Finish { intent: &intent, reason }).await
}

/// Puts an errand off after a try that failed.
struct PutOff<'a> {
    leased: &'a Intent,
}

impl Task for PutOff<'_> {
    type Facts = Option<Intent>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        core.get(self.leased.id.as_bytes()).await
    }

    fn decide(&self, standing: Self::Facts, mut draft: Draft) -> Verdict<()> {
        // The try may have written it since the lease; the due time tells whose lease it is.
        let held = standing.filter(|standing| standing.due_at == self.leased.due_at);
        if let Some(intent) = held {
            let attempts = intent.attempts.saturating_add(1);
            let due_at = next_try(draft.now(), attempts);
            draft.replace(Intent { attempts, due_at, ..intent });
        }
        draft.done(())
    }
}

/// When an errand that failed `attempts` times is tried again.
fn next_try(now: OffsetDateTime, attempts: u32) -> OffsetDateTime {
    let doublings = attempts.saturating_sub(1).min(16);
    after(now, FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE))
}
