//! Connecting: from a database URL to pools that are set up for what each is used for.
//!
//! Owns how a connection is configured and what a person is told when there is none. The
//! password in a URL must never leave this file: not in an error, not in a span.

use super::OpenError;
use super::dialect::Dialect;
use super::error::{driver, is_busy, is_read_only};
use super::open_error::address;
use super::open_file::OpenFile;
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::pooling;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, Executor as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr, Statement,
};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How long a statement waits for another process that writes to the same SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How soon a SQLite file that somebody else holds is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);
/// So many rows SQLite finds before somebody takes them: all of a group, so that it does not wait
/// for us in the middle of a transaction.
const READY_ROWS: usize = 512;
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may take to say why it refuses.
const ONE_TRY: Duration = Duration::from_secs(1);
/// A connection that was idle for this long is tested before it is used again.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);
/// Pages of write-ahead log that are collected before they move into the file.
const CHECKPOINT_PAGES: &str = "2000";
/// How PostgreSQL keeps a core that has stopped in the middle of a group, frozen or cut off, from
/// stopping the others: in milliseconds, how long a transaction may pause before it is undone, and
/// how long anybody waits for a site that somebody else holds. It is set on each connection and not
/// asked for with it, which poolers refuse.
const PATIENCE: &str = "SET idle_in_transaction_session_timeout = 10000; SET lock_timeout = 5000";
/// The same, and how long PostgreSQL looks through a list.
const PATIENCE_FOR_SCANS: &str = "SET idle_in_transaction_session_timeout = 10000; \
    SET lock_timeout = 5000; SET statement_timeout = 15000";

/// How many KiB of pages a SQLite connection keeps that goes on from row to row, and seldom comes by the same page
/// again. The writer, and those that look single users up, keep as many as SQLite does by itself, 2,000.
const PAGES_TO_READ_ON: &str = "-512";

/// What a connection is for.
#[derive(Clone, Copy)]
enum Purpose {
    Writing,
    LookingUp,
    ReadingOn,
}

/// A database that was named by a URL, not yet connected to.
#[derive(Clone)]
pub(super) enum DatabaseTarget {
    Sqlite(SqliteConnectOptions),
    /// The server, and what is set on each connection.
    Postgres(PgConnectOptions, &'static str),
}

impl DatabaseTarget {
    /// Reads a database URL.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            return sqlite(url).map(Self::Sqlite);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return postgres(url).map(|server| Self::Postgres(server, PATIENCE));
        }
        Err(OpenError::UnknownScheme)
    }

    /// The file that was opened, where there is one.
    pub(super) fn open_file(&self) -> Result<Option<OpenFile>, OpenError> {
        let Self::Sqlite(file) = self else { return Ok(None) };
        let path = file.get_filename();
        OpenFile::at(path).map(Some).map_err(|error| OpenError::File {
            path: path.to_owned(),
            problem: error.kind().to_string(),
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Connections that write. SQLite has one writer at a time, so it gets one connection.
    pub(super) async fn writers(&self) -> Result<DatabaseConnection, OpenError> {
        match self {
            Self::Sqlite(file) => {
                keep_private(file)?;
                self.connect(1, Purpose::Writing).await
            }
            Self::Postgres(server, _) => {
                let writers = self.connect(2, Purpose::Writing).await?;
                let lent = pooling::are_lent(&writers).await;
                if lent.map_err(|error| self.explain(&failed(error)))? {
                    return Err(OpenError::Lent { address: address(server) });
                }
                Ok(writers)
            }
        }
    }

    /// A connection that looks single users up.
    pub(super) async fn reader_of_points(&self) -> Result<DatabaseConnection, OpenError> {
        self.connect(1, Purpose::LookingUp).await
    }

    /// Connections that read only.
    pub(super) async fn readers(&self, connections: u32) -> Result<DatabaseConnection, OpenError> {
        self.connect(connections, Purpose::ReadingOn).await
    }

    /// Connections that read a lot at once, and on PostgreSQL no longer than anybody waits.
    pub(super) async fn scanners(&self, connections: u32) -> Result<DatabaseConnection, OpenError> {
        let target = match self {
            Self::Sqlite(file) => Self::Sqlite(file.clone()),
            Self::Postgres(server, _) => Self::Postgres(server.clone(), PATIENCE_FOR_SCANS),
        };
        target.connect(connections, Purpose::ReadingOn).await
    }

    /// Connections that read only, made when they are needed for the first time.
    pub(super) async fn later(&self, connections: u32) -> Result<DatabaseConnection, OpenError> {
        let mut options = self.options(connections, Purpose::ReadingOn);
        options.min_connections(0).connect_lazy(true);
        Database::connect(options).await.map_err(|error| self.explain(&error))
    }

    async fn connect(
        &self,
        connections: u32,
        purpose: Purpose,
    ) -> Result<DatabaseConnection, OpenError> {
        let options = self.options(connections, purpose);
        let connected = match self {
            Self::Sqlite(_) => connect_in_turn(options).await,
            Self::Postgres(server, _) => match Database::connect(options).await {
                Err(error) => Err(cause(server, error).await),
                connected => connected,
            },
        };
        connected.map_err(|error| self.explain(&error))
    }

    fn options(&self, connections: u32, purpose: Purpose) -> ConnectOptions {
        let mut options = match self {
            Self::Sqlite(file) => for_sqlite(file.clone(), purpose),
            Self::Postgres(server, settings) => for_postgres(server.clone(), settings),
        };
        options
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .sqlx_logging(false);
        options
    }

    /// Brings the schema up to date and answers the names of what was applied.
    pub(super) async fn migrate(
        &self,
        writers: &DatabaseConnection,
    ) -> Result<Vec<String>, OpenError> {
        provost_migrations::apply(writers).await.map_err(|error| match self {
            Self::Sqlite(_) if is_busy(&error) => self.explain(&error),
            _ if is_read_only(&error) => self.explain(&error),
            _ => OpenError::Migration(error),
        })
    }

    /// Writes nothing, which is refused where nothing can be written. SQLite says so neither when it
    /// opens a file that can only be read nor when a transaction begins.
    pub(super) async fn check_writable(
        &self,
        writers: &DatabaseConnection,
    ) -> Result<(), OpenError> {
        let nothing = writers.execute_unprepared("DELETE FROM sites WHERE 1 = 0").await;
        nothing.map(drop).map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &DbErr) -> OpenError {
        match self {
            Self::Sqlite(file) => OpenError::of_file(file, error),
            Self::Postgres(server, _) => OpenError::of_server(server, error),
        }
    }
}

/// SQLite does not wait, whatever its time limit for that is, when a new file gets its write-ahead
/// log and somebody else is about to give it one: so the waiting is done here.
async fn connect_in_turn(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let began = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if is_busy(&error) && began.elapsed() < BUSY_TIMEOUT => {
                sleep(TRY_AGAIN_AFTER).await;
            }
            answer => return answer,
        }
    }
}

/// A pool tries a server that refuses again until its time is over, and says only that it is. One
/// more try says why.
async fn cause(server: &PgConnectOptions, error: DbErr) -> DbErr {
    if !matches!(driver(&error), Some(sqlx::Error::PoolTimedOut)) {
        return error;
    }
    match timeout(ONE_TRY, PgConnection::connect_with(server)).await {
        Ok(Err(cause)) => DbErr::Conn(RuntimeErr::SqlxError(cause.into())),
        Ok(Ok(_)) | Err(_) => error,
    }
}

/// Makes the file before SQLite does, for its owner only; what SQLite lays beside it follows.
fn keep_private(file: &SqliteConnectOptions) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = file.get_filename();
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(OpenError::File { path: path.to_owned(), problem: error.kind().to_string() })
        }
    }
}

/// Pages are read, not mapped: mapped ones count as memory of the process, up to the whole file
/// for each connection, and answered hardly more requests.
fn sqlite(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    let options: SqliteConnectOptions = url.parse().map_err(|_| OpenError::Malformed("SQLite"))?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::InMemory);
    }
    Ok(options
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(READY_ROWS)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .disable_statement_logging())
}

fn postgres(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options: PgConnectOptions = url.parse().map_err(|_| OpenError::Malformed("PostgreSQL"))?;
    // Poolers refuse what they don't know; of numbers with fractions none is stored.
    let options = options.extra_float_digits(None);
    Ok(options.application_name("provost").disable_statement_logging())
}

/// The URL given to sea-orm is a placeholder, which it may show to anybody.
fn for_sqlite(file: SqliteConnectOptions, purpose: Purpose) -> ConnectOptions {
    let file = match purpose {
        Purpose::Writing => file,
        Purpose::LookingUp => file.pragma("query_only", "on"),
        Purpose::ReadingOn => {
            file.pragma("query_only", "on").pragma("cache_size", PAGES_TO_READ_ON)
        }
    };
    let mut options = ConnectOptions::new("sqlite://");
    options
        .map_sqlx_sqlite_opts(move |_| file.clone())
        .test_before_acquire(false)
        // Where a commit fails for want of disk, SQLite has undone the transaction and sqlx takes it
        // for open. What came next would be part of it, and never be committed.
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_fresh = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_fresh) })
        })
        .idle_timeout(None)
        .max_lifetime(None);
    options
}

fn for_postgres(server: PgConnectOptions, settings: &'static str) -> ConnectOptions {
    let mut options = ConnectOptions::new("postgres://localhost");
    options
        .map_sqlx_postgres_opts(move |_| server.clone())
        .map_sqlx_postgres_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| Box::pin(set(connection, settings)))
                .after_release(|connection, _| Box::pin(is_there(connection)))
        })
        .test_before_acquire_if_idle_for(TEST_AFTER_IDLE);
    options
}

async fn set(connection: &mut PgConnection, settings: &'static str) -> Result<(), sqlx::Error> {
    connection.execute(settings).await.map(drop)
}

/// A connection that comes back because somebody stopped waiting may belong to a server that is gone
/// without a word. sqlx would test it for as long as the system tries, and keep its place in the pool.
async fn is_there(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(LONGEST_ANSWER, connection.ping()).await.unwrap_or_else(|_| Err(no_answer()))?;
    Ok(true)
}

/// Warns when SQLite was built without the flags that `.cargo/config.toml` asks for: everything
/// works, but slower.
pub(super) async fn check_build(database: &DatabaseConnection) -> Result<(), DbErr> {
    let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA compile_options");
    let rows = database.query_all_raw(statement).await?;
    let built: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let has = |option: &str| built.iter().any(|built| built == option);
    let as_intended =
        ["ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "STMTJRNL_SPILL=-1"].into_iter().all(has)
            && !has("ENABLE_MEMORY_MANAGEMENT");
    if !as_intended {
        tracing::warn!(
            "SQLite was built without the flags of .cargo/config.toml and will be slower; \
             build inside the repository"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::DatabaseBackend;

    #[test]
    fn refuses_urls_with_a_sentence() {
        let refused = |url: &str| DatabaseTarget::parse(url).err().map(|error| error.to_string());
        for (url, word) in [
            ("mysql://root@localhost/x", "must begin with"),
            ("", "must begin with"),
            ("sqlite::memory:", "forget everything"),
            ("sqlite://x?mode=memory", "forget everything"),
            ("postgres://u:secret@host:notaport/db", "PostgreSQL URL"),
        ] {
            let sentence = refused(url).unwrap();
            assert!(sentence.contains(word), "{url}: {sentence}");
            assert!(!sentence.contains("secret"), "{sentence}");
        }
        for url in ["sqlite://data/p.db", "postgres://u@h/d", "postgresql://u:p@h:1/d"] {
            assert_eq!(refused(url), None, "{url}");
        }
    }

    #[tokio::test]
    async fn a_locked_file_is_named_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("provost.db");
        let options = sqlite(&format!("sqlite://{}", path.display())).unwrap();
        let target = DatabaseTarget::Sqlite(options.busy_timeout(Duration::ZERO));
        let holder = target.writers().await.unwrap();
        holder.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();

        let writers = target.writers().await.unwrap();
        let unmigrated = target.migrate(&writers).await.unwrap_err();
        let busy = writers.execute_unprepared("BEGIN IMMEDIATE").await.unwrap_err();
        for error in [unmigrated, target.explain(&busy)] {
            assert!(matches!(&error, OpenError::Locked { path: named } if *named == path));
            let sentence = error.to_string();
            assert!(
                sentence.contains("kept locked by another process. Let it finish"),
                "{sentence}"
            );
        }
    }

    #[tokio::test]
    async fn a_connection_that_nobody_waits_for_any_more_is_given_up() {
        let Some(database) = provost_test_postgres::database() else { return };
        let target = DatabaseTarget::parse(database.url()).unwrap();
        let (pool, other) = (target.readers(1).await.unwrap(), target.readers(1).await.unwrap());
        let statement = |sql| Statement::from_string(DatabaseBackend::Postgres, sql);
        let abandoned = pool.clone();
        let asking = tokio::spawn(async move {
            abandoned.query_all_raw(statement("SELECT pg_sleep(600)")).await
        });
        let active = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' \
            AND state = 'active' AND datname = current_database()";
        while other.query_all_raw(statement(active)).await.unwrap().is_empty() {}

        asking.abort();
        asking.await.unwrap_err();
        // Time passes as soon as nobody has anything to do but wait.
        tokio::time::pause();
        sleep(LONGEST_ANSWER * 2).await;
        tokio::time::resume();
        pool.query_all_raw(statement("SELECT 1")).await.unwrap();
    }

    #[tokio::test]
    async fn postgres_is_patient_for_so_long_only() {
        let Some(database) = provost_test_postgres::database() else { return };
        let pool = DatabaseTarget::parse(database.url()).unwrap().writers().await.unwrap();
        for (setting, time) in
            [("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "10s")]
        {
            let sql = format!("SELECT current_setting('{setting}')");
            let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
            let row = pool.query_one_raw(statement).await.unwrap().unwrap();
            assert_eq!(row.try_get_by_index::<String>(0).unwrap(), time, "{setting}");
        }
    }
}
