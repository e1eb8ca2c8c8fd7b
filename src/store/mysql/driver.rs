use sqlx::mysql::MySqlDatabaseError;

use crate::store::{
    CommitError, StoreError,
    sql::server::{DriverError, Fate, fate},
};

pub(super) const NAME: &str = "mysql";

pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    let sqlx::Error::Database(error) = error else {
        return DriverError::of_way(NAME, error).into();
    };
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, |error| error.number());
    // The words of others can quote what was sent.
    let said = if SPEAKABLE.contains(&number) {
        format!("{number} {}", error.message())
    } else {
        number.to_string()
    };
    DriverError::new(NAME, &said, meaning(number)).into()
}

/// What a failed write means.
pub(super) fn refused(error: &sqlx::Error) -> CommitError {
    let error = unavailable(error);
    if fate(&error) == Some(Fate::Conflict) { CommitError::Conflict } else { error.into() }
}

/// Errors whose words name tables, columns, users and settings, and no values.
const SPEAKABLE: [u16; 14] =
    [1040, 1044, 1045, 1046, 1047, 1049, 1053, 1054, 1071, 1142, 1146, 1226, 1290, 1836];

fn meaning(number: u16) -> Fate {
    match number {
        // A deadlock, which is also how Galera says that another node was first; a row that
        // changed since it was read.
        1213 | 1020 => Fate::Undone,
        // MySQL's Group Replication: another node was first.
        3101 => Fate::Undone,
        // TiDB: two transactions wrote one row, or were too late to.
        8002 | 8022 | 9007 => Fate::Undone,
        // A lock that was not given up in time; a unique key that is taken.
        1205 | 1062 => Fate::Conflict,
        // A database, a column, a table, a setting.
        1049 | 1054 | 1146 | 1193 => Fate::Missing,
        1050 | 1060 | 1061 => Fate::Exists,
        // A node that is not part of its cluster; a server that ends, or has become one that only
        // reads; a connection that was ended, also for being idle.
        1047 | 1053 | 1290 | 1836 | 1927 | 3169 | 4031 => Fate::Lost,
        1152 | 1158..=1161 | 1184 => Fate::Lost,
        _ => Fate::Refused,
    }
}
