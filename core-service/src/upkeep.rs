//! Upkeep: what a core does by the clock, without being asked.
//!
//! Must never decide anything, nor end because something failed once.

use crate::authenticator::Authenticator;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the last use of tokens is stored and the database file brought up to date.
const STORED_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether the database is still there.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Stores now and then what nobody waits for, and once more at the end.
pub(crate) async fn keep_stored(
    authenticator: Arc<Authenticator>,
    store: Store,
    stopping: CancellationToken,
) {
    loop {
        let last = stopping.run_until_cancelled(sleep(STORED_EVERY)).await.is_none();
        if let Err(error) = authenticator.flush_uses().await {
            tracing::warn!(%error, "the last use of tokens could not be stored");
        }
        if let Err(error) = store.checkpoint().await {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database file");
        }
        if last {
            return;
        }
    }
}

/// Tells whether the database is there, whenever that changes.
pub(crate) async fn keep_watch(
    store: Store,
    is_there: watch::Sender<bool>,
    stopping: CancellationToken,
) {
    while stopping.run_until_cancelled(sleep(LOOKED_EVERY)).await.is_some() {
        let found = store.look();
        let has_changed = is_there.send_if_modified(|known| {
            let before = std::mem::replace(known, found.is_ok());
            before != found.is_ok()
        });
        match found {
            Err(error) if has_changed => tracing::error!(%error, "not serving"),
            Ok(()) if has_changed => tracing::info!("the database file is back: serving again"),
            _ => {}
        }
    }
}
