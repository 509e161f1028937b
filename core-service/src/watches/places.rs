//! Places for watches: so many in this process, and so many of one caller.

use provost_domain::{Caller, MetadataKey, Reason, Refusal};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most watches of one caller, which is a service or the operator, at one core.
const OF_CALLER: usize = 128;
/// The most watches at one core.
const OF_ALL: usize = 1024;
/// So many of them are kept for the operator, who has to see what goes on when services take all others.
const OF_OPERATOR: usize = 16;

/// Who watches, as the ledger writes callers, and how often.
#[derive(Debug, Default)]
pub struct WatchPlaces(Mutex<HashMap<String, usize>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub struct WatchPermit {
    places: Arc<WatchPlaces>,
    caller: String,
}

impl WatchPlaces {
    /// A place for one more watch of this caller.
    pub fn take(self: &Arc<Self>, caller: &Caller) -> Result<WatchPermit, Refusal> {
        let kept = if *caller == Caller::Operator { 0 } else { OF_OPERATOR };
        let caller = caller.to_string();
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= OF_ALL - kept {
            return Err(too_many("this core has", OF_ALL - kept));
        }
        let own = taken.entry(caller.clone()).or_default();
        if *own >= OF_CALLER {
            return Err(too_many("the caller has", OF_CALLER));
        }
        *own += 1;
        Ok(WatchPermit { places: Arc::clone(self), caller })
    }

    /// Who watches, as the ledger writes callers, and how often.
    pub fn taken_by_caller(&self) -> BTreeMap<String, usize> {
        self.taken().iter().map(|(caller, watches)| (caller.clone(), *watches)).collect()
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WatchPermit {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
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
