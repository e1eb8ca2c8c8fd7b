//! What every task shares: the parts a host plugged in, and the one way to write.

use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    Identity,
    budgets::Budgets,
    draft::{Draft, Verdict},
};
use crate::{
    clock::{Clock, whole_micros},
    entropy::Entropy,
    error::{Error, Result},
    hash::{HashError, Hasher, Place, Verified},
    id::BatchId,
    mail::Mailer,
    model::User,
    outbox::Letters,
    policy::Policy,
    secret::{Digest, Password, SiteKey},
    site::Site,
    store::{
        Batch, Change, Charge, CommitError, Record, Row, SessionRows, Store, StoreError, Table,
        Unique, Value, Verdict as Charged, tables,
    },
};

pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) hasher: Hasher,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) site: Site,
    pub(crate) letters: Letters,
    pub(crate) key: OnceLock<SiteKey>,
    pub(crate) seen: super::seen::Seen,
    pub(crate) gather: super::gather::Gather,
    /// How long the mailer has for a letter.
    pub(crate) patience: std::time::Duration,
    /// Woken when the outbox has work.
    pub(crate) bell: super::bell::Bell,
}

/// A task: facts are loaded, then decided on without I/O.
///
/// [`Core::run`] commits what was decided. Where somebody else changed a row in the meantime it
/// loads and decides again, so nothing is ever decided on facts that no longer hold.
pub(crate) trait Task: Sync {
    type Facts: Send;
    type Outcome: Send;

    /// Reads what the decision needs.
    fn load(&self, core: &Core) -> impl Future<Output = Result<Self::Facts>> + Send;

    /// Decides. Pure: facts and a draft in, a verdict out.
    fn decide(&self, facts: Self::Facts, draft: Draft) -> Verdict<Self::Outcome>;
}

/// How often a task is decided anew before its caller is asked to come back. Each round is lost
/// only to somebody else's success.
pub(super) const TRIES: usize = 5;

impl Core {
    pub(crate) fn now(&self) -> OffsetDateTime {
        whole_micros(self.clock.now())
    }

    pub(crate) fn draft(&self) -> Result<Draft> {
        Ok(Draft::new(self.now(), self.entropy.as_ref())?)
    }

    /// Runs a task to its end.
    pub(crate) async fn run<T: Task>(&self, task: &T) -> Result<T::Outcome> {
        for _ in 0..TRIES {
            let facts = task.load(self).await?;
            let verdict = task.decide(facts, self.draft()?);
            if let Some(answer) = self.settle(verdict).await? {
                return answer;
            }
        }
        Err(Error::Busy)
    }

    /// Commits a verdict and gives its answer; `None` where somebody else was first.
    pub(crate) async fn settle<T>(&self, verdict: Verdict<T>) -> Result<Option<Result<T>>> {
        let (batch, answer) = match verdict {
            Ok(decision) => (decision.batch, Ok(decision.outcome)),
            Err(refusal) => (refusal.batch, Err(refusal.error)),
        };
        if batch.changes().is_empty() {
            return Ok(Some(answer));
        }
        match self.commit(&batch).await {
            Ok(()) => Ok(Some(answer)),
            Err(CommitError::Conflict) => Ok(None),
            Err(CommitError::Failed(error)) => Err(error.into()),
        }
    }

    /// Commits a batch. One whose answer was lost is sent once more: by its id, the store knows
    /// whether it was applied.
    pub(crate) async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let answer = match self.store.commit(batch).await {
            Err(CommitError::Failed(_)) => self.store.commit(batch).await,
            answer => answer,
        };
        let asks = |change: &Change| change.table().name == tables::OUTBOX.name;
        if answer.is_ok() && batch.changes().iter().any(asks) {
            self.bell.ring();
        }
        answer
    }

    pub(crate) async fn get<R: Record>(&self, key: &[u8]) -> Result<Option<R>> {
        let row = self.store.get(R::TABLE, key).await?;
        Ok(read(row)?)
    }

    pub(crate) async fn find<R: Record>(
        &self,
        unique: &'static Unique,
        value: Value,
    ) -> Result<Option<R>> {
        let row = self.store.find(R::TABLE, unique, &[value]).await?;
        Ok(read(row)?)
    }

    /// The session with this digest, by a query of its own.
    pub(crate) async fn session(&self, digest: &Digest) -> Result<Option<SessionRows>> {
        let digests = std::slice::from_ref(digest);
        Ok(self.store.sessions(digests).await?.into_iter().next())
    }

    /// The budgets of this site.
    pub(crate) async fn budgets(&self) -> Result<Budgets<'_>> {
        Ok(Budgets { key: self.key().await?, limits: &self.policy.limits })
    }

    /// Charges budgets; [`Error::Throttled`] where one has no unit left.
    pub(crate) async fn charge<const N: usize>(
        &self,
        charges: &[Charge; N],
    ) -> Result<[Charged; N]> {
        let now = self.now();
        let verdicts = self.store.charge(charges, now).await?;
        // A store that leaves a verdict out must not be one that limits nothing.
        let verdicts = <[Charged; N]>::try_from(verdicts).map_err(|_| {
            Error::from(StoreError::Unsupported("a store that answers other charges"))
        })?;
        if verdicts.iter().all(|verdict| verdict.allowed) {
            return Ok(verdicts);
        }
        let retry_at = verdicts.iter().filter_map(|verdict| verdict.retry_at).max();
        Err(Error::Throttled { retry_at: retry_at.unwrap_or(now) })
    }

    /// The user behind an identity as they are now, while the session they came with stands: an
    /// identity that was kept does not outlive it.
    pub(crate) async fn actor(&self, me: &Identity) -> Result<Option<User>> {
        let digest = me.session().digest;
        let Some(rows) = self.session(&digest).await? else { return Ok(None) };
        Ok(self.standing(&rows, &digest, self.now()).ok().map(|(_, user, _)| user))
    }

    /// Takes a place for a [`verify`](Self::verify), or says that the machine hashes all it can.
    /// Taken before a task reads anything, it keeps a crowd that cannot be served off the store.
    pub(crate) fn place(&self) -> Result<Place> {
        self.hasher.place().map_err(hash_error)
    }

    /// Compares a password with a stored hash, at the same cost whether there is one or not.
    pub(crate) async fn verify(
        &self,
        place: Place,
        password: &Password,
        hash: Option<&str>,
    ) -> Result<Verified> {
        self.hasher.verify(place, password, hash).await.map_err(hash_error)
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &Password) -> Result<String> {
        self.hasher.hash(password).await.map_err(hash_error)
    }

    /// The site's key: the host's, or the one in the store, drawn by whoever needs it first.
    pub(crate) async fn key(&self) -> Result<&SiteKey> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        const NAME: &[u8] = b"site_key";
        for _ in 0..TRIES {
            if let Some(row) = self.store.get(&tables::SETTINGS, NAME).await? {
                let Value::Bytes(bytes) = row.value(1) else { return Err(corrupt_key()) };
                let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| corrupt_key())?;
                return Ok(self.key.get_or_init(|| SiteKey::from_bytes(bytes)));
            }
            let mut bytes = Zeroizing::new([0; 32]);
            self.entropy.fill(bytes.as_mut_slice())?;
            let drawn = SiteKey::from_bytes(*bytes);
            let row = Row::new(vec![
                Value::Bytes(NAME.to_vec()),
                Value::Bytes(drawn.as_bytes().to_vec()),
                Value::Int(1),
            ]);
            let now = self.now();
            let id = BatchId::draw(now, self.entropy.as_ref())?;
            let change = Change::Insert { table: &tables::SETTINGS, row };
            match self.commit(&Batch::new(id, now, vec![change])).await {
                // Also after a conflict the next round reads what is there.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }
}

fn corrupt_key() -> Error {
    crate::store::Corrupt { table: tables::SETTINGS.name, column: "value" }.into()
}

fn read<R: Record>(row: Option<Row>) -> Result<Option<R>, crate::store::Corrupt> {
    row.as_ref().map(R::from_row).transpose()
}

fn hash_error(error: HashError) -> Error {
    match error {
        HashError::Busy => Error::Busy,
        error => Error::Unavailable(Box::new(error)),
    }
}

/// Text, as a value to [find](Core::find) or [page](page()) by.
pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// A page of a table the crate itself described, so the ordering's name is known to be right.
pub(crate) fn page(
    table: &'static Table,
    ordering: &'static str,
    equal: Vec<Value>,
    limit: u32,
) -> Result<crate::store::Page> {
    crate::store::Page::of(table, ordering, equal, limit)
        .ok_or_else(|| crate::store::StoreError::Unsupported(ordering).into())
}
