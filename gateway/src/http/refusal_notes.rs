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

    /// A place for so many more that go together, while they are on their way. Where there is none they are lost.
    pub fn place(&self, notes: usize) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.lose(notes);
        }
        place
    }

    /// Counts so many that may not have come to the core. Who is not let in is nobody whose requests are noted.
    pub fn arrived<T>(&self, answer: &Result<T, CallError>, notes: usize) {
        match answer {
            Ok(_) | Err(CallError::Refused { .. }) => {}
            Err(
                CallError::TooMuch(_)
                | CallError::Unavailable
                | CallError::DeadlineExceeded
                | CallError::Broken,
            ) => self.lose(notes),
        }
    }

    fn lose(&self, notes: usize) {
        let notes = notes as u64;
        let before = self.lost.fetch_add(notes, Ordering::Relaxed);
        let lost = before + notes;
        // So the log tells of it, and of the thousandth as well, without a line for each.
        if before.checked_ilog2() != lost.checked_ilog2() {
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
        let places: Vec<_> = (0..MOST).map(|_| notes.place(1)).collect();
        assert!(places.iter().all(Option::is_some) && notes.place(1).is_none());
        drop(places);
        assert!(notes.place(7).is_some());
        notes.arrived::<()>(&Ok(()), 7);
        notes.arrived::<()>(&Err(CallError::Unavailable), 7);
        assert_eq!(notes.lost.load(Ordering::Relaxed), 8);
    }
}
