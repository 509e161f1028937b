//! Who waits for the database to read, or to write past the writer.

use crate::store::Store;
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use std::sync::atomic::Ordering;

/// Has it looked at by whoever collects.
pub fn observe_waits(meters: &Meters, store: &Store) {
    let waits = store.pool_waits();
    meters.observe(&names::POOL_WAITS, move |observed| {
        for (pool, number) in &waits {
            observed.count(&[pool], number.load(Ordering::Relaxed));
        }
    });
    let waiting = store.waiting_look_ups();
    meters.observe(&names::LOOK_UPS_WAITING, move |observed| {
        observed.count(&[], waiting().unwrap_or_default() as u64);
    });
}
