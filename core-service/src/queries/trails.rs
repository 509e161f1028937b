//! Trails: the events about one user in pages, from one to the next that it names.
//!
//! A page costs what it shows and what its conditions leave out, however long the ledger is. Must never
//! know how events are stored.

use super::ledgers::{EventPage, EventPlace, Filling, LOOKED_THROUGH, ROWS_AT_ONCE};
use crate::Failure;
use crate::store::Store;
use provost_domain::{EventFilter, EventOrder, SiteId, UserId};
use std::ops::RangeInclusive;

/// So many events are read at once at least, because a filter may leave out most of them.
const FEWEST_AT_ONCE: u64 = 32;

/// Whose events are asked for, and which of them.
pub(super) struct Trail<'a> {
    pub store: &'a Store,
    pub site: SiteId,
    pub user: UserId,
    pub filter: &'a EventFilter,
    /// The revisions among which they are, those of pages before left out.
    pub ahead: RangeInclusive<i64>,
}

/// An event of a chain, and the one that it names.
type Link = (i64, i64);

impl Trail<'_> {
    /// A page of it; none where the ledger has to be looked through instead.
    pub(super) async fn page(
        self,
        order: EventOrder,
        place: Option<EventPlace>,
        filling: &mut Filling,
    ) -> Result<Option<EventPage>, Failure> {
        let Some(last) = self.store.last_event(self.site, self.user).await? else {
            return Ok(None);
        };
        match order {
            EventOrder::NewestFirst => {
                let next = place.map_or(last, |place| place.chained);
                Ok(Some(self.newest_first(next, filling).await?))
            }
            EventOrder::OldestFirst => self.oldest_first(last, filling).await,
        }
    }

    /// Goes along the chain, piece by piece.
    async fn newest_first(
        mut self,
        mut next: i64,
        filling: &mut Filling,
    ) -> Result<EventPage, Failure> {
        let order = EventOrder::NewestFirst;
        let mut looked = 0_u64;
        loop {
            let links = self.chain(next, ROWS_AT_ONCE).await?;
            let range = self.ahead.clone();
            let unchained = (self.store)
                .unchained(self.site, self.user, range.clone(), order, ROWS_AT_ONCE)
                .await?;
            // Behind the end of a piece that was cut short there may be more than the other one shows.
            let cut = |is_cut: bool, end: Option<i64>| end.filter(|_| is_cut).unwrap_or(0);
            let reached = cut(links.len() as u64 == ROWS_AT_ONCE, links.last().map(|link| link.0))
                .max(cut(unchained.len() as u64 == ROWS_AT_ONCE, unchained.last().copied()));
            let chained = links.iter().map(|link| link.0).filter(|link| range.contains(link));
            let mut found: Vec<i64> = chained.chain(unchained).collect();
            found.retain(|revision| *revision >= reached);
            found.sort_unstable_by(|one, other| other.cmp(one));
            let place = |behind| EventPlace { behind, chained: next_below(&links, behind) };
            if let Some(shown) = self.show(&found, order, filling).await? {
                return Ok(filling.page(Some(place(shown))));
            }
            if reached == 0 {
                return Ok(filling.page(None));
            }
            looked += links.len().max(found.len()) as u64;
            if looked >= LOOKED_THROUGH.1.unsigned_abs() {
                return Ok(filling.page(Some(place(reached))));
            }
            next = next_below(&links, reached);
            self.ahead = *range.start()..=(*range.end()).min(reached - 1);
        }
    }

    /// Goes along the whole chain first, because it leads the other way.
    async fn oldest_first(
        self,
        last: i64,
        filling: &mut Filling,
    ) -> Result<Option<EventPage>, Failure> {
        let order = EventOrder::OldestFirst;
        let longest = LOOKED_THROUGH.1.unsigned_abs();
        let links = self.chain(last, longest).await?;
        let range = self.ahead.clone();
        let unchained =
            (self.store).unchained(self.site, self.user, range.clone(), order, longest).await?;
        if [links.len(), unchained.len()].iter().any(|length| *length as u64 == longest) {
            return Ok(None);
        }
        let chained = links.iter().map(|link| link.0).filter(|link| range.contains(link));
        let mut found: Vec<i64> = chained.chain(unchained).collect();
        found.sort_unstable();
        let shown = self.show(&found, order, filling).await?;
        Ok(Some(filling.page(shown.map(|behind| EventPlace { behind, chained: 0 }))))
    }

    async fn chain(&self, from: i64, limit: u64) -> Result<Vec<Link>, Failure> {
        if from < *self.ahead.start() {
            return Ok(Vec::new());
        }
        Ok(self.store.chain(self.site, from, self.ahead.start() - 1, limit).await?)
    }

    /// Fills the page with those of these events for which the filter holds. Answers the last one of a
    /// page that is full.
    async fn show(
        &self,
        found: &[i64],
        order: EventOrder,
        filling: &mut Filling,
    ) -> Result<Option<i64>, Failure> {
        let at_once = (filling.missing() + 1).clamp(FEWEST_AT_ONCE, ROWS_AT_ONCE);
        for piece in found.chunks(usize::try_from(at_once).unwrap_or(usize::MAX)) {
            let events = self.store.events_among(self.site, piece, self.filter, order).await?;
            for event in events {
                if !filling.takes(event) {
                    return Ok(filling.last());
                }
            }
        }
        Ok(None)
    }
}

/// The first event of a chain before a revision, as far as this part of it says.
fn next_below(links: &[Link], revision: i64) -> i64 {
    let below = links.iter().find(|link| link.0 < revision);
    below.map_or_else(|| links.last().map_or(0, |link| link.1), |link| link.0)
}
