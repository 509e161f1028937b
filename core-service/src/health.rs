//! Health: whether the core has what it works with.
//!
//! Owns how it is looked, and the words for what is missing. Must never know who is told, nor end because
//! something failed once.

use crate::store::Store;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether the database is still there.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// What was found when it was looked last. What is missing is a sentence for whoever runs the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreHealth {
    /// Whether the database answers, and is the one that was opened.
    pub database: Result<(), String>,
    /// Whether its schema has all that this version needs.
    pub migrations: Result<(), String>,
}

impl CoreHealth {
    /// That of a core that has just opened its database.
    pub const GOOD: Self = Self { database: Ok(()), migrations: Ok(()) };

    /// Whether calls can be answered.
    pub fn is_good(&self) -> bool {
        self.database.is_ok() && self.migrations.is_ok()
    }

    async fn of(store: &Store) -> Self {
        match store.is_migrated().await {
            Ok(true) => Self::GOOD,
            Ok(false) => Self {
                database: Ok(()),
                migrations: Err(
                    "the schema is older than this version needs, as if a copy from before an upgrade had been put back: start again, which brings it up to date".to_owned(),
                ),
            },
            Err(error) => Self {
                database: Err(error.to_string()),
                migrations: Err("not looked for, because the database does not answer".to_owned()),
            },
        }
    }
}

/// Tells whenever something goes missing or comes back.
pub(crate) async fn keep_watch(
    store: Store,
    told: watch::Sender<CoreHealth>,
    stopping: CancellationToken,
) {
    while stopping.run_until_cancelled(sleep(LOOKED_EVERY)).await.is_some() {
        let Some(found) = stopping.run_until_cancelled(CoreHealth::of(&store)).await else {
            return;
        };
        let before = told.send_replace(found.clone());
        match (&found.database, &found.migrations) {
            (Err(error), _) if before.database.is_ok() => tracing::error!(%error, "not serving"),
            (Ok(()), Err(error)) if before.migrations.is_ok() => {
                tracing::error!(%error, "not serving");
            }
            _ if found.is_good() && !before.is_good() => {
                tracing::info!("the database is back: serving again");
            }
            _ => {}
        }
    }
}
