//! Upkeep: what a core does by the clock, without being asked.
//!
//! Must never decide anything, nor end because something failed once.

use crate::authenticator::Authenticator;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often the last use of tokens is stored and the database file brought up to date.
const STORED_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether another core has deleted a site.
const CLEARED_EVERY: Duration = Duration::from_mins(1);
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

/// Removes what is left of deleted sites: of those that are told, of those that another core has
/// deleted, and of what an earlier process left behind.
pub(crate) async fn keep_cleared(store: Store, deleted: Arc<Notify>, stopping: CancellationToken) {
    loop {
        while !stopping.is_cancelled() {
            match store.remove_remains().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "what is left of deleted sites could not be removed");
                    break;
                }
            }
        }
        let told = timeout(CLEARED_EVERY, deleted.notified());
        if stopping.run_until_cancelled(told).await.is_none() {
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
