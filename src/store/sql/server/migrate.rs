use std::time::{Duration, Instant};

use super::{Fate, Peer, PeerLink, fate};
use crate::{
    clock::{Clock as _, SystemClock, to_micros},
    entropy::{Entropy as _, SystemEntropy},
    store::{
        StoreError, Table,
        sql::{Call, Link as _, Names, Statements, migration},
    },
};

/// The table whose one row says who changes the tables, and until when nobody else does. A lock
/// of the session's would hold on one node of a cluster only.
const LEASE: &str = "migration_lease";

/// How long a lease lasts; one migration takes less.
const LEASED: Duration = Duration::from_secs(60);

/// How long to wait for another process.
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
    allowed: bool,
) -> Result<(), StoreError> {
    let stands = contract(link, names).await?;
    if migration::pending(migration::migrations(names), stands)?.is_empty() {
        return Ok(());
    }
    if !allowed {
        return Err(StoreError::Unsupported("tables the host has not migrated yet"));
    }
    let lease = names.table(LEASE);
    let table = format!(
        "CREATE TABLE IF NOT EXISTS {lease} (id INTEGER NOT NULL PRIMARY KEY, holder BIGINT NOT \
         NULL, ends_at BIGINT NOT NULL)"
    );
    make(link, &table).await?;
    make(link, &format!("INSERT INTO {lease} (id, holder, ends_at) VALUES (1, 0, 0)")).await?;
    let me = draw()?;
    let begun = Instant::now();
    loop {
        let stands = contract(link, names).await?;
        let pending = migration::pending(migration::migrations(names), stands)?;
        if pending.is_empty() {
            return Ok(());
        }
        if take(link, &lease, me).await? {
            for migration in pending {
                apply::<P>(link, &migration.sql).await?;
            }
            let free = format!("UPDATE {lease} SET ends_at = 0 WHERE id = 1 AND holder = {me}");
            return say(link, &free).await.map(drop);
        }
        if begun.elapsed() > PATIENCE {
            return Err(StoreError::unavailable("another process changes the tables"));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Whether the tables have the columns this version reads.
///
/// # Errors
/// [`StoreError::Unsupported`] when they have not; [`StoreError::Unavailable`] when the database
/// does not answer.
pub(in crate::store) async fn check<P: Peer>(
    link: &mut P::Link,
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
    Ok(())
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

async fn take(link: &mut impl PeerLink, lease: &str, me: i64) -> Result<bool, StoreError> {
    let now = SystemClock.now();
    let (now, until) = (to_micros(now), to_micros(now + LEASED));
    let take = format!(
        "UPDATE {lease} SET holder = {me}, ends_at = {until} WHERE id = 1 AND ends_at < {now}"
    );
    match link.say(&take).await {
        Ok(written) => Ok(written == 1),
        Err(error) if met(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn apply<P: Peer>(link: &mut P::Link, sql: &str) -> Result<(), StoreError> {
    if P::MIGRATES_AT_ONCE {
        return link.say(sql).await.map(drop);
    }
    // Where a process died in the middle, some of it is done.
    for statement in sql.split_inclusive(";\n") {
        make(link, statement).await?;
    }
    Ok(())
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

/// Whether somebody else was first.
fn met(error: &StoreError) -> bool {
    matches!(fate(error), Some(Fate::Undone | Fate::Conflict))
}
