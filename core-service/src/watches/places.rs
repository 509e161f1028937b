//! Places for watches: so many in this process, and so many of one caller.

use crate::clock;
use crate::metrics::seconds;
use provost_domain::{Caller, MetadataKey, Reason, Refusal};
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most watches of one caller, which is a service or the operator, at one core.
const OF_CALLER: usize = 128;
/// The most watches at one core.
const OF_ALL: usize = 1024;
/// So many of them are kept for the operator, who has to see what goes on when services take all others.
const OF_OPERATOR: usize = 16;

/// Who watches, as the ledger writes callers, and how often.
#[derive(Debug, Default)]
pub struct WatchPlaces(Mutex<HashMap<String, Vec<Arc<WatchProgress>>>>);

/// How far a watch is, as it was told last.
#[derive(Debug)]
struct WatchProgress {
    pending: AtomicI64,
    told_at: AtomicI64,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct WatchPermit {
    places: Arc<WatchPlaces>,
    caller: String,
    progress: Arc<WatchProgress>,
}

impl WatchPlaces {
    /// A place for one more watch of this caller.
    pub fn take(self: &Arc<Self>, caller: &Caller) -> Result<WatchPermit, Refusal> {
        let kept = if *caller == Caller::Operator { 0 } else { OF_OPERATOR };
        let caller = caller.to_string();
        let mut taken = self.taken();
        if taken.values().map(Vec::len).sum::<usize>() >= OF_ALL - kept {
            return Err(too_many("this core has", OF_ALL - kept));
        }
        let own = taken.entry(caller.clone()).or_default();
        if own.len() >= OF_CALLER {
            return Err(too_many("the caller has", OF_CALLER));
        }
        let told_at = AtomicI64::new(clock::now().0);
        let progress = Arc::new(WatchProgress { pending: AtomicI64::new(0), told_at });
        own.push(Arc::clone(&progress));
        Ok(WatchPermit { places: Arc::clone(self), caller, progress })
    }

    /// Who watches, as the ledger writes callers, and how often.
    pub fn taken_by_caller(&self) -> BTreeMap<String, usize> {
        self.taken().iter().map(|(caller, watches)| (caller.clone(), watches.len())).collect()
    }

    /// Has these meters tell who watches, and how often.
    pub fn observe(self: &Arc<Self>, meters: &Meters) {
        let places = Arc::clone(self);
        meters.observe(&names::WATCHES, move |observed| {
            for (caller, watches) in &*places.taken() {
                observed.count(&[caller], watches.len() as u64);
            }
        });
        let places = Arc::clone(self);
        meters.observe(&names::WATCH_PENDING, move |observed| {
            for (caller, watches) in &*places.taken() {
                let pending = watches.iter().map(|watch| watch.pending.load(Ordering::Relaxed));
                observed.count(&[caller], pending.max().unwrap_or_default().unsigned_abs());
            }
        });
        let places = Arc::clone(self);
        meters.observe(&names::WATCH_SILENCE, move |observed| {
            let now = clock::now().0;
            for (caller, watches) in &*places.taken() {
                let told = watches.iter().map(|watch| watch.told_at.load(Ordering::Relaxed)).min();
                observed.see(&[caller], seconds(now.saturating_sub(told.unwrap_or(now))));
            }
        });
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<WatchProgress>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchPermit {
    /// Takes note of a response, behind which so many events wait.
    pub fn told(&self, pending: i64) {
        self.progress.pending.store(pending, Ordering::Relaxed);
        self.progress.told_at.store(clock::now().0, Ordering::Relaxed);
    }
}

impl Drop for WatchPermit {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.caller) {
            own.retain(|other| !Arc::ptr_eq(other, &self.progress));
            if own.is_empty() {
                taken.remove(&self.caller);
            }
        }
    }
}

fn too_many(who: &str, limit: usize) -> Refusal {
    let message = format!(
        "{who} {limit} watches, which is as many as may be; close one, or watch several sites in one"
    );
    Refusal::new(Reason::TooManyWatches, message).naming(MetadataKey::Limit, &limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::ServiceName;

    fn service(name: &str) -> Caller {
        Caller::Service { name: ServiceName::as_stored(name.to_owned()) }
    }

    #[test]
    fn a_caller_has_so_many_and_all_together_so_many() {
        let places = Arc::<WatchPlaces>::default();
        let mut permits: Vec<_> =
            (0..OF_CALLER).map(|_| places.take(&service("operator")).unwrap()).collect();
        let refusal = places.take(&service("operator")).unwrap_err();
        assert!(refusal.message.contains("the caller has 128"), "{refusal}");
        permits.pop();
        permits.push(places.take(&service("operator")).unwrap());
        for number in 0..OF_ALL - OF_OPERATOR - OF_CALLER {
            let caller = service(&format!("s{}", number / OF_CALLER));
            permits.push(places.take(&caller).unwrap());
        }
        let refusal = places.take(&service("late")).unwrap_err();
        assert!(refusal.message.contains("this core has 1008"), "{refusal}");
        // The operator, who is no service of that name, has a place all the same.
        permits.extend((0..OF_OPERATOR).map(|_| places.take(&Caller::Operator).unwrap()));
        let refusal = places.take(&Caller::Operator).unwrap_err();
        assert_eq!(refusal.reason, Reason::TooManyWatches);
        assert!(refusal.message.contains("this core has 1024"), "{refusal}");
        drop(permits);
        assert!(places.taken().is_empty());
    }
}
