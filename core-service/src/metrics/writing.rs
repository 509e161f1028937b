//! How the writer does.

use provost_telemetry::metrics::names;
use provost_telemetry::{Measurement, Meters};

/// What is measured of each group of commands.
#[derive(Debug)]
pub struct WriterMeasures {
    /// How many commands it has.
    pub group_size: Measurement,
    /// How long each has waited in the queue.
    pub queue_wait: Measurement,
    /// How long it has waited for a connection.
    pub pool_wait: Measurement,
    /// How long it took to hold the sites and to load what it needs.
    pub load: Measurement,
    /// How long it took to save and commit.
    pub commit: Measurement,
}

impl WriterMeasures {
    /// Of these meters.
    pub fn new(meters: &Meters) -> Self {
        Self {
            group_size: meters.measured(&names::GROUP_SIZE),
            queue_wait: meters.measured(&names::QUEUE_WAIT),
            pool_wait: meters.measured(&names::POOL_WAIT),
            load: meters.measured(&names::LOAD_DURATION),
            commit: meters.measured(&names::COMMIT_DURATION),
        }
    }
}
