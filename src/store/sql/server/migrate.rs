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
    // Two processes that make one table at the same moment can still meet.
    unless_there(
        link.say(&format!(
            "CREATE TABLE IF NOT EXISTS {lease} (id INTEGER NOT NULL PRIMARY KEY, holder BIGINT \
             NOT NULL, ends_at BIGINT NOT NULL)"
        ))
        .await,
    )?;
    let first = format!("INSERT INTO {lease} (id, holder, ends_at) VALUES (1, 0, 0)");
    unless_there(link.say(&first).await)?;
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
            return link.say(&free).await.map(drop);
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
        link.rows(&[get], &[*table]).await.map_err(|error| match fate(&error) {
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
    match link.number(&format!("SELECT MAX(contract) FROM {book}")).await {
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
        Err(error) if fate(&error) == Some(Fate::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn apply<P: Peer>(link: &mut P::Link, sql: &str) -> Result<(), StoreError> {
    if P::MIGRATES_AT_ONCE {
        return link.say(sql).await.map(drop);
    }
    // Where a process died in the middle, some of it is done.
    for statement in sql.split_inclusive(";\n") {
        unless_there(link.say(statement).await)?;
    }
    Ok(())
}

fn unless_there(answer: Result<u64, StoreError>) -> Result<(), StoreError> {
    match answer {
        Err(error) if !matches!(fate(&error), Some(Fate::Exists | Fate::Conflict)) => Err(error),
        _ => Ok(()),
    }
}
