//! Why there is no store, in sentences for the person who starts the core: what is wrong and what
//! to do. Must never hold the password of a URL.

use super::error::{READ_ONLY_TRANSACTION, code, driver, is_busy, is_read_only};
use crate::StoreError;
use sea_orm::DbErr;
use sea_orm::sqlx::Error as DriverError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use std::io::ErrorKind;
use std::path::PathBuf;

/// SQLite's code for a file that doesn't begin as its own do.
const NOT_A_DATABASE: &str = "26";

/// Why the store could not be opened: sentences for the person who starts the core.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names neither of the two databases.
    #[error(
        "The database URL must begin with sqlite:// or postgres://, for example \
         sqlite://data/provost.db or postgres://provost@localhost/provost. Correct it."
    )]
    UnknownScheme,
    /// The URL has the right beginning but can't be read.
    #[error(
        "The database URL can't be read as a {0} URL. Check host, port and database name, and \
         write special characters in user name and password as %XX."
    )]
    Malformed(&'static str),
    /// Nothing would be kept.
    #[error(
        "A SQLite database in memory would forget everything at the next start. Name a file, for \
         example sqlite://data/provost.db."
    )]
    InMemory,
    /// The SQLite file can't be opened or created.
    #[error(
        "The database file {path} can't be opened or created ({problem}). Check that its folder \
         exists and that this user may write there."
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// The file holds something else.
    #[error(
        "The file {path} is not a SQLite database. Name another one in the database URL, or move it \
         away, and the next start makes a new one."
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else keeps the SQLite file locked.
    #[error(
        "The database file {path} is kept locked by another process. Let it finish, or find it, for \
         example with lsof {path}, and end it; then start again."
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite file can be read only.
    #[error(
        "The database file {path} can't be written to. Let the account that runs provost own it and \
         its folder, and check that its disk is not mounted read-only and the database URL does not \
         say mode=ro."
    )]
    ReadOnlyFile {
        /// The file.
        path: PathBuf,
    },
    /// PostgreSQL can be read only.
    #[error(
        "PostgreSQL at {address} takes no changes: it is a standby, or set to read-only. Name the \
         primary server in the database URL, or set default_transaction_read_only to off."
    )]
    ReadOnlyServer {
        /// Host and port.
        address: String,
    },
    /// PostgreSQL does not answer.
    #[error(
        "PostgreSQL at {address} can't be reached ({problem}). Check that it runs and accepts connections there."
    )]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        problem: String,
    },
    /// PostgreSQL is not who was meant, or speaks no TLS.
    #[error(
        "PostgreSQL at {address} is not spoken to over TLS ({problem}). Name a file with the authority \
         that signed its certificate as sslrootcert in the database URL, and the server by a name in \
         that certificate; or say with sslmode what is enough."
    )]
    Untrusted {
        /// Host and port.
        address: String,
        /// What went wrong.
        problem: String,
    },
    /// PostgreSQL refuses connections in clear.
    #[error(
        "PostgreSQL at {address} refuses the user {user} in clear. If it demands TLS, say \
         sslmode=verify-full and sslrootcert=FILE in the database URL, or leave sslmode out; else let \
         the user in from here."
    )]
    NotInClear {
        /// Host and port.
        address: String,
        /// The user name.
        user: String,
    },
    /// PostgreSQL refuses the user or the password.
    #[error(
        "PostgreSQL at {address} refuses the user {user}. Check user name and password in the \
         database URL."
    )]
    Credentials {
        /// Host and port.
        address: String,
        /// The user name.
        user: String,
    },
    /// PostgreSQL has no such database.
    #[error(
        "PostgreSQL at {address} has no database {database}. Create it, for example with \
         createdb {database}, or correct the database URL."
    )]
    NoDatabase {
        /// Host and port.
        address: String,
        /// The name that was asked for.
        database: String,
    },
    /// A pooler gives a connection to somebody else between two transactions.
    #[error(
        "PostgreSQL at {address} is behind a pooler that lends its connections for one transaction only, as \
         PgBouncer does with pool_mode = transaction. Set pool_mode = session for this database, or name \
         PostgreSQL itself in the database URL: the core keeps its few connections and needs no pooler."
    )]
    Lent {
        /// Host and port.
        address: String,
    },
    /// The write-ahead log of the SQLite file could not be moved into it.
    #[error(
        "The write-ahead log could not be moved into the database file ({0}). Check that the disk is \
         not full and the file not damaged."
    )]
    Checkpoint(#[source] StoreError),
    /// The schema could not be brought up to date.
    #[error(
        "The database schema could not be brought up to date ({0}). Nothing was changed. Check \
         that the database user owns the tables and may create some."
    )]
    Migration(#[source] DbErr),
}

impl OpenError {
    /// Why there is no connection to a SQLite file.
    pub(super) fn of_file(file: &SqliteConnectOptions, error: &DbErr) -> Self {
        let path = file.get_filename().to_owned();
        if is_busy(error) {
            return Self::Locked { path };
        }
        if code(error).as_deref() == Some(NOT_A_DATABASE) {
            return Self::NotADatabase { path };
        }
        if is_read_only(error) {
            return Self::ReadOnlyFile { path };
        }
        Self::File { path, problem: problem(error) }
    }

    /// Why there is no connection to a PostgreSQL server.
    pub(super) fn of_server(server: &PgConnectOptions, error: &DbErr) -> Self {
        let address = address(server);
        let user = server.get_username().to_owned();
        let database = server.get_database().unwrap_or(&user).to_owned();
        if let Some(problem) = tls_problem(error).filter(|_| server.get_socket().is_none()) {
            return Self::Untrusted { address, problem };
        }
        let is_clear = matches!(server.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow);
        match code(error).as_deref() {
            Some("28000") if is_clear => Self::NotInClear { address, user },
            Some("28P01" | "28000") => Self::Credentials { address, user },
            Some(READ_ONLY_TRANSACTION) => Self::ReadOnlyServer { address },
            Some("3D000") => Self::NoDatabase { address, database },
            _ => Self::Unreachable { address, problem: problem(error) },
        }
    }
}

/// Where a server is: host and port, or its socket.
pub(super) fn address(server: &PgConnectOptions) -> String {
    match server.get_socket() {
        Some(path) => path.display().to_string(),
        None => format!("{}:{}", server.get_host(), server.get_port()),
    }
}

/// What went wrong with TLS, where that is why.
fn tls_problem(error: &DbErr) -> Option<String> {
    match driver(error)? {
        DriverError::Tls(problem) => Some(problem.to_string()),
        // What is wrong with a certificate comes as invalid data.
        DriverError::Io(problem) if problem.kind() == ErrorKind::InvalidData => {
            Some(problem.to_string())
        }
        // Over TCP no server is missing, so it is a file.
        DriverError::Io(problem) if problem.kind() == ErrorKind::NotFound => {
            Some("a file that the database URL names is missing".to_owned())
        }
        _ => None,
    }
}

/// The innermost words, without the layers that passed them on.
fn problem(error: &DbErr) -> String {
    match driver(error) {
        Some(DriverError::Database(answer)) => answer.message().to_owned(),
        Some(DriverError::Io(problem)) => problem.to_string(),
        Some(DriverError::PoolTimedOut) => "no answer in time".to_owned(),
        Some(driver) => driver.to_string(),
        None => error.to_string(),
    }
}
