//! Refusals on their way to the core, which notes them for people who look why requests fail.
//!
//! Nobody waits for a note, so there are few of them at a time, and how many were lost is told. Must never know why
//! a request was refused.

use crate::client::CallError;
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many are on their way at most.
const MOST: usize = 16;

/// The notes of a gateway.
pub(super) struct RefusalNotes {
    places: Arc<Semaphore>,
    lost: Arc<AtomicU64>,
}

impl RefusalNotes {
    /// With nothing on its way, told of by these meters.
    pub fn new(meters: &Meters) -> Self {
        let lost = Arc::<AtomicU64>::default();
        let told = Arc::clone(&lost);
        meters.observe(&names::REFUSED_REQUESTS_LOST, move |observed| {
            observed.count(&[], told.load(Ordering::Relaxed));
        });
        Self { places: Arc::new(Semaphore::new(MOST)), lost }
    }

    /// A place for one more, while it is on its way. Where there is none it is lost.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.lose();
        }
        place
    }

    /// Counts one that may not have come to the core. Who is not let in is nobody whose requests are noted.
    pub fn arrived<T>(&self, answer: &Result<T, CallError>) {
        match answer {
            Ok(_) | Err(CallError::Refused { .. }) => {}
            Err(
                CallError::TooMuch(_)
                | CallError::Unavailable
                | CallError::DeadlineExceeded
                | CallError::Broken,
            ) => self.lose(),
        }
    }

    fn lose(&self) {
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        // So the log tells of it, and of the thousandth as well, without a line for each.
        if lost.is_power_of_two() {
            tracing::warn!(
                lost,
                "refused requests could not be noted, because too many were on their way or the core did not answer"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_place_or_no_core_is_counted() {
        let notes = RefusalNotes::new(&Meters::uncollected());
        let places: Vec<_> = (0..MOST).map(|_| notes.place()).collect();
        assert!(places.iter().all(Option::is_some) && notes.place().is_none());
        drop(places);
        assert!(notes.place().is_some());
        notes.arrived::<()>(&Ok(()));
        notes.arrived::<()>(&Err(CallError::Unavailable));
        assert_eq!(notes.lost.load(Ordering::Relaxed), 2);
    }
}
