//! Consumers: how far those have come who follow ledgers, as they say themselves.
//!
//! An acknowledgement is kept past the writer, as the last use of tokens is: it decides nothing, and a
//! ledger that told of it would never come to an end. Must never know how requests look on the wire.

mod beginnings;
mod collected;

use crate::authenticator::SiteReach;
use crate::store::Store;
use crate::watches::{
    EventMark, LedgerProblem, WatchCursor, WatchPosition, WatchScope, site_is_gone,
};
use crate::{Failure, StoreError, clock};
use beginnings::{Beginnings, UnderWay};
use collected::{Collected, Moved};
use provost_domain::{
    Caller, Consumer, ConsumerLag, ConsumerName, MAX_CONSUMERS, MAX_CONSUMERS_OF_CALLER,
    ReachedLedger, Refusal, SiteId, Timestamp, admit_deletion_of_consumer, cut_off_since,
    ledger_out_of_reach, too_many_consumers, too_many_consumers_of_caller, unknown_consumer,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The consumers of all ledgers.
#[derive(Debug)]
pub struct Consumers {
    store: Store,
    collected: Collected,
    beginnings: Arc<Beginnings>,
}

impl Consumers {
    /// Keeps them in a store.
    pub fn new(store: Store) -> Self {
        Self { store, collected: Collected::default(), beginnings: Arc::default() }
    }

    /// Writes what is acknowledged until the core stops.
    pub async fn write(self: Arc<Self>, stopping: CancellationToken) {
        self.collected.write(&self.store, &stopping).await;
    }

    /// Takes note that a consumer of a caller, who may read these ledgers, has dealt with everything before
    /// a cursor. Answers whether it has moved, or is new, in any of the ledgers.
    pub async fn acknowledge(
        &self,
        (caller, reach): (&Caller, &SiteReach),
        name: &ConsumerName,
        cursor: &WatchCursor,
        rewind: bool,
    ) -> Result<bool, Failure> {
        let owner = caller.to_string();
        let positions = cursor.positions.iter().map(|(site, it)| (*site, it.revision));
        let positions: Vec<_> = positions.collect();
        // In a snapshot not everybody was told yet who is there.
        let to_beginning = cursor.snapshot.is_some();
        let moves = (to_beginning, rewind);
        let found = self.store.reached_ledgers((&owner, name), &positions, moves).await?;
        let mut found: BTreeMap<_, _> =
            found.into_iter().map(|ledger| (ledger.site, ledger)).collect();
        let now = clock::now();
        let (mut gone_on, mut new) = (Vec::new(), Vec::new());
        let mut is_admitted = cursor.positions.is_empty();
        for (site, position) in &cursor.positions {
            let ledger = found.remove(site);
            if !is_within(reach, *site, ledger.as_ref()) {
                // A watch of all sites goes on with the others.
                if cursor.scope == WatchScope::AllSites {
                    continue;
                }
                return Err(ledger_out_of_reach(caller).into());
            }
            is_admitted = true;
            let Some(ledger) = ledger else {
                if position.revision == 0 {
                    continue;
                }
                return Err(site_is_gone(*site).into());
            };
            check(position, &ledger).map_err(|problem| problem.refusal(*site, &ledger.name))?;
            let mut consumer = match ledger.consumer {
                Some(consumer) => consumer,
                None if ledger.has_consumer => continue,
                None => {
                    new.push(*site);
                    let (site, caller, name) = (*site, owner.clone(), name.clone());
                    Consumer { site, caller, name, since: ledger.head, passed: Vec::new() }
                }
            };
            let revision = if to_beginning { 0 } else { position.revision };
            let may_go_back = rewind && consumer.rewind(revision, now);
            consumer.acknowledge(revision, now);
            gone_on.push(Moved { consumer, may_go_back });
        }
        if !is_admitted {
            return Err(ledger_out_of_reach(caller).into());
        }
        if cursor.scope == WatchScope::AllSites && !to_beginning {
            gone_on.extend(self.at_their_end((&owner, name), cursor).await?);
        }
        if gone_on.is_empty() {
            return Ok(false);
        }
        // In the order of the cursor, so of sites.
        let _under_way =
            if new.is_empty() { None } else { Some(self.admit_new((&owner, name), &new).await?) };
        self.collected.keep(gone_on).await?;
        Ok(true)
    }

    /// Where a consumer comes to the end of a deleted site by a cursor of all sites that leaves it out: of such a
    /// one there is nothing to tell any more.
    async fn at_their_end(
        &self,
        it: (&str, &ConsumerName),
        cursor: &WatchCursor,
    ) -> Result<Vec<Moved>, StoreError> {
        let now = clock::now();
        let mut unfinished = self.store.unfinished_ledgers(it, cursor.newest_site).await?;
        unfinished.retain(|(consumer, _)| !cursor.positions.contains_key(&consumer.site));
        let moved = unfinished.into_iter().map(|(mut consumer, head)| {
            consumer.acknowledge(head, now);
            Moved { consumer, may_go_back: false }
        });
        Ok(moved.collect())
    }

    /// Admits a new consumer of a caller to these ledgers, where there is a place for it until it is written. It
    /// waits for others only where there may be none beside theirs.
    async fn admit_new(
        &self,
        it: (&str, &ConsumerName),
        new: &[SiteId],
    ) -> Result<UnderWay, Failure> {
        let (owner, name) = it;
        let under_way = self.beginnings.begin((owner, name.as_str()), new);
        let UnderWay { others, of_caller, .. } = under_way;
        if others > 0 {
            if self.has_places(it, new, (others, of_caller)).await?.is_ok() {
                return Ok(under_way);
            }
            under_way.others_are_over().await;
        }
        self.has_places(it, new, (0, 0)).await??;
        Ok(under_way)
    }

    /// Whether each of these ledgers has a place beside so many who take one, of all callers and of this one.
    async fn has_places(
        &self,
        it: (&str, &ConsumerName),
        new: &[SiteId],
        (others, of_caller): (usize, usize),
    ) -> Result<Result<(), Refusal>, StoreError> {
        let own_places = MAX_CONSUMERS_OF_CALLER.saturating_sub(of_caller);
        if own_places == 0 || self.store.has_consumers(new, it, true, own_places).await? {
            return Ok(Err(too_many_consumers_of_caller()));
        }
        let places = MAX_CONSUMERS.saturating_sub(others);
        if places == 0 || self.store.has_consumers(new, it, false, places).await? {
            return Ok(Err(too_many_consumers()));
        }
        Ok(Ok(()))
    }

    /// The consumers of a ledger, by caller and name.
    pub async fn list(&self, site: SiteId) -> Result<Vec<ConsumerLag>, Failure> {
        Ok(self.store.consumers(Some(site)).await?)
    }

    /// Since when all consumers of a ledger, as they were found, have dealt with an event: as it was written down
    /// then, or as they say themselves. Neither is ever too early.
    pub async fn cut_off_since(
        &self,
        site: SiteId,
        found: &[ConsumerLag],
        revision: i64,
    ) -> Result<Option<Timestamp>, Failure> {
        let Some(told) = cut_off_since(found, revision) else { return Ok(None) };
        let written = self.store.cut_off(site, revision).await?;
        Ok(Some(written.map_or(told, |written| written.min(told))))
    }

    /// Removes a consumer of a ledger. Whose it is, is written as events write callers; empty: the caller's.
    pub async fn delete(
        &self,
        (caller, manages_access): (&Caller, bool),
        site: SiteId,
        owner: String,
        name: &ConsumerName,
    ) -> Result<(), Failure> {
        let owner = if owner.is_empty() { caller.to_string() } else { owner };
        admit_deletion_of_consumer(caller, manages_access, &owner)?;
        if self.store.remove_consumer(site, &owner, name).await? {
            return Ok(());
        }
        Err(unknown_consumer(name).into())
    }
}

/// Whether the caller may say that it has come somewhere in a ledger. With a deleted site the grants for it
/// go, but who follows it is told of that, and says so.
fn is_within(reach: &SiteReach, site: SiteId, ledger: Option<&ReachedLedger>) -> bool {
    let is_known = |ledger: &ReachedLedger| ledger.is_deleted && ledger.consumer.is_some();
    reach.covers(site) || ledger.is_some_and(is_known)
}

/// Whether a ledger is still the one that the position is in.
fn check(position: &WatchPosition, ledger: &ReachedLedger) -> Result<(), LedgerProblem> {
    if position.revision > ledger.head {
        return Err(LedgerProblem::Ahead);
    }
    let mark = ledger.event.as_ref().map(EventMark::from).unwrap_or_default();
    if mark.differs(position.mark) { Err(LedgerProblem::Diverged) } else { Ok(()) }
}
