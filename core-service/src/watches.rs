//! Watches: what it takes to follow ledgers, besides the way to whoever does.
//!
//! Owns how far ledgers are, the events behind a position, cursors, and how many watches there may be.
//! A watch is told that there is more and reads it when there is room for it, so nothing is kept for
//! one that waits. Must never know how events look on the wire, nor who may read them.

mod cursor;
mod heads;
mod mark;
mod other_cores;
mod pages;
mod places;
mod problem;

use crate::store::Store;
pub use cursor::{SnapshotPosition, WatchCursor, WatchPosition, WatchScope};
pub use heads::{LedgerHead, LedgerHeads, WatchedLedgers, keep_heads_known};
pub use mark::EventMark;
pub use other_cores::{OtherCores, hear_other_cores, tell_other_cores};
pub use pages::{EventPages, MOST_ROWS, PagedEvent};
pub use places::{WatchPermit, WatchPlaces};
pub use problem::{LedgerProblem, site_is_gone};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What all watches share.
pub struct Watches<E> {
    /// How far the watched ledgers are.
    pub heads: Arc<LedgerHeads>,
    /// The events of ledgers.
    pub pages: EventPages<E>,
    /// How many watches there may be.
    pub places: Arc<WatchPlaces>,
    /// Cancelled when watches are to end.
    pub ending: CancellationToken,
}

impl<E: PagedEvent> Watches<E> {
    /// Of the ledgers in a store, until they are to end.
    pub fn new(store: Store, ending: CancellationToken) -> Self {
        Self {
            heads: Arc::new(LedgerHeads::new(store.clone())),
            pages: EventPages::new(store),
            places: Arc::default(),
            ending,
        }
    }
}
