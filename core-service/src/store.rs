//! The store: what was decided, kept in SQLite or PostgreSQL.
//!
//! Owns the database: connections to it, SQL, the form of rows. It is the only room that names
//! sea-orm. Must never decide anything: it loads what a decision needs and saves what was
//! decided, always within one site. It is public for the store suite in `tests/store.rs` only.

mod commit_news;
mod conditions;
mod connections;
mod consumers;
mod cut_offs;
mod dialect;
mod error;
mod events;
mod expressions;
mod figures;
mod grants;
mod group;
mod group_members;
mod groups;
mod open;
mod open_error;
mod open_file;
mod order;
mod parameter;
mod pinned_connection;
#[cfg(test)]
mod plans;
mod point_reads;
mod pool;
mod pooling;
mod refused_requests;
mod remains;
mod requests;
mod retention;
mod row_fields;
#[cfg(test)]
mod row_names;
mod row_sql;
mod rule_runs;
mod save_rows;
mod scan;
mod service_tokens;
mod services;
mod sessions;
mod sites;
mod standing_changes;
mod standing_fills;
mod statements;
mod status;
mod tokens;
mod user_emails;
mod users;

pub use commit_news::{CommitListener, CommitNews};
pub use figures::{
    ConnectionFigure, ConsumedLedger, ConsumerFigure, StoredFigures, UsedShare, UserFigure,
};
pub use group::{GroupWriter, WriteGroup};
pub use open_error::OpenError;
pub use rule_runs::RunProgress;
pub use status::StoreStatus;

use crate::{DocumentProblem, StoreError};
use dialect::Dialect;
use open::DatabaseTarget;
use open_file::OpenFile;
use pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use point_reads::PointReads;
use pool::Pool;
use provost_domain::ProfileSchema;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr, Statement, Value};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::time::timeout;

/// Connections for who calls and from which site. Nobody is kept waiting at the door by lists.
const DOOR_CONNECTIONS: u32 = 2;
/// Connections for lists that an index serves, and for what operators look at.
const LIST_CONNECTIONS: u32 = 2;
/// Connections for lists that are looked through user by user, one for each turn at it.
const SCAN_CONNECTIONS: u32 = 3;
/// Connections for whoever follows ledgers, of which there may be many. They are made when somebody does.
const WATCH_CONNECTIONS: u32 = 2;
/// Connections for looking whether all is well, which must not be kept waiting by anybody's requests.
const LOOK_CONNECTIONS: u32 = 1;
/// Connections for counting what is stored, which goes through all users and may take a while.
const COUNT_CONNECTIONS: u32 = 1;
/// How long the database may take to answer when it is looked whether it is there. Longer than a connection
/// is tried, so that one that is refused is no slow answer.
const LONGEST_LOOK: Duration = Duration::from_secs(6);

/// The database, ready for use. Clones share everything.
#[derive(Debug, Clone)]
pub struct Store {
    dialect: Dialect,
    /// The types of what is read from profiles.
    profile: ProfileSchema,
    /// Where there is one, on SQLite.
    file: Option<Arc<OpenFile>>,
    writers: Pool,
    door: Pool,
    lists: Pool,
    scans: Pool,
    watches: Pool,
    /// What other cores tell comes by one of its own, as long as anybody watches.
    news: DatabaseConnection,
    looks: DatabaseConnection,
    counts: DatabaseConnection,
    points: PointReads,
}

impl Store {
    /// As [`Store::open_with`], for profiles of the attributes that are kept of a person.
    pub async fn open(database_url: &str) -> Result<Self, OpenError> {
        Self::open_with(database_url, ProfileSchema::STANDARD).await
    }

    /// Connects, brings the schema up to date and starts the readers. Profiles are read with the
    /// types of these attributes.
    pub async fn open_with(database_url: &str, profile: ProfileSchema) -> Result<Self, OpenError> {
        let target = DatabaseTarget::parse(database_url)?;
        let writers = target.writers().await?;
        target.migrate(&writers).await?;
        target.check_writable(&writers).await?;
        if target.dialect() == Dialect::Sqlite {
            open::check_build(&writers).await.map_err(OpenError::Migration)?;
        }
        let file = target.open_file()?.map(Arc::new);
        let pool = |connections| Pool::new(connections, target.dialect());
        let store = Self {
            dialect: target.dialect(),
            profile,
            file,
            writers: pool(writers),
            door: pool(target.readers(DOOR_CONNECTIONS).await?),
            lists: pool(target.readers(LIST_CONNECTIONS).await?),
            scans: pool(target.scanners(SCAN_CONNECTIONS).await?),
            watches: pool(target.later(WATCH_CONNECTIONS).await?),
            news: target.later(1).await?,
            looks: target.later(LOOK_CONNECTIONS).await?,
            counts: target.later(COUNT_CONNECTIONS).await?,
            points: PointReads::start(&target, profile).await?,
        };
        // What a process that was killed left in the write-ahead log.
        store.checkpoint().await.map_err(OpenError::Checkpoint)?;
        Ok(store)
    }

    /// How many statements found no connection free, by pool and as it goes on. Groups are measured by whoever
    /// writes.
    pub fn pool_waits(&self) -> [(&'static str, Arc<AtomicU64>); 5] {
        [
            ("door", &self.door),
            ("lists", &self.lists),
            ("scans", &self.scans),
            ("watches", &self.watches),
            ("writers", &self.writers),
        ]
        .map(|(name, pool)| (name, pool.waits()))
    }

    /// How many look-ups of single users wait for a reader, as it goes on; none when the store is gone.
    pub fn waiting_look_ups(&self) -> impl Fn() -> Option<usize> + Send + Sync + use<> {
        self.points.waiting()
    }

    /// Looks whether the database is still what was opened. A server that is away is told by each
    /// call; but of a file that was removed or replaced nobody would hear.
    pub fn look(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.look())
    }

    /// Whether the database is still what was opened, and has everything that this version brings its schema
    /// up to date with. None where it has not answered in time.
    pub async fn is_migrated(&self) -> Result<Option<bool>, StoreError> {
        self.look()?;
        let answer = timeout(LONGEST_LOOK, provost_migrations::is_complete(&self.looks)).await;
        Ok(answer.ok().transpose()?)
    }

    /// What [`Store::look`], or the writer, has found last.
    pub fn as_seen_last(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.as_seen_last())
    }

    /// Moves what is in the write-ahead log of SQLite into the file. It takes nobody's turn: what is
    /// written meanwhile stays in the log.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Sqlite {
            self.lists.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await?;
        }
        Ok(())
    }

    /// Removes rows that are not kept any longer, and answers how many. So few at a time that others who
    /// write come in between.
    async fn remove(
        &self,
        sql: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        let statement = Statement::from_sql_and_values(self.dialect.into(), sql, values);
        // Nobody waits for this, so nobody would stop waiting.
        let removed = timeout(LONGEST_ANSWER, self.writers.execute_raw(statement)).await;
        Ok(removed.unwrap_or_else(|_| Err(failed(no_answer())))?.rows_affected())
    }

    /// Ends every connection. Calls after this, on any clone, are refused.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.points.close().await?;
        self.door.close_by_ref().await?;
        self.lists.close_by_ref().await?;
        self.scans.close_by_ref().await?;
        self.watches.close_by_ref().await?;
        self.news.close_by_ref().await?;
        self.looks.close_by_ref().await?;
        self.counts.close_by_ref().await?;
        self.writers.close_by_ref().await?;
        Ok(())
    }
}

/// Brings the schema of a database up to date and answers the names of what was applied.
pub async fn migrate(database_url: &str) -> Result<Vec<String>, OpenError> {
    let target = DatabaseTarget::parse(database_url)?;
    let writers = target.writers().await?;
    let applied = target.migrate(&writers).await?;
    // A failure to say goodbye changes nothing about what was applied.
    let _ = writers.close().await;
    Ok(applied)
}
