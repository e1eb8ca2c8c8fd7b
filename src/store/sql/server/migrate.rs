use std::time::{Duration, Instant};

use super::{Fate, Peer, PeerLink, fate, text, within};
use crate::{
    clock::{Clock as _, SystemClock, to_micros},
    entropy::{Entropy as _, SystemEntropy},
    store::{
        StoreError, Table,
        sql::{Call, Migration, Names, Statements, catalogue, migration},
    },
};

/// The table whose one row says who changes the tables, and until when nobody else does. A lock
/// of the session's would hold on one node of a cluster only.
const LEASE: &str = "migration_lease";

/// How long a lease lasts. It is renewed before each statement. One that takes longer goes on, and
/// whoever takes the lease over meanwhile waits at the database's own lock for it, is then refused
/// what is there already, and looks again.
const LEASED: Duration = Duration::from_secs(60);

/// How long to wait for another process: three leases. Chosen: one that died is outlasted, and one
/// that is at work on large tables has time; whoever waited in vain can open again.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often to look whether it is done.
const BETWEEN: Duration = Duration::from_millis(50);

/// How often something is said that was undone: where tables are made on one node of a cluster,
/// whatever another does with them at that moment is, reads included.
const TRIES: usize = 20;

/// Brings the tables to this version, unless they are, or the host does it.
///
/// # Errors
/// [`StoreError::Unsupported`] when the tables are newer than this crate, or older and not to be
/// changed; [`StoreError::Unavailable`] when the database does not answer.
pub(in crate::store) async fn bring_up_to_date<P: Peer>(
    link: &mut P::Link,
    names: &Names<'_>,
    migrations: &[Migration],
    allowed: bool,
    patience: Duration,
) -> Result<(), StoreError> {
    // Only what changes tables may take longer: that depends on how much is in them.
    let stands = within::<P, _, _>(patience, contract(link, names)).await?;
    if migration::pending(migrations, stands)?.is_empty() {
        return Ok(());
    }
    if !allowed {
        return Err(StoreError::Unsupported("tables the host has not migrated yet"));
    }
    let table = names.table(LEASE);
    let make_table = format!(
        "CREATE TABLE IF NOT EXISTS {table} (id INTEGER NOT NULL PRIMARY KEY, holder BIGINT NOT \
         NULL, ends_at BIGINT NOT NULL)"
    );
    make(link, &make_table).await?;
    make(link, &format!("INSERT INTO {table} (id, holder, ends_at) VALUES (1, 0, 0)")).await?;
    let lease = Lease { table, me: draw()? };
    let (begun, mut tries) = (Instant::now(), 0);
    loop {
        let stands = within::<P, _, _>(patience, contract(link, names)).await?;
        let pending = migration::pending(migrations, stands)?;
        if pending.is_empty() {
            return Ok(());
        }
        if lease.take(link).await? {
            let applied = apply::<P>(link, pending, &lease).await;
            // Also where it failed: nobody need wait for the lease to end.
            let given_back = say(link, &lease.set(0)).await.map(drop);
            match applied {
                // Somebody who works without a lease, as a host's tool does, made it meanwhile: the
                // contract says so then. Where it does not, this is what stands in the way.
                Err(error) if P::MIGRATES_AT_ONCE && tries < TRIES && is_taken(&error) => {
                    tries += 1;
                }
                Ok(true) => return given_back,
                applied => drop(applied?),
            }
        }
        if begun.elapsed() > PATIENCE {
            return Err(StoreError::unavailable("another process changes the tables"));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Whether the tables have the columns this version reads, the indexes it counts on, and text that
/// is compared by code point.
///
/// # Errors
/// [`StoreError::Unsupported`] when they have not; [`StoreError::Unavailable`] when the database
/// does not answer.
pub(in crate::store) async fn check<P: Peer>(
    link: &mut P::Link,
    names: &Names<'_>,
    statements: &Statements,
    patience: Duration,
) -> Result<(), StoreError> {
    within::<P, _, _>(patience, compare(link, names, statements)).await
}

async fn compare(
    link: &mut impl PeerLink,
    names: &Names<'_>,
    statements: &Statements,
) -> Result<(), StoreError> {
    for table in Table::ALL {
        let get = Call::new(&statements.of(table)?.get, [crate::store::sql::Arg::Bytes(&[])]);
        let get = [get];
        let mut answer = link.rows(&get, &[*table]).await;
        for _ in 1..TRIES {
            if undone(&answer) {
                answer = link.rows(&get, &[*table]).await;
            }
        }
        answer.map_err(|error| match fate(&error) {
            Some(Fate::Missing) => {
                StoreError::Unsupported("tables that are not those of their contract version")
            }
            _ => error,
        })?;
    }
    let listed = (names.dialect().catalogue)(names);
    let listed = link.rows(&[Call::new(&listed, [])], &[&catalogue::LISTED]).await?;
    catalogue::check(names, &listed)?;
    match link.number(&text::compares(names)).await? {
        Some(1) => Ok(()),
        _ => Err(StoreError::Unsupported(text::OTHER_TEXT)),
    }
}

/// The contract version of the tables that stand; zero where there are none.
async fn contract(link: &mut impl PeerLink, names: &Names<'_>) -> Result<u32, StoreError> {
    let book = names.table(migration::BOOK);
    let ask = format!("SELECT MAX(contract) FROM {book}");
    let mut answer = link.number(&ask).await;
    for _ in 1..TRIES {
        if undone(&answer) {
            answer = link.number(&ask).await;
        }
    }
    match answer {
        Ok(contract) => Ok(u32::try_from(contract.unwrap_or(0)).unwrap_or(u32::MAX)),
        Err(error) if fate(&error) == Some(Fate::Missing) => Ok(0),
        Err(error) => Err(error),
    }
}

/// A number that no other process has.
fn draw() -> Result<i64, StoreError> {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes).map_err(StoreError::unavailable)?;
    Ok(i64::from_ne_bytes(bytes))
}

/// The right to change the tables, as one process asks for it.
struct Lease {
    table: String,
    me: i64,
}

impl Lease {
    /// Takes it, unless somebody has it.
    async fn take(&self, link: &mut impl PeerLink) -> Result<bool, StoreError> {
        let Self { table, me } = self;
        let now = SystemClock.now();
        let (now, until) = (to_micros(now), to_micros(now + LEASED));
        let take = format!(
            "UPDATE {table} SET holder = {me}, ends_at = {until} WHERE id = 1 AND ends_at < {now}"
        );
        match link.say(&take).await {
            Ok(written) => Ok(written == 1),
            Err(error) if met(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps it, unless somebody took it over.
    async fn renew(&self, link: &mut impl PeerLink) -> Result<bool, StoreError> {
        let until = to_micros(SystemClock.now() + LEASED);
        Ok(say(link, &self.set(until)).await? == 1)
    }

    /// What sets its end, while one has it.
    fn set(&self, ends_at: i64) -> String {
        let Self { table, me } = self;
        format!("UPDATE {table} SET ends_at = {ends_at} WHERE id = 1 AND holder = {me}")
    }
}

/// Applies migrations; false where somebody took the lease over before the end.
async fn apply<P: Peer>(
    link: &mut P::Link,
    migrations: &[Migration],
    lease: &Lease,
) -> Result<bool, StoreError> {
    for Migration { sql, .. } in migrations {
        let at_once = P::MIGRATES_AT_ONCE;
        let statements: Vec<_> =
            if at_once { vec![sql.as_str()] } else { sql.split_inclusive(";\n").collect() };
        for statement in statements {
            if !lease.renew(link).await? {
                return Ok(false);
            }
            let done = if at_once { link.say(statement).await } else { say(link, statement).await };
            match done {
                // Where a process died in the middle, some of it is done. Nothing but that is
                // taken for it: what was refused for another reason is tried by the next.
                Err(error) if !at_once && is_there(&error) => {}
                done => drop(done?),
            }
        }
    }
    Ok(true)
}

/// Makes something, unless it is there.
///
/// # Errors
/// [`StoreError::Unavailable`] when it could not be made.
pub(in crate::store) async fn make(link: &mut impl PeerLink, sql: &str) -> Result<(), StoreError> {
    match say(link, sql).await {
        // Two processes that make one thing at the same moment can still meet.
        Err(error) if !matches!(fate(&error), Some(Fate::Exists | Fate::Conflict)) => Err(error),
        _ => Ok(()),
    }
}

async fn say(link: &mut impl PeerLink, sql: &str) -> Result<u64, StoreError> {
    let mut answer = link.say(sql).await;
    for _ in 1..TRIES {
        if undone(&answer) {
            answer = link.say(sql).await;
        }
    }
    answer
}

fn undone<T>(answer: &Result<T, StoreError>) -> bool {
    answer.as_ref().is_err_and(|error| fate(error) == Some(Fate::Undone))
}

/// Whether what should be made is there.
fn is_there(error: &StoreError) -> bool {
    fate(error) == Some(Fate::Exists)
}

/// Whether somebody else has made it, or is about to.
fn is_taken(error: &StoreError) -> bool {
    is_there(error) || met(error)
}

/// Whether somebody else was first.
fn met(error: &StoreError) -> bool {
    matches!(fate(error), Some(Fate::Undone | Fate::Conflict))
}

#[cfg(test)]
pub(in crate::store) mod tests;
