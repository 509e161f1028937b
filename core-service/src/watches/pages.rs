//! Pages: the events behind a position of a ledger.
//!
//! Watches at the head of one ledger ask for the same, so the newest page of each is kept for a moment:
//! one of them reads it, and the others find it.

use crate::Failure;
use crate::store::Store;
use moka::sync::Cache;
use provost_domain::RecordedEvent;
use provost_domain::SiteId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// So many events are read at once at most.
pub const MOST_ROWS: u64 = 256;
/// How long a page is kept, and how much of all of them together, in bytes of events.
const KEPT: (Duration, u64) = (Duration::from_secs(1), 16 << 20);
/// A number of turns at reading at the head; each ledger has one of them.
const TURNS: usize = 64;

/// An event as those need it who watch.
pub trait PagedEvent: From<RecordedEvent> + Send + Sync + 'static {
    /// Its position.
    fn revision(&self) -> i64;
    /// How much there is to tell of it, in bytes.
    fn size(&self) -> usize;
}

/// Events of ledgers, page by page.
pub struct EventPages<E> {
    store: Store,
    newest: Cache<SiteId, Arc<[E]>>,
    turns: [Mutex<()>; TURNS],
}

impl<E: PagedEvent> EventPages<E> {
    /// Reads from the store.
    pub fn new(store: Store) -> Self {
        let weight = |_: &SiteId, page: &Arc<[E]>| {
            let bytes: usize = page.iter().map(|event| event.size() + 512).sum();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let newest = Cache::builder().weigher(weight).max_capacity(KEPT.1).time_to_live(KEPT.0);
        Self { store, newest: newest.build(), turns: std::array::from_fn(|_| Mutex::default()) }
    }

    /// The event at a revision, as far as it is kept, and some of those behind it in their order: so many
    /// rows as are asked for, or those of a page that somebody else has read.
    pub async fn from(
        &self,
        site: SiteId,
        revision: i64,
        head: i64,
        rows: u64,
    ) -> Result<Arc<[E]>, Failure> {
        let is_at_head = head.saturating_sub(revision) < MOST_ROWS.cast_signed();
        if !is_at_head {
            return self.read(site, revision, rows).await;
        }
        let place = usize::try_from(site.0).unwrap_or_default() % TURNS;
        let _turn = self.turns[place].lock().await;
        if let Some(page) = self.newest.get(&site)
            && let [first, .., last] = &*page
            && first.revision() <= revision
            && last.revision() > revision
        {
            return Ok(page);
        }
        let page = self.read(site, revision, rows).await?;
        self.newest.insert(site, Arc::clone(&page));
        Ok(page)
    }

    async fn read(&self, site: SiteId, revision: i64, rows: u64) -> Result<Arc<[E]>, Failure> {
        let store = self.store.clone();
        // In a task of its own, or everything that is read would be part of the trace of the watch.
        let read = tokio::spawn(async move { store.events_from(site, revision, rows).await });
        let events = read.await.map_err(|_| Failure::Stopping)??;
        Ok(events.into_iter().map(E::from).collect())
    }
}
