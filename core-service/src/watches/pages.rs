//! Pages: the events behind a position of a ledger.
//!
//! Watches near the head of one ledger ask for the same, so the pages there are kept for a moment: one of them
//! reads a page, and the others find it. Pages begin at round revisions, so that they are the same for all.

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
/// How near to the head pages are kept: whoever is further behind is alone.
const NEAR: i64 = 16 * MOST_ROWS.cast_signed();
/// How long a page is kept, and how much of all of them together, in bytes of events.
const KEPT: (Duration, u64) = (Duration::from_secs(1), 16 << 20);
/// A number of turns at reading what is kept; each ledger has one of them.
const TURNS: usize = 64;

/// An event as those need it who watch.
pub trait PagedEvent: From<RecordedEvent> + Send + Sync + 'static {
    /// Its position.
    fn revision(&self) -> i64;
    /// How much there is to tell of it, in bytes.
    fn size(&self) -> usize;
}

/// A page that is kept: its ledger, its length in revisions, and which of those it is.
type PageKey = (SiteId, i64, i64);

/// Events of ledgers, page by page.
pub struct EventPages<E> {
    store: Store,
    kept: Cache<PageKey, Arc<[E]>>,
    turns: [Mutex<()>; TURNS],
}

impl<E: PagedEvent> EventPages<E> {
    /// Reads from the store.
    pub fn new(store: Store) -> Self {
        let weight = |_: &PageKey, page: &Arc<[E]>| {
            let bytes: usize = page.iter().map(|event| event.size() + 512).sum();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder().weigher(weight).max_capacity(KEPT.1).time_to_live(KEPT.0);
        Self { store, kept: kept.build(), turns: std::array::from_fn(|_| Mutex::default()) }
    }

    /// The event at a revision, as far as it is kept, and some of those behind it in their order: about so many
    /// rows as are asked for, or those of a page that somebody else has read.
    pub async fn from(
        &self,
        site: SiteId,
        revision: i64,
        head: i64,
        rows: u64,
    ) -> Result<Arc<[E]>, Failure> {
        if revision == 0 || head.saturating_sub(revision) > NEAR {
            return self.read(site, revision, rows).await;
        }
        let length = length_for(rows);
        let number = revision / length;
        let key = (site, length, number);
        if let Some(page) = self.kept.get(&key).filter(|page| goes_on(page, revision)) {
            return Ok(page);
        }
        let place = usize::try_from(site.0).unwrap_or_default() % TURNS;
        let _turn = self.turns[place].lock().await;
        if let Some(page) = self.kept.get(&key).filter(|page| goes_on(page, revision)) {
            return Ok(page);
        }
        // The first of the next page as well, which is the position behind which that one is asked for.
        let page = self.read(site, number * length, length.unsigned_abs() + 1).await?;
        if !goes_on(&page, revision) {
            // What was before the position is not there any more.
            return self.read(site, revision, rows).await;
        }
        self.kept.insert(key, Arc::clone(&page));
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

/// A power of two, so that watches whose events are about as large ask for the same pages.
fn length_for(rows: u64) -> i64 {
    let most = rows.clamp(2, MOST_ROWS) - 1;
    1 << most.ilog2()
}

/// Whether a page has the event at a revision and more behind it.
fn goes_on<E: PagedEvent>(page: &Arc<[E]>, revision: i64) -> bool {
    matches!(&**page, [first, .., last] if first.revision() <= revision && last.revision() > revision)
}
