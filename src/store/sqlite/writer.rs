use std::{sync::Arc, thread};

use tokio::sync::{mpsc, oneshot};

use super::{block_on::block_on, driver::DriverError, link::SqliteLink, options::Opener};
use crate::store::{
    CommitError, Lease, StoreError,
    sql::{Done, Statements, Work},
};

/// How many requests may wait. One more waits outside, in its caller.
const QUEUE: usize = 1024;
/// The most requests, and roughly the most rows, that are committed together: what comes in
/// meanwhile waits for all of them.
const GROUP: usize = 128;
const GROUP_WEIGHT: usize = 1024;

type Answer = Result<Done, CommitError>;

/// The way to the one connection that writes.
///
/// It stands on a thread of its own, so a caller that is dropped leaves its request wholly done
/// or not begun, and whatever waits at the same moment can share one commit, which is one write
/// through to the disk.
pub(super) struct Writer {
    queue: mpsc::Sender<Request>,
}

enum Request {
    Work(Ticket),
    Close(oneshot::Sender<()>),
}

struct Ticket {
    work: Work,
    answer: oneshot::Sender<Answer>,
}

impl Writer {
    /// Starts the thread. It ends when the last sender is gone, or when it is told to close.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there can be no more threads.
    pub(super) fn start(
        opener: Opener,
        link: SqliteLink,
        statements: Arc<Statements>,
    ) -> Result<Self, StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let mut scribe = Scribe { opener, link: Some(link), statements, durable: None };
        thread::Builder::new()
            .name("portcullis-sqlite".to_owned())
            .spawn(move || scribe.serve(requests))
            .map_err(|_| StoreError::unavailable(DriverError::other("no more threads")))?;
        Ok(Self { queue })
    }

    /// Has a work done, and waits until it is committed.
    ///
    /// # Errors
    /// [`CommitError`] as the work met it; [`StoreError::Unavailable`] when the store is closed.
    pub(super) async fn ask(&self, work: Work) -> Answer {
        let closed = || CommitError::from(StoreError::unavailable(DriverError::closed()));
        let (answer, answered) = oneshot::channel();
        let request = Request::Work(Ticket { work, answer });
        self.queue.send(request).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Has everything asked so far finished and the connection closed.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// What runs on the thread.
struct Scribe {
    opener: Opener,
    /// None after a failure, until it is opened again.
    link: Option<SqliteLink>,
    statements: Arc<Statements>,
    /// Whether the connection writes commits through to the disk, where that is known.
    durable: Option<bool>,
}

/// A group was not committed.
struct Failure {
    error: DriverError,
    /// Whether its requests are worth trying one by one: one that SQLite refuses must not take
    /// the others with it.
    separable: bool,
}

/// How many rows a work may write, roughly.
fn rows(work: &Work) -> usize {
    match work {
        Work::Commit(batch) => batch.changes().len() + 1,
        Work::Charge(charges, _) => charges.len(),
        Work::Lease(Lease { limit, .. }) | Work::Purge { limit, .. } => {
            usize::try_from(*limit).unwrap_or(usize::MAX)
        }
    }
}

impl Scribe {
    fn serve(&mut self, mut requests: mpsc::Receiver<Request>) {
        let mut closers = Vec::new();
        while let Some(request) = requests.blocking_recv() {
            let (mut group, mut weight) = (Vec::new(), 0_usize);
            let mut next = Some(request);
            while let Some(request) = next {
                match request {
                    // Whoever asked is gone, and nothing was begun.
                    Request::Work(ticket) if ticket.answer.is_closed() => {}
                    Request::Work(ticket) => {
                        weight = rows(&ticket.work).saturating_add(weight);
                        group.push(ticket);
                    }
                    Request::Close(done) => {
                        requests.close();
                        closers.push(done);
                    }
                }
                let full = group.len() >= GROUP || weight >= GROUP_WEIGHT;
                next = if full { None } else { requests.try_recv().ok() };
            }
            block_on(self.settle(group));
        }
        if let Some(link) = self.link.take() {
            block_on(link.close());
        }
        for done in closers {
            let _ = done.send(());
        }
    }

    /// Does what a group asks and answers it.
    async fn settle(&mut self, group: Vec<Ticket>) {
        if group.is_empty() {
            return;
        }
        match self.together(&group).await {
            Ok(answers) => {
                for (ticket, answer) in group.into_iter().zip(answers) {
                    let _ = ticket.answer.send(answer);
                }
            }
            Err(failure) if failure.separable && group.len() > 1 => {
                for ticket in group {
                    Box::pin(self.settle(vec![ticket])).await;
                }
            }
            Err(Failure { error, .. }) => {
                tracing::error!(%error, "the store could not write");
                for ticket in group {
                    let failed = StoreError::unavailable(error.clone());
                    let _ = ticket.answer.send(Err(failed.into()));
                }
            }
        }
    }

    async fn together(&mut self, group: &[Ticket]) -> Result<Vec<Answer>, Failure> {
        let result = self.transaction(group).await;
        if result.is_err() {
            // What state the connection is in is not worth finding out.
            self.durable = None;
            let broken = self.link.take();
            // The new one first: a database in memory lives as long as a connection does.
            self.link = self.opener.writer().await.ok();
            if let Some(broken) = broken {
                broken.close().await;
            }
        }
        result
    }

    async fn transaction(&mut self, group: &[Ticket]) -> Result<Vec<Answer>, Failure> {
        let link = match self.link.take() {
            Some(link) => link,
            None => self.opener.writer().await.map_err(|error| Failure::of(&error, false))?,
        };
        let link = self.link.insert(link);
        let durable = group.iter().any(|ticket| ticket.work.is_durable());
        if self.durable != Some(durable) {
            let told = link.write_through(durable).await;
            told.map_err(|error| Failure::of(&error, false))?;
            self.durable = Some(durable);
        }
        link.say("BEGIN IMMEDIATE");
        let mut answers = Vec::with_capacity(group.len());
        let mut end = "COMMIT";
        for ticket in group {
            let alone = group.len() == 1;
            if !alone {
                link.say("SAVEPOINT one");
            }
            let answer = ticket.work.perform(link, &self.statements).await;
            if let Err(CommitError::Failed(error @ StoreError::Unavailable(_))) = &answer {
                return Err(Failure::of(error, true));
            }
            let kept = !matches!(answer, Err(_) | Ok(Done::Recognised));
            match (alone, kept) {
                (true, true) => {}
                (true, false) => end = "ROLLBACK",
                (false, true) => link.say("RELEASE one"),
                (false, false) => {
                    link.say("ROLLBACK TO one");
                    link.say("RELEASE one");
                }
            }
            answers.push(answer);
        }
        link.say(end);
        link.send().await.map_err(|error| Failure::of(&error, false))?;
        Ok(answers)
    }
}

impl Failure {
    fn of(error: &StoreError, separable: bool) -> Self {
        let error = DriverError::of(error).cloned();
        let error = error.unwrap_or_else(|| DriverError::other("the driver failed"));
        Self { separable: separable && error.is_of_database() && !error.is_busy(), error }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        id::BatchId,
        store::{Batch, Charge, Movement, Rule, sqlite::SqliteOptions},
    };

    fn ticket(work: Work) -> [Ticket; 1] {
        [Ticket { work, answer: oneshot::channel().0 }]
    }

    fn commit(n: u8) -> [Ticket; 1] {
        let batch = Batch::new(BatchId::from_bytes([n; 16]), OffsetDateTime::UNIX_EPOCH, vec![]);
        ticket(Work::Commit(batch))
    }

    fn charge() -> [Ticket; 1] {
        let charge = Charge {
            key: [1; 32],
            rule: Rule::Tally { forget: time::Duration::DAY },
            movement: Movement::Take,
        };
        ticket(Work::Charge(vec![charge], OffsetDateTime::UNIX_EPOCH))
    }

    #[test]
    fn commits_are_written_through_whatever_came_before() {
        block_on(async {
            let folder = tempfile::TempDir::new().unwrap();
            let options = SqliteOptions::new(folder.path().join("a.db"));
            let (opener, link, statements) = options.make_ready().await.unwrap();
            let mut scribe = Scribe { opener, link: Some(link), statements, durable: None };
            let mut level = async |group: [Ticket; 1]| {
                assert!(scribe.together(&group).await.is_ok_and(|answers| answers[0].is_ok()));
                let connection = scribe.link.as_mut().unwrap().connection();
                let row = sqlx::query("PRAGMA synchronous").fetch_one(connection).await.unwrap();
                row.get::<i64, _>(0)
            };
            for n in 0..3 {
                assert_eq!(level(commit(2 * n)).await, 2, "FULL");
                assert_eq!(level(commit(2 * n + 1)).await, 2, "FULL");
                assert_eq!(level(charge()).await, 1, "NORMAL");
                assert_eq!(level(charge()).await, 1, "NORMAL");
            }
        });
    }
}
