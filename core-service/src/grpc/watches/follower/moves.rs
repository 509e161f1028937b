//! The ledgers of a watch: which they are at its beginning, which come later, and how far each is.

use super::super::{MAX_SITES, too_many_sites};
use super::Follower;
use super::ledger::FollowedLedger;
use crate::Failure;
use crate::watches::{
    LedgerHead, LedgerProblem, SnapshotPosition, WatchCursor, WatchPosition, WatchScope,
    site_is_gone,
};
use provost_domain::SiteId;
use provost_proto::v1;
use std::collections::BTreeSet;

/// So many ledgers of deleted sites are taken in at once.
const DELETED_AT_ONCE: usize = 256;

impl Follower {
    /// Begins without a cursor.
    pub(in super::super) fn begin_at(&mut self, start: v1::WatchStart) -> Result<(), Failure> {
        let (heads, last) = self.watched.moved_since(0);
        self.seen = last;
        for (site, head) in heads {
            if head.is_gone || !self.is_about(site) {
                continue;
            }
            self.newest_site = self.newest_site.max(site);
            let position = match start {
                // Of these nothing comes any more, or they are told one behind the other.
                _ if head.is_deleted && self.scope == WatchScope::AllSites => continue,
                v1::WatchStart::Earliest => WatchPosition::default(),
                _ => WatchPosition { revision: head.revision, mark: head.mark },
            };
            self.follow(site, head, position)?;
        }
        if start == v1::WatchStart::Earliest && self.scope == WatchScope::AllSites {
            (self.newest_site, self.has_deleted_ahead) = (SiteId(0), true);
        }
        if start == v1::WatchStart::Snapshot {
            self.snapshot = Some(SnapshotPosition { site: SiteId(0), after: None });
        }
        Ok(())
    }

    /// Begins where another watch of the same ledgers has come to.
    pub(in super::super) async fn begin_behind(
        &mut self,
        cursor: WatchCursor,
    ) -> Result<(), Failure> {
        let WatchCursor { scope, newest_site, positions, snapshot } = cursor;
        let (heads, last) = self.watched.moved_since(0);
        (self.seen, self.newest_site, self.snapshot) = (last, newest_site, snapshot);
        self.has_deleted_ahead = scope == WatchScope::AllSites;
        let there: BTreeSet<_> =
            heads.iter().filter(|(_, head)| !head.is_gone).map(|(site, _)| *site).collect();
        // Only to who may follow all sites: others would learn from it which sites there are.
        let is_gone = |(site, position): &(&SiteId, &WatchPosition)| {
            position.revision > 0 && !there.contains(site) && self.is_about(**site)
        };
        if let Some((site, _)) = positions.iter().find(is_gone) {
            return Err(site_is_gone(*site).into());
        }
        for (site, head) in heads {
            match positions.get(&site) {
                Some(position) if self.is_about(site) => {
                    self.follow(site, head.clone(), *position)?;
                    self.move_on(site, head).await?;
                }
                Some(_) => {}
                None => self.meet(site, head)?,
            }
        }
        Ok(())
    }

    /// Takes in how far ledgers are, as far as that has changed.
    pub(super) async fn take_in_moves(&mut self) -> Result<(), Failure> {
        self.moves.mark_unchanged();
        let (heads, last) = self.watched.moved_since(self.seen);
        self.seen = last;
        for (site, head) in heads {
            if self.ledgers.contains_key(&site) {
                self.move_on(site, head).await?;
            } else {
                self.meet(site, head)?;
            }
        }
        self.take_in_deleted()
    }

    /// Whether ledgers of deleted sites are to be taken in, and there is room for them.
    pub(super) fn may_take_in_deleted(&self) -> bool {
        self.has_deleted_ahead && self.ledgers.len() < MAX_SITES
    }

    /// Takes in the next ledgers of sites that were deleted before they were met, where not many others wait: a few
    /// at a time and in the order of sites, so that the cursor says by one number how far that is, however many
    /// there were.
    fn take_in_deleted(&mut self) -> Result<(), Failure> {
        if self.waiting.len() >= DELETED_AT_ONCE || !self.may_take_in_deleted() {
            return Ok(());
        }
        let (next, newest) = self.watched.deleted_behind(self.newest_site, DELETED_AT_ONCE);
        self.has_deleted_ahead = next.len() == DELETED_AT_ONCE;
        for (site, head) in next {
            self.newest_site = site;
            if !head.is_gone && self.is_about(site) && !self.ledgers.contains_key(&site) {
                self.follow(site, head, WatchPosition::default())?;
            }
        }
        if !self.has_deleted_ahead {
            self.newest_site = self.newest_site.max(newest);
        }
        Ok(())
    }

    /// Takes in how far a followed ledger is.
    pub(super) async fn move_on(&mut self, site: SiteId, head: LedgerHead) -> Result<(), Failure> {
        let Some(ledger) = self.ledgers.get_mut(&site) else { return Ok(()) };
        let (before, mut at) = (ledger.pending(), head.at);
        let mut moved = ledger.move_to(&head);
        if moved.is_err() {
            // Heads are told by several; the ledger itself decides.
            let head = self.watched.look_at(site).await?;
            at = head.as_ref().and_then(|head| head.at);
            moved = head.map_or(Err(LedgerProblem::Ahead), |head| ledger.move_to(&head));
        }
        moved.map_err(|problem| problem.refusal(site, &ledger.name))?;
        self.pending += ledger.pending() - before;
        self.head_at = self.head_at.max(at);
        if ledger.has_more() && !std::mem::replace(&mut ledger.waits, true) {
            self.waiting.push_back(site);
        }
        Ok(())
    }

    /// Takes in a ledger that is not followed yet: one of a site that is new, or newly reached.
    fn meet(&mut self, site: SiteId, head: LedgerHead) -> Result<(), Failure> {
        // What it is not about it must not tell of either: a cursor can be read.
        if head.is_gone || self.scope != WatchScope::AllSites || !self.is_about(site) {
            return Ok(());
        }
        let is_new = site > self.newest_site;
        if self.has_deleted_ahead {
            // The deleted ones have their turn.
            if head.is_deleted {
                return Ok(());
            }
        } else {
            self.newest_site = self.newest_site.max(site);
        }
        if is_new || !head.is_deleted {
            self.follow(site, head, WatchPosition::default())?;
        }
        Ok(())
    }

    fn follow(
        &mut self,
        site: SiteId,
        head: LedgerHead,
        position: WatchPosition,
    ) -> Result<(), Failure> {
        // Those that are told to their end leave by themselves.
        let to_come = || self.ledgers.values().filter(|ledger| !ledger.is_over()).count();
        if self.ledgers.len() >= MAX_SITES && to_come() >= MAX_SITES {
            return Err(too_many_sites().into());
        }
        self.head_at = self.head_at.max(head.at);
        let ledger = FollowedLedger::new(head, position);
        self.pending += ledger.pending();
        if ledger.waits {
            self.waiting.push_back(site);
        }
        self.ledgers.insert(site, ledger);
        Ok(())
    }

    fn is_about(&self, site: SiteId) -> bool {
        match self.scope {
            WatchScope::Named | WatchScope::Installation => true,
            WatchScope::AllSites => site != SiteId::INSTALLATION && self.reach.covers(site),
        }
    }
}
