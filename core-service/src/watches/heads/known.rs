//! What is known of ledgers: how far each is, in the order in which they moved. Must never know who tells.

use super::super::EventMark;
use provost_domain::{SiteId, Timestamp, WatchedLedger};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far one ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerHead {
    /// The name of its site.
    pub name: Arc<str>,
    /// Whether the site was deleted.
    pub is_deleted: bool,
    /// Whether the database has the site no longer, because it was restored from a backup.
    pub is_gone: bool,
    /// The revision of its newest event; 0 where there is none.
    pub revision: i64,
    /// When that was decided.
    pub at: Option<Timestamp>,
    /// Of that event.
    pub mark: EventMark,
}

/// How far ledgers are, and in which order they have moved.
#[derive(Debug, Default)]
pub(super) struct KnownLedgers {
    pub(super) ledgers: BTreeMap<SiteId, KnownLedger>,
    /// The ledgers by the number of their last move.
    pub(super) moves: BTreeMap<u64, SiteId>,
    pub(super) last: u64,
    /// How many watches are about all sites, and how many name each ledger.
    pub(super) of_all: usize,
    pub(super) of_each: BTreeMap<SiteId, usize>,
    /// Whether all were looked at since somebody watches all sites.
    pub(super) has_all: bool,
}

/// A ledger, and the number of its last move.
#[derive(Debug)]
pub(super) struct KnownLedger {
    pub(super) head: LedgerHead,
    pub(super) moved: u64,
}

impl KnownLedgers {
    /// Whether a ledger is watched and not known to be that far.
    pub(super) fn may_move_to(&self, site: SiteId, revision: i64) -> bool {
        let is_watched = self.of_all > 0 || self.of_each.contains_key(&site);
        let is_there = |known: &KnownLedger| !known.head.is_gone && known.head.revision >= revision;
        is_watched && !self.ledgers.get(&site).is_some_and(is_there)
    }

    /// Takes in how far a ledger is, as its last move.
    pub(super) fn set(&mut self, site: SiteId, head: LedgerHead) {
        self.last += 1;
        let moved = self.last;
        self.moves.insert(moved, site);
        if let Some(before) = self.ledgers.insert(site, KnownLedger { head, moved }) {
            self.moves.remove(&before.moved);
        }
    }

    /// Takes in what was found by a look that began after a move of this number. What has moved since then
    /// is not set back.
    pub(super) fn take_in(&mut self, ledger: WatchedLedger, before: u64) {
        let WatchedLedger { site, name, is_deleted, revision, head } = ledger;
        if self.of_all == 0 && !self.of_each.contains_key(&site) {
            return;
        }
        let mark = head.as_ref().map(EventMark::from).unwrap_or_default();
        let found = LedgerHead {
            name: name.into(),
            is_deleted,
            is_gone: false,
            revision,
            at: head.map(|it| it.at),
            mark,
        };
        let is_news = match self.ledgers.get(&site) {
            None => true,
            Some(known) if known.moved > before && found.revision <= known.head.revision => false,
            Some(known) => known.head != found,
        };
        if is_news {
            self.set(site, found);
        }
    }

    /// Takes in which ledgers were found by such a look, of these or of all, with or without those of deleted
    /// sites. A site stays for ever, so what was there before and is not found is gone with a restore.
    pub(super) fn take_in_gone(
        &mut self,
        (asked, with_deleted): (Option<&BTreeSet<SiteId>>, bool),
        found: &BTreeSet<SiteId>,
        before: u64,
    ) {
        let is_asked = |site: &SiteId| asked.is_none_or(|asked| asked.contains(site));
        let gone = self.ledgers.iter().filter(|(site, known)| {
            let is_asked = is_asked(site) && (with_deleted || !known.head.is_deleted);
            is_asked && !found.contains(site) && known.moved <= before && !known.head.is_gone
        });
        let gone: Vec<_> = gone.map(|(site, known)| (*site, known.head.clone())).collect();
        for (site, head) in gone {
            self.set(site, LedgerHead { is_gone: true, ..head });
        }
    }

    /// Forgets what nobody watches.
    pub(super) fn clear(&mut self) {
        if self.of_all > 0 {
            return;
        }
        let Self { ledgers, moves, of_each, has_all, .. } = self;
        *has_all = false;
        ledgers.retain(|site, known| {
            let is_watched = of_each.contains_key(site);
            if !is_watched {
                moves.remove(&known.moved);
            }
            is_watched
        });
    }
}
