use crate::store::{
    CommitError, StoreError,
    sql::server::{DriverError, Fate, fate},
};

pub(super) const NAME: &str = "postgres";

pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code();
            let code = code.as_deref().unwrap_or("?????");
            // The words of other classes can quote what was sent.
            let said = if SPEAKABLE.iter().any(|class| code.starts_with(class)) {
                format!("{code} {}", error.message())
            } else {
                code.to_owned()
            };
            DriverError::new(NAME, &said, meaning(code)).into()
        }
        error => DriverError::of_way(NAME, error).into(),
    }
}

/// What a failed write means.
pub(super) fn refused(error: &sqlx::Error) -> CommitError {
    let error = unavailable(error);
    if fate(&error) == Some(Fate::Conflict) { CommitError::Conflict } else { error.into() }
}

/// Classes of codes whose words name tables, columns, roles and settings, and no values.
const SPEAKABLE: [&str; 7] = ["08", "25", "28", "3D", "42", "53", "57"];

fn meaning(code: &str) -> Fate {
    match code {
        // A serialization failure, a deadlock.
        "40001" | "40P01" => Fate::Undone,
        // A unique key that is taken; a lock that was not given up in time, where a role, a
        // database or a pool says how long that is.
        "23505" | "55P03" => Fate::Conflict,
        // A schema, a table, a column.
        "3F000" | "42P01" | "42703" => Fate::Missing,
        "42P06" | "42P07" | "42701" | "42710" => Fate::Exists,
        // The server has become one that only reads.
        "25006" => Fate::Lost,
        // The connection was lost; the server ends, starts, or ended the connection for being idle.
        code if code.starts_with("08") || code.starts_with("57P") => Fate::Lost,
        _ => Fate::Refused,
    }
}
