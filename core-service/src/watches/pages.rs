//! Pages: the events behind a position of a ledger.
//!
//! Watches near the head of one ledger ask for the same, so the pages there are kept for a moment: one of them
//! reads a page, and the others find it. Pages begin at round revisions, so that they are the same for all; the
//! one at the head grows by what was committed since, so that nobody reads it from its beginning again.

use crate::Failure;
use crate::store::Store;
use crate::watches::EventMark;
use moka::sync::Cache;
use provost_domain::RecordedEvent;
use provost_domain::SiteId;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// So many events are read at once at most.
pub const MOST_ROWS: u64 = 256;
/// How near to the head pages are kept: whoever is further behind is alone.
const NEAR: i64 = 16 * MOST_ROWS.cast_signed();
/// How long a page is kept, and until when it grows, and how much of all of them together, in bytes of events.
const KEPT: (Duration, u64) = (Duration::from_secs(1), 16 << 20);
/// A number of turns at reading what is kept; each ledger has one of them.
const TURNS: usize = 64;

/// An event as those need it who watch.
pub trait PagedEvent: From<RecordedEvent> + Send + Sync + 'static {
    /// Its position.
    fn revision(&self) -> i64;
    /// What it is told by from another one at its position.
    fn mark(&self) -> EventMark;
    /// How much there is to tell of it, in bytes.
    fn size(&self) -> usize;
}

/// A page that is kept: its ledger, its length in revisions, and which of those it is.
type PageKey = (SiteId, i64, i64);

/// Events in their order. Those of a page that grows are the same as before.
type Page<E> = Arc<[Arc<E>]>;

/// A page, and when its beginning was read.
type KeptPage<E> = (Page<E>, Instant);

/// Events of ledgers, page by page.
pub struct EventPages<E> {
    store: Store,
    kept: Cache<PageKey, KeptPage<E>>,
    turns: [Mutex<()>; TURNS],
}

impl<E: PagedEvent> EventPages<E> {
    /// Reads from the store.
    pub fn new(store: Store) -> Self {
        let weight = |_: &PageKey, (page, _): &KeptPage<E>| {
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
    ) -> Result<Page<E>, Failure> {
        if revision == 0 || head.saturating_sub(revision) > NEAR {
            return self.read(site, revision, rows).await;
        }
        let length = length_for(rows);
        let number = revision / length;
        let key = (site, length, number);
        let found = |kept: &Option<KeptPage<E>>| {
            let page = kept.as_ref().map(|(page, _)| page);
            page.filter(|page| goes_on(page, revision)).map(Arc::clone)
        };
        if let Some(page) = found(&self.kept.get(&key)) {
            return Ok(page);
        }
        let place = usize::try_from(site.0).unwrap_or_default() % TURNS;
        let _turn = self.turns[place].lock().await;
        let kept = self.kept.get(&key);
        if let Some(page) = found(&kept) {
            return Ok(page);
        }
        // The first of the next page as well, which is the position behind which that one is asked for.
        let (first, end) = (number * length, (number + 1) * length);
        let grown = match kept {
            Some(kept) => self.grown(site, kept, end).await?,
            None => None,
        };
        let (page, read_at) = if let Some(grown) = grown {
            grown
        } else {
            let now = Instant::now();
            (self.read(site, first, length.unsigned_abs() + 1).await?, now)
        };
        if !goes_on(&page, revision) {
            // What was before the position is not there any more.
            return self.read(site, revision, rows).await;
        }
        self.kept.insert(key, (Arc::clone(&page), read_at));
        Ok(page)
    }

    /// A page with what was committed behind its last event, up to a revision. None where it is too old, or that
    /// event is not what is stored there now.
    async fn grown(
        &self,
        site: SiteId,
        (page, read_at): KeptPage<E>,
        end: i64,
    ) -> Result<Option<KeptPage<E>>, Failure> {
        let Some(last) = page.last().filter(|last| last.revision() < end) else { return Ok(None) };
        if read_at.elapsed() >= KEPT.0 {
            return Ok(None);
        }
        let rows = (end - last.revision()).unsigned_abs() + 1;
        let read = self.read(site, last.revision(), rows).await?;
        let is_last =
            |it: &Arc<E>| it.revision() == last.revision() && !it.mark().differs(last.mark());
        Ok(match &*read {
            [first, more @ ..] if is_last(first) => {
                Some((page.iter().chain(more).cloned().collect(), read_at))
            }
            _ => None,
        })
    }

    async fn read(&self, site: SiteId, revision: i64, rows: u64) -> Result<Page<E>, Failure> {
        let store = self.store.clone();
        // In a task of its own, or everything that is read would be part of the trace of the watch.
        let read = tokio::spawn(async move { store.events_from(site, revision, rows).await });
        let events = read.await.map_err(|_| Failure::Stopping)??;
        Ok(events.into_iter().map(|event| Arc::new(E::from(event))).collect())
    }
}

/// A power of two, so that watches whose events are about as large ask for the same pages.
fn length_for(rows: u64) -> i64 {
    let most = rows.clamp(2, MOST_ROWS) - 1;
    1 << most.ilog2()
}

/// Whether a page has the event at a revision and more behind it.
fn goes_on<E: PagedEvent>(page: &[Arc<E>], revision: i64) -> bool {
    matches!(page, [first, .., last] if first.revision() <= revision && last.revision() > revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::{
        Caller, Changes, ConnectionName, ConnectionPolicy, Event, EventBody, GroupRules, Outcome,
        Site, Timestamp, TokenId, TokenSnapshot,
    };

    const SITE: SiteId = SiteId(1);

    struct Told(i64, EventMark);

    impl From<RecordedEvent> for Told {
        fn from(event: RecordedEvent) -> Self {
            Self(event.revision, EventMark::of(&event))
        }
    }

    impl PagedEvent for Told {
        fn revision(&self) -> i64 {
            self.0
        }

        fn mark(&self) -> EventMark {
            self.1
        }

        fn size(&self) -> usize {
            1
        }
    }

    fn event(revision: i64) -> Event {
        let after = TokenSnapshot {
            token: TokenId(uuid::Uuid::nil()),
            name: "one".to_owned(),
            connection: ConnectionName::parse("scim").unwrap(),
            expires_at: None,
        };
        Event {
            site: SITE,
            revision,
            user: None,
            previous: None,
            standing: None,
            at: Timestamp(revision),
            caller: Caller::Operator,
            on_behalf_of: None,
            outcome: Outcome::Accepted,
            notices: Vec::new(),
            body: EventBody::TokenRevealed { after },
            trace_id: None,
            reason: None,
        }
    }

    async fn commit(store: &Store, changes: Changes) {
        let mut writer = store.group_writer();
        let (begun, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
        begun.commit(&changes).await.unwrap();
    }

    #[tokio::test]
    async fn the_page_at_the_head_grows_and_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        let store = Store::open(&url).await.unwrap();
        let site = Site {
            id: SITE,
            name: "acme".to_owned(),
            revision: 0,
            last_event_at: None,
            version: 1,
            policy: ConnectionPolicy::default(),
            created_at: Timestamp(1),
            group_rules: GroupRules::default(),
            group_count: 0,
        };
        let events = (1..=5).map(event).collect();
        commit(&store, Changes { new_sites: vec![site], events, ..Changes::default() }).await;
        let pages = EventPages::<Told>::new(store.clone());
        let first = pages.from(SITE, 4, 5, 100).await.unwrap();
        commit(&store, Changes { events: vec![event(6), event(7)], ..Changes::default() }).await;
        let revisions = |page: &[Arc<Told>]| page.iter().map(|event| event.0).collect::<Vec<_>>();
        let page = pages.from(SITE, 5, 7, 100).await.unwrap();
        assert_eq!(revisions(&page), [1, 2, 3, 4, 5, 6, 7]);
        // However slow this is, it is not too old.
        let later = Instant::now() + Duration::from_hours(1);
        let (grown, _) = pages.grown(SITE, (first.clone(), later), 64).await.unwrap().unwrap();
        assert_eq!(revisions(&grown), revisions(&page));
        assert!(first.iter().zip(&*grown).all(|(one, same)| Arc::ptr_eq(one, same)));
        // Behind an event that is another one by now nothing is added.
        let other = Arc::from([Arc::new(Told(5, EventMark(5)))]);
        assert!(pages.grown(SITE, (other, later), 64).await.unwrap().is_none());
        let full = pages.grown(SITE, (page, later), 7).await.unwrap();
        assert!(full.is_none());
    }
}
