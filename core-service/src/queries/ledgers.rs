//! Ledgers: events in pages, and one by one.

mod deactivations;
mod refused_requests;
mod role_holders;

pub use deactivations::Deactivation;

use super::trails::Trail;
use super::turns::Turns;
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    EventFilter, EventOrder, LedgerEnd, LedgerRetention, RecordedEvent, SiteId, SiteName,
    Timestamp, unknown_site,
};
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::sync::Notify;

/// So many events are read at once, however large they are.
pub(super) const ROWS_AT_ONCE: u64 = 256;
/// The bytes of events at which a page ends, as [`RecordedEvent::size`] counts them. A single event
/// that is larger is a page alone.
const PAGE_BYTES: usize = 3 << 20;
/// How many events one statement looks through, and how many one page.
pub(super) const LOOKED_THROUGH: (i64, i64) = (5_000, 50_000);
/// How far the clocks of cores that share a database may be apart, in microseconds. Within it a ledger
/// need not be in the order of time.
pub(super) const CLOCK_SKEW: i64 = 60_000_000;

/// The ledgers of all sites.
#[derive(Debug, Clone)]
pub struct LedgerQueries {
    store: Store,
    scans: Arc<Turns>,
    /// Told when somebody asks who had a role at a time up to which that is not known yet.
    pub standings_missed: Arc<Notify>,
}

/// A page of events.
#[derive(Debug)]
pub struct EventPage {
    /// In the order that was asked for.
    pub events: Vec<RecordedEvent>,
    /// Where the next page begins; none on the last one.
    pub next: Option<EventPlace>,
}

/// Where a page of events ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// The revision behind which the next page begins.
    pub behind: i64,
    /// The first event of the chain behind it, where events of one user are asked for; otherwise 0.
    pub chained: i64,
}

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct Filling {
    events: Vec<RecordedEvent>,
    bytes: usize,
    limit: u64,
}

impl Filling {
    const fn new(limit: u64) -> Self {
        Self { events: Vec::new(), bytes: 0, limit }
    }

    /// How many more events fit at most.
    pub(super) fn missing(&self) -> u64 {
        self.limit - self.events.len() as u64
    }

    /// The revision of the last event so far.
    pub(super) fn last(&self) -> Option<i64> {
        self.events.last().map(|event| event.revision)
    }

    /// Puts an event into it, unless it is full.
    pub(super) fn takes(&mut self, event: RecordedEvent) -> bool {
        self.bytes += event.size();
        if self.missing() == 0 || (self.bytes > PAGE_BYTES && !self.events.is_empty()) {
            return false;
        }
        self.events.push(event);
        true
    }

    /// What is in it, as a page.
    pub(super) fn page(&mut self, next: Option<EventPlace>) -> EventPage {
        EventPage { events: std::mem::take(&mut self.events), next }
    }
}

impl LedgerQueries {
    /// Reads from the store, in turns with whoever else looks through a lot.
    pub fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, scans, standings_missed: Arc::default() }
    }

    /// The site of a name, also one that was deleted: its ledger stays.
    pub async fn site(&self, name: &SiteName) -> Result<SiteId, Failure> {
        let found = self.store.site_ever_named(name).await?;
        Ok(found.ok_or_else(|| unknown_site(name))?)
    }

    /// The oldest and the newest event of a site.
    pub async fn ends(&self, site: SiteId) -> Result<Option<(LedgerEnd, LedgerEnd)>, Failure> {
        Ok(self.store.ledger_ends(site).await?)
    }

    /// How long the ledger of a site is kept.
    pub async fn retention(&self, site: SiteId) -> Result<LedgerRetention, Failure> {
        Ok(self.store.ledger_retention(site).await?)
    }

    /// One event by its revision.
    pub async fn event(
        &self,
        site: SiteId,
        revision: i64,
    ) -> Result<Option<RecordedEvent>, Failure> {
        Ok(self.store.event(site, revision).await?)
    }

    /// A page of the events of a site from a place on. Events about one user lead to one another. For
    /// all else nothing but revisions is indexed, so that it looks through a bounded number of events
    /// and ends early where few of them are asked for.
    pub async fn list(
        &self,
        site: SiteId,
        filter: &EventFilter,
        order: EventOrder,
        place: Option<EventPlace>,
        limit: u64,
    ) -> Result<EventPage, Failure> {
        let _turn = self.scans.take(site).await?;
        let mut filling = Filling::new(limit);
        let Some(mut ahead) = self.in_time(site, filter).await? else {
            return Ok(filling.page(None));
        };
        if let Some(EventPlace { behind, .. }) = place {
            ahead = rest(ahead, order, behind);
        }
        if let Some(user) = filter.user {
            let trail = Trail { store: &self.store, site, user, filter, ahead: ahead.clone() };
            if let Some(page) = trail.page(order, place, &mut filling).await? {
                return Ok(page);
            }
        }
        self.look_through(site, filter, order, ahead, filling).await
    }

    async fn look_through(
        &self,
        site: SiteId,
        filter: &EventFilter,
        order: EventOrder,
        mut ahead: RangeInclusive<i64>,
        mut filling: Filling,
    ) -> Result<EventPage, Failure> {
        let place = |behind| EventPlace { behind, chained: 0 };
        let mut looked = 0;
        while !ahead.is_empty() {
            let missing = ROWS_AT_ONCE.min(filling.missing());
            let piece = first_of(&ahead, order);
            looked += piece.end() - piece.start() + 1;
            let mut reached = last_of(&piece, order);
            let found = self.store.events(site, piece, filter, order, missing).await?;
            if found.len() as u64 == missing {
                reached = found.last().map_or(reached, |event| event.revision);
            }
            for event in found {
                if !filling.takes(event) {
                    let next = filling.last().map(place);
                    return Ok(filling.page(next));
                }
            }
            ahead = rest(ahead, order, reached);
            let is_over = filling.missing() == 0 || looked >= LOOKED_THROUGH.1;
            if is_over && !ahead.is_empty() {
                return Ok(filling.page(Some(place(reached))));
            }
        }
        Ok(filling.page(None))
    }

    /// The revisions among which those are that were decided within the times of a filter; none in an
    /// empty ledger.
    async fn in_time(
        &self,
        site: SiteId,
        filter: &EventFilter,
    ) -> Result<Option<RangeInclusive<i64>>, Failure> {
        let Some((oldest, head)) = self.store.ledger_ends(site).await? else { return Ok(None) };
        let all = oldest.revision..=head.revision;
        let first = match filter.from {
            Some(Timestamp(from)) => {
                let from = Timestamp(from.saturating_sub(CLOCK_SKEW));
                self.store.revision_at(site, all.clone(), from).await?
            }
            None => oldest.revision,
        };
        let last = match filter.until {
            Some(Timestamp(until)) => {
                let until = Timestamp(until.saturating_add(CLOCK_SKEW));
                self.store.revision_at(site, all, until).await? - 1
            }
            None => head.revision,
        };
        Ok(Some(first..=last))
    }
}

/// So many of these revisions as one statement looks through.
fn first_of(ahead: &RangeInclusive<i64>, order: EventOrder) -> RangeInclusive<i64> {
    let (first, last) = (*ahead.start(), *ahead.end());
    match order {
        EventOrder::NewestFirst => first.max(last - LOOKED_THROUGH.0 + 1)..=last,
        EventOrder::OldestFirst => first..=last.min(first + LOOKED_THROUGH.0 - 1),
    }
}

const fn last_of(piece: &RangeInclusive<i64>, order: EventOrder) -> i64 {
    match order {
        EventOrder::NewestFirst => *piece.start(),
        EventOrder::OldestFirst => *piece.end(),
    }
}

/// What of these revisions is behind one of them.
fn rest(ahead: RangeInclusive<i64>, order: EventOrder, behind: i64) -> RangeInclusive<i64> {
    let (first, last) = ahead.into_inner();
    match order {
        EventOrder::NewestFirst => first..=last.min(behind.saturating_sub(1)),
        EventOrder::OldestFirst => first.max(behind.saturating_add(1))..=last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every revision is looked at once, whichever way.
    #[test]
    fn pieces_cover_a_ledger() {
        for order in [EventOrder::NewestFirst, EventOrder::OldestFirst] {
            let (mut ahead, mut looked) = (3..=12_345, 0);
            while !ahead.is_empty() {
                let piece = first_of(&ahead, order);
                looked += piece.clone().count();
                assert!(piece.start() >= ahead.start() && piece.end() <= ahead.end());
                ahead = rest(ahead, order, last_of(&piece, order));
            }
            assert_eq!(looked, 12_343, "{order:?}");
        }
        assert!(rest(1..=9, EventOrder::OldestFirst, i64::MAX).is_empty());
        assert!(rest(1..=9, EventOrder::NewestFirst, i64::MIN).is_empty());
    }
}
