//! Commands of one call that end when too many of them fail.
//!
//! Owns how many failed: those of whom that is told, and those in the group that is being decided, which may be
//! decided once more. Must never know what a command asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Commands of one call, none of which is decided any more once so many have failed. They are decided in their
/// order by the one writer, so nobody else counts meanwhile.
#[derive(Debug)]
pub struct Series {
    /// How many failures end it.
    most: usize,
    /// How many were told that they failed.
    told: AtomicUsize,
    /// The same with those that failed in the group that is being decided.
    seen: AtomicUsize,
}

impl Series {
    /// One that ends with the failure of this number.
    pub fn ending_after(failures: usize) -> Arc<Self> {
        Arc::new(Self { most: failures, told: AtomicUsize::new(0), seen: AtomicUsize::new(0) })
    }

    /// Whether it has ended, as far as was told.
    pub fn has_ended(&self) -> bool {
        self.told.load(Ordering::Relaxed) >= self.most
    }

    /// Counts one that was told that it failed.
    pub fn count(&self) {
        self.told.fetch_add(1, Ordering::Relaxed);
    }

    /// Before a group is decided: what failed when that was tried before may not fail again.
    pub(super) fn begin(&self) {
        self.seen.store(self.told.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Whether none of the group is decided any more.
    pub(super) fn is_over(&self) -> bool {
        self.seen.load(Ordering::Relaxed) >= self.most
    }

    /// Counts one of the group that failed.
    pub(super) fn fails(&self) {
        self.seen.fetch_add(1, Ordering::Relaxed);
    }
}
