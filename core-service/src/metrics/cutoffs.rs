//! Since when a deactivation waits in each followed ledger that not everybody has acknowledged. Each part of a
//! ledger is looked through once, however far behind a consumer is.
//!
//! Must never know how it is looked, nor whom a decision is about.

use crate::store::ConsumedLedger;
use provost_domain::{SiteId, Timestamp};
use std::collections::BTreeMap;

/// What is known of the ledgers that have consumers.
#[derive(Debug, Clone, Default)]
pub struct CutoffWaits(BTreeMap<SiteId, LedgerLook>);

/// How a ledger was looked through.
#[derive(Debug, Clone)]
struct LedgerLook {
    site_name: String,
    /// Behind which position it was.
    from: i64,
    /// Up to which one it was, where nothing was found.
    until: i64,
    /// The oldest deactivation that waits.
    oldest: Option<(i64, Timestamp)>,
}

impl CutoffWaits {
    /// Learns how far everybody has come, and answers behind which positions is to be looked for a
    /// deactivation. Before [`Self::found`] it knows of none there.
    pub fn moved(&mut self, ledgers: Vec<ConsumedLedger>) -> Vec<(SiteId, i64)> {
        let mut before = std::mem::take(&mut self.0);
        let mut open = Vec::new();
        for ConsumedLedger { site, name, head, passed } in ledgers {
            let known = before.remove(&site).filter(|known| known.from <= passed);
            let oldest = known.as_ref().and_then(|known| known.oldest);
            let oldest = oldest.filter(|(revision, _)| *revision > passed);
            let until = match known {
                Some(LedgerLook { oldest: None, until, .. }) => until.max(passed),
                _ => passed,
            };
            if oldest.is_none() && until < head {
                open.push((site, until));
            }
            let until = until.max(head);
            self.0.insert(site, LedgerLook { site_name: name, from: passed, until, oldest });
        }
        open
    }

    /// Learns of the first deactivation behind a position.
    pub fn found(&mut self, site: SiteId, revision: i64, at: Timestamp) {
        if let Some(look) = self.0.get_mut(&site) {
            look.oldest = Some((revision, at));
        }
    }

    /// The followed ledgers, each with the time of the oldest deactivation that waits, where one does. The name
    /// of a site is empty where it was deleted.
    pub fn waits(&self) -> impl Iterator<Item = (&str, Option<Timestamp>)> {
        self.0.values().map(|look| (&*look.site_name, look.oldest.map(|(_, at)| at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: SiteId = SiteId(1);

    fn moved(waits: &mut CutoffWaits, passed: i64, head: i64) -> Option<i64> {
        let ledger = ConsumedLedger { site: SITE, name: "acme".to_owned(), head, passed };
        let open = waits.moved(vec![ledger]);
        open.first().map(|(_, behind)| *behind)
    }

    fn oldest(waits: &CutoffWaits) -> Option<i64> {
        waits.waits().next().unwrap().1.map(|at| at.0)
    }

    #[test]
    fn what_was_looked_through_is_not_looked_through_again() {
        let mut waits = CutoffWaits::default();
        assert_eq!(moved(&mut waits, 5, 5), None);
        assert_eq!(moved(&mut waits, 5, 9), Some(5));
        // Nothing was found there.
        assert_eq!(moved(&mut waits, 5, 9), None);
        assert_eq!(moved(&mut waits, 6, 12), Some(9));
        waits.found(SITE, 11, Timestamp(110));
        assert_eq!((moved(&mut waits, 10, 20), oldest(&waits)), (None, Some(110)));
        // It has passed, and what is behind it was not looked through.
        assert_eq!((moved(&mut waits, 11, 20), oldest(&waits)), (Some(11), None));
        waits.found(SITE, 15, Timestamp(150));
        // Somebody goes back, or is new.
        assert_eq!((moved(&mut waits, 2, 20), oldest(&waits)), (Some(2), None));
        waits.found(SITE, 11, Timestamp(110));
        assert_eq!((moved(&mut waits, 20, 20), oldest(&waits)), (None, None));
        // Nobody follows any more.
        assert!(waits.moved(Vec::new()).is_empty() && waits.waits().next().is_none());
    }
}
