//! The sync cycles of a connection, rebuilt from its requests: one ends where there is a pause.
//!
//! Takes the same room however many users there are, and keeps nothing by which one could be found again.

use provost_domain::{Timestamp, UserId};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};

/// So long, in microseconds, nothing comes between two cycles. Within one, identity providers send
/// request by request.
const PAUSE: i64 = 60 * 1_000_000;
/// Never.
const NEVER: i64 = i64::MIN;
/// The places of the sketch by which users are counted.
const PLACES: usize = 1024;

/// The cycle that runs, or that ran last.
#[derive(Debug)]
pub struct SyncCycles {
    began: AtomicI64,
    /// When the one before it began.
    began_before: AtomicI64,
    last: AtomicI64,
    seen: UserSketch,
    changed: AtomicU64,
    failed: AtomicU64,
}

/// A cycle as it is told.
#[derive(Debug, PartialEq, Eq)]
pub struct SyncCycle {
    /// Whether more of it may come.
    pub is_running: bool,
    /// When it began.
    pub began: Timestamp,
    /// When its last request came.
    pub last: Timestamp,
    /// The time between its begin and that of the one before it, in microseconds; 0 for the first.
    pub interval: i64,
    /// How many users it was about, to a few in a hundred.
    pub seen: u64,
    /// How many of its requests changed something.
    pub changed: u64,
    /// How many were answered with an error.
    pub failed: u64,
}

/// A `HyperLogLog`: of each place the longest run of zeros that a hash had there.
#[derive(Debug)]
struct UserSketch([AtomicU8; PLACES]);

impl Default for SyncCycles {
    fn default() -> Self {
        Self {
            began: AtomicI64::new(NEVER),
            began_before: AtomicI64::new(NEVER),
            last: AtomicI64::new(NEVER),
            seen: UserSketch([const { AtomicU8::new(0) }; PLACES]),
            changed: AtomicU64::default(),
            failed: AtomicU64::default(),
        }
    }
}

impl SyncCycles {
    /// Takes note of a request that begins. Of several that come at once, one begins the cycle.
    pub fn asked(&self, now: Timestamp) {
        let before = self.last.fetch_max(now.0, Ordering::Relaxed);
        if before != NEVER && now.0.saturating_sub(before) <= PAUSE {
            return;
        }
        self.began_before.store(self.began.swap(now.0, Ordering::Relaxed), Ordering::Relaxed);
        self.seen.clear();
        self.changed.store(0, Ordering::Relaxed);
        self.failed.store(0, Ordering::Relaxed);
    }

    /// Takes note of the user that a request is about.
    pub fn saw(&self, user: UserId) {
        self.seen.add(user);
    }

    /// Takes note of a change.
    pub fn changed(&self) {
        self.changed.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes note of an error.
    pub fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// The cycle that runs, or that ran last; none before the first request.
    pub fn latest(&self, now: Timestamp) -> Option<SyncCycle> {
        let read = |number: &AtomicI64| number.load(Ordering::Relaxed);
        let (began, before, last) = (read(&self.began), read(&self.began_before), read(&self.last));
        (began != NEVER).then(|| SyncCycle {
            is_running: now.0.saturating_sub(last) <= PAUSE,
            began: Timestamp(began),
            last: Timestamp(last),
            interval: if before == NEVER { 0 } else { began.saturating_sub(before) },
            seen: self.seen.estimate(),
            changed: self.changed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        })
    }
}

impl UserSketch {
    fn add(&self, user: UserId) {
        let mut hasher = DefaultHasher::new();
        user.0.hash(&mut hasher);
        let hash = hasher.finish();
        let place = usize::try_from(hash % PLACES as u64).unwrap_or_default();
        let run = (hash / PLACES as u64).trailing_zeros().min(63) + 1;
        self.0[place].fetch_max(u8::try_from(run).unwrap_or(u8::MAX), Ordering::Relaxed);
    }

    fn clear(&self) {
        for run in &self.0 {
            run.store(0, Ordering::Relaxed);
        }
    }

    /// Few are counted by the places that are still empty, many by the runs
    /// (Flajolet and others, 2007, figure 3).
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of a number of users"
    )]
    fn estimate(&self) -> u64 {
        let places = PLACES as f64;
        let runs = || self.0.iter().map(|run| run.load(Ordering::Relaxed));
        let empty = runs().filter(|run| *run == 0).count();
        let sum: f64 = runs().map(|run| (-f64::from(run)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / places) * places * places / sum;
        let is_small = raw <= 2.5 * places && empty > 0;
        let estimate = if is_small { places * (places / empty as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::UserId;

    const SECOND: i64 = 1_000_000;

    fn user(number: u128) -> UserId {
        UserId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_pause_ends_a_cycle_and_the_next_request_begins_one() {
        let cycles = SyncCycles::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        assert_eq!(cycles.latest(at(0)), None);
        for second in 100..105 {
            cycles.asked(at(second));
            cycles.saw(user(second.unsigned_abs().into()));
            cycles.saw(user(100));
        }
        cycles.changed();
        cycles.failed();
        let first = SyncCycle {
            is_running: true,
            began: at(100),
            last: at(104),
            interval: 0,
            seen: 5,
            changed: 1,
            failed: 1,
        };
        assert_eq!(cycles.latest(at(164)).unwrap(), first);
        let ended = SyncCycle { is_running: false, ..first };
        assert_eq!(cycles.latest(at(165)).unwrap(), ended);

        cycles.asked(at(2_500));
        let second = SyncCycle {
            is_running: true,
            began: at(2_500),
            last: at(2_500),
            interval: 2_400 * SECOND,
            seen: 0,
            changed: 0,
            failed: 0,
        };
        assert_eq!(cycles.latest(at(2_501)).unwrap(), second);
    }

    #[test]
    fn many_users_are_counted_nearly() {
        let cycles = SyncCycles::default();
        cycles.asked(Timestamp(0));
        for (number, allowed) in [(1, 0), (10, 1), (1_000, 80), (50_000, 5_000)] {
            for number in 0..number {
                cycles.saw(user(number));
            }
            let seen = i128::from(cycles.latest(Timestamp(0)).unwrap().seen);
            let off = (seen - i128::try_from(number).unwrap()).unsigned_abs();
            assert!(off <= allowed, "{number} {seen}");
        }
    }
}
