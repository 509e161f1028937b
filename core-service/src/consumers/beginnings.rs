//! Beginnings: calls by which consumers are new in ledgers, until that is written. So it is known who else takes
//! places there, and nobody waits for them as long as there are enough.
//!
//! Must never know how many places there are.

use provost_domain::SiteId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Those that are under way, by a number that tells who came before.
#[derive(Debug, Default)]
pub(super) struct Beginnings(Mutex<BTreeMap<u64, NewConsumer>>);

/// A consumer that is new in some ledgers.
#[derive(Debug)]
struct NewConsumer {
    owner: String,
    name: String,
    /// In order.
    sites: Vec<SiteId>,
    over: CancellationToken,
}

/// A beginning that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    all: Arc<Beginnings>,
    number: u64,
    /// Other consumers that began in one of the ledgers before.
    pub others: usize,
    /// How many of these are the same caller's.
    pub of_caller: usize,
    before: Vec<CancellationToken>,
}

impl Beginnings {
    /// Begins beside those that are under way. The ledgers are in order.
    pub(super) fn begin(
        self: &Arc<Self>,
        (owner, name): (&str, &str),
        sites: &[SiteId],
    ) -> UnderWay {
        let (owner, name, sites) = (owner.to_owned(), name.to_owned(), sites.to_vec());
        let own = NewConsumer { owner, name, sites, over: CancellationToken::new() };
        let mut all = self.lock();
        let others: Vec<_> = all.values().filter(|other| other.takes_places_of(&own)).collect();
        let of_caller = others.iter().filter(|other| other.owner == own.owner).count();
        let before: Vec<_> = others.iter().map(|other| other.over.clone()).collect();
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, own);
        UnderWay { all: Arc::clone(self), number, others: before.len(), of_caller, before }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, NewConsumer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NewConsumer {
    /// Whether it is another consumer in one of the same ledgers.
    fn takes_places_of(&self, other: &Self) -> bool {
        let is_same = (&self.owner, &self.name) == (&other.owner, &other.name);
        !is_same && self.sites.iter().any(|site| other.sites.binary_search(site).is_ok())
    }
}

impl UnderWay {
    /// Waits until the others are written, or given up. They wait for earlier ones only, so nobody does for ever.
    pub(super) async fn others_are_over(&self) {
        for over in &self.before {
            over.cancelled().await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(own) = self.all.lock().remove(&self.number) {
            own.over.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn who_begins_knows_who_takes_places_there() {
        let all = Arc::<Beginnings>::default();
        let sites = |sites: &[i64]| sites.iter().map(|site| SiteId(*site)).collect::<Vec<_>>();
        let first = all.begin(("service:a", "mail"), &sites(&[1, 2, 3]));
        let elsewhere = all.begin(("service:a", "desk"), &sites(&[4]));
        assert_eq!([first.others, elsewhere.others], [0, 0]);
        let own = all.begin(("service:a", "desk"), &sites(&[3, 4]));
        assert_eq!((own.others, own.of_caller), (1, 1), "it is the same as the one elsewhere");
        let other = all.begin(("service:b", "mail"), &sites(&[3]));
        assert_eq!((other.others, other.of_caller), (2, 0));
        let waits = |one: &UnderWay| one.others_are_over().now_or_never().is_none();
        assert!(!waits(&elsewhere) && waits(&own) && waits(&other));
        drop(first);
        assert!(!waits(&own) && waits(&other));
        drop(own);
        assert!(!waits(&other));
        assert_eq!(all.begin(("service:c", "mail"), &sites(&[1, 2])).others, 0);
    }
}
