//! When each connection was last answered well, and when not, and the cycles in which it asks.

use super::cycles::{SyncCycle, SyncCycles};
use crate::clock;
use crate::store::ConnectionFigure;
use provost_domain::{Answer, Decision, SiteId, Timestamp, UserId};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{Metric, OTHER, Observed, names};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Never.
const NEVER: i64 = i64::MIN;

/// What is known of the requests of one connection, since the process began.
#[derive(Debug)]
pub struct ConnectionRequests {
    site: String,
    connection: String,
    last_good: AtomicI64,
    last_failed: AtomicI64,
    cycles: SyncCycles,
    /// Since when it is known here.
    since: Timestamp,
}

/// The connections that have asked for something, so many of them.
#[derive(Debug)]
pub struct RequestsByConnection {
    known: Mutex<HashMap<(SiteId, String), Arc<ConnectionRequests>>>,
    /// Of all others.
    other: Arc<ConnectionRequests>,
    told_apart: usize,
}

/// What is told of a cycle at this time.
type TellCycle = fn(&SyncCycle, i64) -> f64;

impl ConnectionRequests {
    fn of(site: &str, connection: &str) -> Arc<Self> {
        Arc::new(Self {
            site: site.to_owned(),
            connection: connection.to_owned(),
            last_good: AtomicI64::new(NEVER),
            last_failed: AtomicI64::new(NEVER),
            cycles: SyncCycles::default(),
            since: clock::now(),
        })
    }

    /// Takes note of an answer.
    pub fn answered(&self, is_good: bool) {
        let now = clock::now();
        self.cycles.asked(now);
        if !is_good {
            self.cycles.failed();
        }
        let last = if is_good { &self.last_good } else { &self.last_failed };
        last.store(now.0, Ordering::Relaxed);
    }

    /// Takes note of the user that is answered.
    pub fn saw(&self, user: UserId) {
        self.cycles.asked(clock::now());
        self.cycles.saw(user);
    }

    /// Takes note of what was decided.
    pub fn decided(&self, decision: &Decision) {
        if let Answer::User { user, .. } = &decision.answer {
            self.saw(user.id);
        }
        if decision.changed {
            self.cycles.changed();
        }
    }
}

impl RequestsByConnection {
    /// None yet, told by these meters.
    pub fn new(meters: &Meters) -> Arc<Self> {
        let activities = Arc::new(Self {
            known: Mutex::default(),
            other: ConnectionRequests::of(OTHER, OTHER),
            told_apart: meters.told_apart(),
        });
        let looked = Arc::clone(&activities);
        meters.observe(&names::LAST_GOOD_REQUEST, move |observed| {
            looked.each(|activity, now| observe_age(observed, activity, &activity.last_good, now));
        });
        let looked = Arc::clone(&activities);
        meters.observe(&names::LAST_FAILED_REQUEST, move |observed| {
            looked
                .each(|activity, now| observe_age(observed, activity, &activity.last_failed, now));
        });
        activities.observe_cycles(meters);
        activities
    }

    fn observe_cycles(self: &Arc<Self>, meters: &Meters) {
        let tell: [(&'static Metric, TellCycle); 4] = [
            (&names::SYNC_RUNNING, |cycle, _| f64::from(u8::from(cycle.is_running))),
            (&names::SYNC_START, |cycle, now| seconds(now.saturating_sub(cycle.began.0))),
            (&names::SYNC_DURATION, |cycle, _| seconds(cycle.last.0.saturating_sub(cycle.began.0))),
            (&names::SYNC_INTERVAL, |cycle, _| seconds(cycle.interval)),
        ];
        for (metric, value) in tell {
            let looked = Arc::clone(self);
            meters.observe(metric, move |observed| {
                looked.each_cycle(|activity, cycle, now| {
                    let of = [&*activity.site, &*activity.connection];
                    observed.see(&of, value(cycle, now));
                });
            });
        }
        let looked = Arc::clone(self);
        meters.observe(&names::SYNC_USERS, move |observed| {
            looked.each_cycle(|activity, cycle, _| {
                let SyncCycle { seen, changed, failed, .. } = *cycle;
                for (what, number) in [("seen", seen), ("changed", changed), ("failed", failed)] {
                    observed.count(&[&activity.site, &activity.connection, what], number);
                }
            });
        });
    }

    fn each_cycle(&self, mut see: impl FnMut(&ConnectionRequests, &SyncCycle, i64)) {
        self.each(|activity, now| {
            if let Some(cycle) = activity.cycles.latest(now) {
                see(activity, &cycle, now.0);
            }
        });
    }

    /// That of a connection, or of all others where there are too many to tell apart.
    pub fn of(
        &self,
        (site, site_name): (SiteId, &str),
        connection: &str,
    ) -> Arc<ConnectionRequests> {
        let mut known = self.known();
        let key = (site, connection.to_owned());
        if known.len() >= self.told_apart && !known.contains_key(&key) {
            return Arc::clone(&self.other);
        }
        let made = || ConnectionRequests::of(site_name, connection);
        Arc::clone(known.entry(key).or_insert_with(made))
    }

    /// Learns what was stored at this time: forgets connections that were gone by then, and takes the last
    /// use of a token for the last good request of those that have not asked here.
    pub fn learn(&self, stored: &[ConnectionFigure], at: Timestamp) {
        let existing: BTreeSet<_> =
            stored.iter().map(|found| (found.site, found.name.as_str())).collect();
        self.known().retain(|(site, name), activity| {
            activity.since >= at || existing.contains(&(*site, name.as_str()))
        });
        for found in stored.iter().take(self.told_apart) {
            if let Some(used) = found.last_used_at {
                let activity = self.of((found.site, &found.site_name), &found.name);
                if !Arc::ptr_eq(&activity, &self.other) {
                    let (never, used) = (NEVER, used.0);
                    let order = Ordering::Relaxed;
                    let _ = activity.last_good.compare_exchange(never, used, order, order);
                }
            }
        }
    }

    fn each(&self, mut see: impl FnMut(&ConnectionRequests, Timestamp)) {
        let known: Vec<_> = self.known().values().cloned().collect();
        let now = clock::now();
        known.iter().chain([&self.other]).for_each(|activity| see(activity, now));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(SiteId, String), Arc<ConnectionRequests>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn observe_age(
    observed: &Observed<'_>,
    activity: &ConnectionRequests,
    last: &AtomicI64,
    now: Timestamp,
) {
    let last = last.load(Ordering::Relaxed);
    if last != NEVER {
        let age = seconds(now.0.saturating_sub(last));
        observed.see(&[&activity.site, &activity.connection], age);
    }
}

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "exact for three hundred years")]
pub(crate) fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}
