//! A ledger that is followed: where the watch is in it, and whether it is still the same one.

use super::super::told::ToldEvent;
use crate::watches::{LedgerHead, LedgerProblem, PagedEvent as _, WatchPosition};
use provost_proto::v1::EncodedEvent;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long the end of a deleted site's ledger is part of cursors, so that consumers acknowledge it.
const OVER_TOLD_FOR: Duration = Duration::from_mins(1);

/// A ledger of a watch.
pub(super) struct FollowedLedger {
    pub(super) name: Arc<str>,
    pub(super) position: WatchPosition,
    /// The revision of the event that was told last.
    told: i64,
    /// The newest event, as far as is known.
    pub(super) head: i64,
    /// Whether its site was deleted.
    pub(super) is_deleted: bool,
    /// Whether it is in line.
    pub(super) waits: bool,
    /// Whether nothing was found last time although there is to be more.
    is_empty: bool,
    /// Since when cursors say that it is told to its end.
    over_told: Option<Instant>,
}

impl FollowedLedger {
    pub(super) fn new(head: LedgerHead, position: WatchPosition) -> Self {
        let LedgerHead { name, is_deleted, is_gone: _, revision, at: _, mark: _ } = head;
        Self {
            name,
            position,
            told: position.revision,
            head: revision,
            is_deleted,
            waits: position.revision < revision,
            is_empty: false,
            over_told: None,
        }
    }

    /// Takes in how far it is. Where that is before the position, or where there is another event at the
    /// position, it is not the same ledger any more.
    pub(super) fn move_to(&mut self, head: &LedgerHead) -> Result<(), LedgerProblem> {
        let LedgerHead { name: _, is_deleted, is_gone, revision, at: _, mark } = head;
        if *is_gone || *revision < self.position.revision {
            return Err(LedgerProblem::Ahead);
        }
        if *revision == self.position.revision && mark.differs(self.position.mark) {
            return Err(LedgerProblem::Diverged);
        }
        (self.head, self.is_deleted) = (*revision, *is_deleted);
        Ok(())
    }

    /// The events of a page that are behind the position, up to the head.
    pub(super) fn behind<'p>(
        &self,
        page: &'p [Arc<ToldEvent>],
    ) -> Result<&'p [Arc<ToldEvent>], LedgerProblem> {
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
    pub(super) fn tell(&mut self, event: &ToldEvent) -> EncodedEvent {
        let before = std::mem::replace(&mut self.told, event.revision());
        event.message(&self.name, before)
    }

    pub(super) const fn has_more(&self) -> bool {
        self.position.revision < self.head
    }

    /// Whether nothing will come of it any more.
    pub(super) const fn is_over(&self) -> bool {
        self.is_deleted && !self.has_more()
    }

    /// Whether it may be left out of the cursor that is told now: nothing comes of it any more, and those
    /// before have said so for long enough. Otherwise cursors would have every site that was ever deleted.
    pub(super) fn is_left(&mut self, now: Instant) -> bool {
        self.is_over() && now.duration_since(*self.over_told.get_or_insert(now)) >= OVER_TOLD_FOR
    }

    pub(super) const fn pending(&self) -> i64 {
        self.head - self.position.revision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_deleted_site_is_told_for_a_while() {
        let head = LedgerHead {
            name: "acme".into(),
            is_deleted: true,
            is_gone: false,
            revision: 7,
            at: None,
            mark: crate::watches::EventMark(1),
        };
        let at = |revision| WatchPosition { revision, mark: head.mark };
        let (begun, minute) = (Instant::now(), Duration::from_mins(1));
        let mut behind = FollowedLedger::new(head.clone(), at(6));
        let mut told = FollowedLedger::new(head.clone(), at(7));
        for (later, expected) in [(Duration::ZERO, false), (minute / 2, false), (minute, true)] {
            assert_eq!(told.is_left(begun + later), expected, "{later:?}");
            assert!(!behind.is_left(begun + later), "there is one more");
        }
        let mut there = FollowedLedger::new(LedgerHead { is_deleted: false, ..head }, at(7));
        assert!(!there.is_left(begun) && !there.is_left(begun + minute));
    }
}
