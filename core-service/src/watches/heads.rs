//! Heads: how far each watched ledger is.
//!
//! The writer tells of what it has committed, and a look at the database every second finds what other
//! cores have. Both only say that there is more: events are read from the ledger. Where nobody watches,
//! nothing is known and nothing is done.

mod known;

use super::EventMark;
use crate::store::{CommitNews, Store};
use crate::{Failure, StoreError, clock};
use known::KnownLedgers;
pub use known::LedgerHead;
use provost_domain::{Changes, Event, SiteId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is looked how far ledgers are.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// What was deleted before this time, in microseconds, was looked at. Clocks of cores may differ, and a look may
/// take a while.
const DELETED_LATELY: i64 = 600_000_000;

/// How far the ledgers are that somebody watches.
#[derive(Debug)]
pub struct LedgerHeads {
    store: Store,
    watches: AtomicUsize,
    known: Mutex<KnownLedgers>,
    /// The number of the last move.
    moved: watch::Sender<u64>,
    /// Somebody watches who did not before.
    arrived: Notify,
    /// The first one came, or the last one went.
    turned: Notify,
}

/// The ledgers of one watch, which are known until it is dropped.
#[derive(Debug)]
pub struct WatchedLedgers {
    heads: Arc<LedgerHeads>,
    /// None where it is about all sites.
    named: Option<BTreeSet<SiteId>>,
}

impl LedgerHeads {
    /// Looks into the store.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            watches: AtomicUsize::default(),
            known: Mutex::default(),
            moved: watch::Sender::new(0),
            arrived: Notify::new(),
            turned: Notify::new(),
        }
    }

    /// Makes these ledgers known, all where none are named, for as long as the answer is kept.
    pub async fn watch(
        self: &Arc<Self>,
        named: Option<BTreeSet<SiteId>>,
    ) -> Result<WatchedLedgers, Failure> {
        {
            let mut known = self.known();
            match &named {
                None => known.of_all += 1,
                Some(sites) => {
                    for site in sites {
                        *known.of_each.entry(*site).or_default() += 1;
                    }
                }
            }
        }
        // From here on the writer tells, so nothing is missed behind the look.
        if self.watches.fetch_add(1, Ordering::SeqCst) == 0 {
            self.turned.notify_one();
        }
        let watched = WatchedLedgers { heads: Arc::clone(self), named };
        self.look(watched.named.as_ref()).await?;
        self.arrived.notify_one();
        Ok(watched)
    }

    /// Takes note of what was committed.
    pub fn committed(&self, changes: &Changes) {
        if !self.are_watched() || changes.events.is_empty() {
            return;
        }
        let mut newest = BTreeMap::new();
        for event in &changes.events {
            newest.insert(event.site, event);
        }
        let mut known = self.known();
        for (site, event) in newest {
            let Event { revision, at, .. } = *event;
            let ledger = known.ledgers.get(&site).filter(|ledger| !ledger.head.is_gone);
            let Some(ledger) = ledger else {
                // The next look finds a new site, by its name.
                if known.of_all > 0 {
                    self.arrived.notify_one();
                }
                continue;
            };
            if revision <= ledger.head.revision {
                continue;
            }
            let is_deleted = changes.deleted_sites.iter().any(|(deleted, _)| *deleted == site);
            let head = LedgerHead {
                revision,
                at: Some(at),
                mark: EventMark::of_committed(event),
                is_deleted: ledger.head.is_deleted || is_deleted,
                is_gone: false,
                name: Arc::clone(&ledger.head.name),
            };
            known.set(site, head);
        }
        let last = known.last;
        drop(known);
        self.tell(last);
    }

    /// Looks how far ledgers are: those of these sites, or all. Nothing happens in a site that was deleted, so
    /// those are looked at once.
    pub async fn look(&self, sites: Option<&BTreeSet<SiteId>>) -> Result<(), StoreError> {
        let (before, has_all) = {
            let known = self.known();
            (known.last, known.has_all)
        };
        let are_known = sites.is_none() && has_all;
        let deleted_since = are_known.then(|| Timestamp(clock::now().0 - DELETED_LATELY));
        let found = self.store.watched_ledgers(sites, deleted_since).await?;
        let last = {
            let mut known = self.known();
            let there = found.iter().map(|ledger| ledger.site).collect();
            known.take_in_gone((sites, deleted_since.is_none()), &there, before);
            for ledger in found {
                known.take_in(ledger, before);
            }
            known.has_all |= sites.is_none() && known.of_all > 0;
            known.last
        };
        self.tell(last);
        Ok(())
    }

    /// Looks at those ledgers of which another core has told something new.
    pub async fn look_where_told(&self, news: CommitNews) -> Result<(), StoreError> {
        let is_new = |(site, revision): &(SiteId, i64)| self.known().may_move_to(*site, *revision);
        let sites: BTreeSet<_> = news.into_iter().filter(is_new).map(|(site, _)| site).collect();
        if sites.is_empty() {
            return Ok(());
        }
        self.look(Some(&sites)).await
    }

    /// Has all be looked at soon, because something may have been missed.
    pub fn look_soon(&self) {
        self.arrived.notify_one();
    }

    /// Whether anybody watches.
    pub fn are_watched(&self) -> bool {
        self.watches.load(Ordering::SeqCst) > 0
    }

    /// Until the first watch has begun or the last one ended.
    pub async fn turned(&self) {
        self.turned.notified().await;
    }

    fn tell(&self, last: u64) {
        self.moved.send_if_modified(|told| {
            let is_news = *told != last;
            *told = last;
            is_news
        });
    }

    fn known(&self) -> MutexGuard<'_, KnownLedgers> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchedLedgers {
    /// What has moved since the move of a number, and the number of the last move.
    pub fn moved_since(&self, number: u64) -> (Vec<(SiteId, LedgerHead)>, u64) {
        let known = self.heads.known();
        let since = known.moves.range((Bound::Excluded(number), Bound::Unbounded));
        let own = |site: &SiteId| self.named.as_ref().is_none_or(|named| named.contains(site));
        let moved = since.map(|(_, site)| *site).filter(own);
        let head = |site| known.ledgers.get(&site).map(|known| (site, known.head.clone()));
        (moved.filter_map(head).collect(), known.last)
    }

    /// Some of the sites behind one that were deleted, in their order, so many at most; and the newest of all.
    pub fn deleted_behind(
        &self,
        site: SiteId,
        number: usize,
    ) -> (Vec<(SiteId, LedgerHead)>, SiteId) {
        let known = self.heads.known();
        let behind = known.ledgers.range((Bound::Excluded(site), Bound::Unbounded));
        let deleted = behind.filter(|(_, known)| known.head.is_deleted).take(number);
        let deleted = deleted.map(|(site, known)| (*site, known.head.clone())).collect();
        let newest = known.ledgers.last_key_value().map_or(SiteId(0), |(site, _)| *site);
        (deleted, newest)
    }

    /// How far one ledger is.
    pub fn head(&self, site: SiteId) -> Option<LedgerHead> {
        self.heads.known().ledgers.get(&site).map(|known| known.head.clone())
    }

    /// Looks anew at one ledger.
    pub async fn look_at(&self, site: SiteId) -> Result<Option<LedgerHead>, Failure> {
        self.heads.look(Some(&[site].into())).await?;
        Ok(self.head(site))
    }

    /// Tells of every move.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.heads.moved.subscribe()
    }
}

impl Drop for WatchedLedgers {
    fn drop(&mut self) {
        if self.heads.watches.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.heads.turned.notify_one();
        }
        let mut known = self.heads.known();
        match &self.named {
            None => known.of_all -= 1,
            Some(sites) => {
                for site in sites {
                    if let Some(watches) = known.of_each.get_mut(site) {
                        *watches -= 1;
                        if *watches == 0 {
                            known.of_each.remove(site);
                        }
                    }
                }
            }
        }
        known.clear();
    }
}

/// Looks every second, and when it is told to, how far the ledgers are that somebody watches.
pub async fn keep_heads_known(heads: Arc<LedgerHeads>, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        if !heads.are_watched() {
            stopping.run_until_cancelled(heads.arrived.notified()).await;
            continue;
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = heads.arrived.notified() => {}
            () = sleep(LOOKED_EVERY) => {}
        }
        let named = {
            let known = heads.known();
            (known.of_all == 0).then(|| known.of_each.keys().copied().collect::<BTreeSet<_>>())
        };
        if let Err(error) = heads.look(named.as_ref()).await {
            tracing::warn!(%error, "it could not be looked how far ledgers are");
        }
    }
}
