//! A ledger that is followed: where the watch is in it, and whether it is still the same one.

use super::super::told::ToldEvent;
use crate::watches::{LedgerHead, LedgerProblem, PagedEvent as _, WatchPosition};
use provost_domain::Timestamp;
use provost_proto::v1;
use std::sync::Arc;

/// A ledger of a watch.
pub(super) struct FollowedLedger {
    pub(super) name: Arc<str>,
    pub(super) position: WatchPosition,
    /// The revision of the event that was told last.
    told: i64,
    /// The newest event, as far as is known.
    pub(super) head: i64,
    pub(super) head_at: Option<Timestamp>,
    /// Whether its site was deleted.
    pub(super) is_deleted: bool,
    /// Whether it is in line.
    pub(super) waits: bool,
    /// Whether nothing was found last time although there is to be more.
    is_empty: bool,
}

impl FollowedLedger {
    pub(super) fn new(head: LedgerHead, position: WatchPosition) -> Self {
        let LedgerHead { name, is_deleted, is_gone: _, revision, at, mark: _ } = head;
        Self {
            name,
            position,
            told: position.revision,
            head: revision,
            head_at: at,
            is_deleted,
            waits: position.revision < revision,
            is_empty: false,
        }
    }

    /// Takes in how far it is. Where that is before the position, or where there is another event at the
    /// position, it is not the same ledger any more.
    pub(super) fn move_to(&mut self, head: &LedgerHead) -> Result<(), LedgerProblem> {
        let LedgerHead { name: _, is_deleted, is_gone, revision, at, mark } = head;
        if *is_gone || *revision < self.position.revision {
            return Err(LedgerProblem::Ahead);
        }
        if *revision == self.position.revision && mark.differs(self.position.mark) {
            return Err(LedgerProblem::Diverged);
        }
        (self.head, self.head_at, self.is_deleted) = (*revision, *at, *is_deleted);
        Ok(())
    }

    /// The events of a page that are behind the position, up to the head.
    pub(super) fn behind<'p>(
        &self,
        page: &'p [ToldEvent],
    ) -> Result<&'p [ToldEvent], LedgerProblem> {
        let WatchPosition { revision, mark } = self.position;
        let first = page.partition_point(|event| event.revision() < revision);
        let end = page.partition_point(|event| event.revision() <= self.head);
        let mut found = page.get(first..end).unwrap_or_default();
        if revision == 0 {
            return Ok(found);
        }
        match found {
            [last, rest @ ..] if last.revision() == revision => {
                if last.mark.differs(mark) {
                    return Err(LedgerProblem::Diverged);
                }
                found = rest;
            }
            // The one at the position is gone, and nothing behind it.
            [next, ..] if next.revision() == revision + 1 => {}
            [_, ..] => return Err(LedgerProblem::Trimmed),
            [] => {}
        }
        Ok(found)
    }

    /// Takes note that nothing was found. It may have been a moment too early once, but not twice.
    pub(super) fn miss(&mut self) -> Result<(), LedgerProblem> {
        if std::mem::replace(&mut self.is_empty, true) && self.has_more() {
            return Err(LedgerProblem::Trimmed);
        }
        Ok(())
    }

    /// Goes behind an event.
    pub(super) fn pass(&mut self, event: &ToldEvent) {
        self.position = WatchPosition { revision: event.revision(), mark: event.mark };
        self.is_empty = false;
    }

    /// An event as this watch is told it.
    pub(super) fn tell(&mut self, event: &ToldEvent) -> v1::Event {
        let before = std::mem::replace(&mut self.told, event.revision());
        event.message(&self.name, before)
    }

    pub(super) const fn has_more(&self) -> bool {
        self.position.revision < self.head
    }

    pub(super) const fn pending(&self) -> i64 {
        self.head - self.position.revision
    }
}
