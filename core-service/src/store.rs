//! The store: what was decided, kept in SQLite or PostgreSQL.
//!
//! Owns the database: connections to it, SQL, the form of rows. It is the only room that names
//! sea-orm. Must never decide anything: it loads what a decision needs and saves what was
//! decided, always within one site. It is public for the store suite in `tests/store.rs` only.

mod connections;
mod dialect;
mod error;
mod events;
mod expressions;
mod group;
mod open;
mod open_error;
mod parameter;
mod pinned_connection;
#[cfg(test)]
mod plans;
mod scripts;
mod sites;
mod statements;
mod tokens;
mod user_emails;
mod users;

pub use group::{Group, GroupWriter};
pub use open_error::OpenError;

use crate::{DocumentProblem, StoreError};
use dialect::Dialect;
use open::DatabaseTarget;
use sea_orm::DatabaseConnection;
use users::reads::PointReads;

/// Connections for who calls and from which site. Nobody is kept waiting at the door by lists.
const DOOR_CONNECTIONS: u32 = 2;
/// Connections for lists that an index serves, and for what operators look at.
const LIST_CONNECTIONS: u32 = 2;
/// Connections for lists that are looked through user by user, one for each turn at it.
const SCAN_CONNECTIONS: u32 = 3;

/// The database, ready for use. Clones share everything.
#[derive(Debug, Clone)]
pub struct Store {
    dialect: Dialect,
    writers: DatabaseConnection,
    door: DatabaseConnection,
    lists: DatabaseConnection,
    scans: DatabaseConnection,
    points: PointReads,
}

impl Store {
    /// Connects, brings the schema up to date and starts the readers.
    pub async fn open(database_url: &str) -> Result<Self, OpenError> {
        let target = DatabaseTarget::parse(database_url)?;
        let writers = target.writers().await?;
        target.migrate(&writers).await?;
        if target.dialect() == Dialect::Sqlite {
            open::check_build(&writers).await.map_err(OpenError::Migration)?;
        }
        Ok(Self {
            dialect: target.dialect(),
            writers,
            door: target.readers(DOOR_CONNECTIONS).await?,
            lists: target.readers(LIST_CONNECTIONS).await?,
            scans: target.scanners(SCAN_CONNECTIONS).await?,
            points: PointReads::start(&target).await?,
        })
    }

    /// Ends every connection. Calls after this, on any clone, are refused.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.points.close().await?;
        self.door.close_by_ref().await?;
        self.lists.close_by_ref().await?;
        self.scans.close_by_ref().await?;
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
