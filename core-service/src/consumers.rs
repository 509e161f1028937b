//! Consumers: how far those have come who follow ledgers, as they say themselves.
//!
//! An acknowledgement is kept past the writer, as the last use of tokens is: it decides nothing, and a
//! ledger that told of it would never come to an end. Must never know how requests look on the wire.

use crate::authenticator::SiteReach;
use crate::store::Store;
use crate::watches::{
    EventMark, LedgerProblem, WatchCursor, WatchPosition, WatchScope, site_is_gone,
};
use crate::{Failure, clock};
use provost_domain::{
    Caller, Consumer, ConsumerLag, ConsumerName, MAX_CONSUMERS, ReachedLedger, SiteId,
    admit_deletion_of_consumer, ledger_out_of_reach, too_many_consumers, unknown_consumer,
};
use std::collections::BTreeMap;

/// The consumers of all ledgers.
#[derive(Debug)]
pub struct Consumers {
    store: Store,
}

impl Consumers {
    /// Keeps them in a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
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
        let found = self.store.reached_ledgers(&owner, name, &positions).await?;
        let mut found: BTreeMap<_, _> =
            found.into_iter().map(|ledger| (ledger.site, ledger)).collect();
        let now = clock::now();
        let (mut moved, mut new) = (Vec::new(), Vec::new());
        let (mut goes_back, mut is_admitted) = (false, cursor.positions.is_empty());
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
            let is_new = ledger.consumer.is_none();
            let mut consumer = ledger.consumer.unwrap_or_else(|| Consumer {
                site: *site,
                caller: owner.clone(),
                name: name.clone(),
                passed: Vec::new(),
            });
            // In a snapshot not everybody was told yet who is there.
            let revision = if cursor.snapshot.is_some() { 0 } else { position.revision };
            let has_gone_back = rewind && consumer.rewind(revision, now);
            let has_moved = consumer.acknowledge(revision, now) || has_gone_back;
            goes_back |= has_gone_back;
            if is_new {
                new.push(*site);
            }
            if is_new || has_moved {
                moved.push(consumer);
            }
        }
        if !is_admitted {
            return Err(ledger_out_of_reach(caller).into());
        }
        if !new.is_empty() && self.store.has_consumers(&new, MAX_CONSUMERS).await? {
            return Err(too_many_consumers().into());
        }
        if moved.is_empty() {
            return Ok(false);
        }
        self.store.keep_consumers(&moved, goes_back).await?;
        Ok(true)
    }

    /// The consumers of a ledger, by caller and name.
    pub async fn list(&self, site: SiteId) -> Result<Vec<ConsumerLag>, Failure> {
        Ok(self.store.consumers(Some(site)).await?)
    }

    /// Removes a consumer of a ledger. Whose it is, is written as events write callers; empty: the caller's.
    pub async fn delete(
        &self,
        caller: &Caller,
        site: SiteId,
        owner: String,
        name: &ConsumerName,
    ) -> Result<(), Failure> {
        let owner = if owner.is_empty() { caller.to_string() } else { owner };
        admit_deletion_of_consumer(caller, &owner)?;
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
