//! Which kind of [`StoreError`] an error of the database is.
//!
//! Must never know what is answered to whom.

use crate::{DocumentProblem, StoreError};
use sea_orm::sqlx::Error as DriverError;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

impl From<&serde_json::Error> for DocumentProblem {
    fn from(error: &serde_json::Error) -> Self {
        Self::Json { line: error.line(), column: error.column() }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let told = told(&error);
        if code(&error).as_deref() == Some(LOCK_NOT_AVAILABLE) {
            Self::Held(told)
        } else if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            Self::Conflict(told)
        } else if is_unavailable(&error) {
            Self::Unavailable(told)
        } else {
            Self::Broken(told)
        }
    }
}

/// What is said of an error. A database says what is wrong without the row; but not where it was given a value that
/// it can't read, nor where the words are somebody's who has put a trigger there.
fn told(error: &DbErr) -> String {
    let quoting = code(error).filter(|code| may_quote(code) || is_raised(error));
    quoting.map_or_else(
        || error.to_string(),
        |code| format!("error {code}, in words that may quote a row"),
    )
}

/// The driver's own error, without the layers that passed it on.
pub(super) fn driver(error: &DbErr) -> Option<&DriverError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(driver))
        | DbErr::Exec(RuntimeErr::SqlxError(driver))
        | DbErr::Query(RuntimeErr::SqlxError(driver)) => Some(driver),
        _ => None,
    }
}

/// SQLite's extended result code, or PostgreSQL's SQLSTATE.
pub(super) fn code(error: &DbErr) -> Option<String> {
    Some(driver(error)?.as_database_error()?.code()?.into_owned())
}

/// Whether another connection holds the SQLite file. To be asked of errors of SQLite only: a
/// SQLSTATE of digits could be taken for it, because it is a number with some last byte as well.
pub(super) fn is_busy(error: &DbErr) -> bool {
    code(error).and_then(|code| sqlite_kind(&code)) == Some(BUSY)
}

/// Whether the database takes no changes.
pub(super) fn is_read_only(error: &DbErr) -> bool {
    code(error).is_some_and(|code| {
        code == READ_ONLY_TRANSACTION || code.len() < 5 && sqlite_kind(&code) == Some(READ_ONLY)
    })
}

fn is_unavailable(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_)) || driver(error).is_some_and(is_driver_unavailable)
}

fn is_driver_unavailable(error: &DriverError) -> bool {
    match error {
        DriverError::Database(answer) => answer.code().is_some_and(|code| is_passing(&code)),
        DriverError::Io(_)
        | DriverError::Tls(_)
        | DriverError::Protocol(_)
        | DriverError::PoolTimedOut
        | DriverError::PoolClosed
        | DriverError::WorkerCrashed => true,
        _ => false,
    }
}

/// Whether what a database says of such an error may have something of a row in it. PostgreSQL: data exceptions, and
/// what functions raise. SQLite: what a trigger raises.
fn may_quote(code: &str) -> bool {
    const RAISED: &str = "1811";
    code.len() == 5 && ["22", "P0"].iter().any(|class| code.starts_with(class)) || code == RAISED
}

/// Whether a function of PostgreSQL raised it, which may have given it the code of any other error.
fn is_raised(error: &DbErr) -> bool {
    let answer = driver(error).and_then(DriverError::as_database_error);
    let answer = answer.and_then(|answer| answer.try_downcast_ref::<PgDatabaseError>());
    answer.and_then(PgDatabaseError::routine) == Some("exec_stmt_raise")
}

/// SQLSTATE of a lock that was waited for in vain; no code of SQLite has letters.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// SQLSTATE of a write where only reading is possible: on a standby, for example.
pub(super) const READ_ONLY_TRANSACTION: &str = "25006";
/// <https://www.sqlite.org/rescode.html#busy>
const BUSY: i32 = 5;
/// <https://www.sqlite.org/rescode.html#readonly>
const READ_ONLY: i32 = 8;

/// What kind of error an extended result code of SQLite stands for.
fn sqlite_kind(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|extended| extended & 0xff)
}

/// Whether an error code tells of a state of the database that passes, not of a fault of the
/// statement. SQLite: <https://www.sqlite.org/rescode.html>, PostgreSQL: SQLSTATE, five characters.
fn is_passing(code: &str) -> bool {
    const LOCKED: i32 = 6;
    const IO_ERROR: i32 = 10;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    if code.len() == 5 {
        // Connection lost; out of resources; server shutting down or starting; read-only after
        // a failover; paused in a transaction for too long; serialisation failure, deadlock. Not a
        // statement that takes too long: it will the next time, too.
        return ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
            || [READ_ONLY_TRANSACTION, "25P03", "40001", "40P01", "58030"].contains(&code);
    }
    sqlite_kind(code)
        .is_some_and(|kind| [BUSY, LOCKED, READ_ONLY, IO_ERROR, FULL, CANNOT_OPEN].contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_may_quote_a_row() {
        // No UUID, raised by a function, raised by a trigger of SQLite.
        for quoting in ["22P02", "P0001", "1811"] {
            assert!(may_quote(quoting), "{quoting}");
        }
        // Unique, check, took too long, permission; SQLite: unique, generic.
        for told in ["23505", "23514", "57014", "42501", "2067", "1", "22"] {
            assert!(!may_quote(told), "{told}");
        }
    }

    #[test]
    fn tells_passing_states_from_faults() {
        // Busy, busy (snapshot), read-only, read-only (moved), full, connection failure, paused in a transaction, deadlock, admin
        // shutdown.
        for passing in ["5", "517", "8", "1032", "13", "08006", "25P03", "40P01", "57P01"] {
            assert!(is_passing(passing), "{passing}");
        }
        // Constraint (unique), generic error, syntax error, undefined table, unique violation, took
        // too long.
        for fault in ["2067", "1", "42601", "42P01", "23505", "57014"] {
            assert!(!is_passing(fault), "{fault}");
        }
    }
}
