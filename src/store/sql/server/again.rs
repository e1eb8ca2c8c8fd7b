//! A batch that is sent again is answered once the standbys have it too.

use super::super::{Arg, Call, Done, Link, Statements, work};
use crate::store::{Batch, CommitError};

/// Writes to the note of a batch that was applied before. Its first try may have ended on this
/// server alone, waiting for the standbys until somebody ended it; the end of this write waits for
/// them, and comes after that of the first.
///
/// # Errors
/// [`CommitError`] when it could not be written.
pub(super) async fn note_again(
    batch: &Batch,
    link: &mut impl Link,
    statements: &Statements,
) -> Result<Done, CommitError> {
    let id = batch.id();
    match link.run(&[Call::new(&statements.again, [Arg::Bytes(id.as_bytes())])]).await {
        Err(CommitError::Conflict) => Err(work::undecided()),
        noted => noted.map(|_| Done::Recognised),
    }
}
