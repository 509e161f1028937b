//! The present and fresh ids: the only place that asks the machine for them. Everything else is
//! given them, so that it can be tested.

#![expect(clippy::disallowed_methods, reason = "this is where time and ids come from")]

use provost_domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use time::OffsetDateTime;
use uuid::Uuid;

/// The present.
pub fn now() -> Timestamp {
    let nanoseconds = OffsetDateTime::now_utc().unix_timestamp_nanos();
    Timestamp(i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX))
}

/// The present, for what is decided: later than any that was given before, also where the clock is
/// set back. Who asks for what changed after the last change that they saw misses none.
pub fn next_moment() -> Timestamp {
    let Timestamp(now) = now();
    let before = LATEST.fetch_update(Relaxed, Relaxed, |latest| Some(later(now, latest)));
    Timestamp(before.map_or(now, |latest| later(now, latest)))
}

static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);

fn later(now: i64, latest: i64) -> i64 {
    now.max(latest.saturating_add(1))
}

/// An id for something new. Ids grow with time, which keeps lists in the order of creation.
pub fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_moment_comes_twice_or_before_an_earlier_one() {
        let moments: Vec<_> = (0..1_000).map(|_| next_moment()).collect();
        assert!(moments.is_sorted_by(|one, next| one < next));
        let set_back = later(7, 3_600);
        assert_eq!(set_back, 3_601);
    }
}
