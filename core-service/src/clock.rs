//! The present and fresh ids: the only place that asks the machine for them. Everything else is
//! given them, so that it can be tested.

#![expect(clippy::disallowed_methods, reason = "this is where time and ids come from")]

use provost_domain::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

/// The present.
pub fn now() -> Timestamp {
    let nanoseconds = OffsetDateTime::now_utc().unix_timestamp_nanos();
    Timestamp(i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX))
}

/// An id for something new. Ids grow with time, which keeps lists in the order of creation.
pub fn fresh_id() -> Uuid {
    Uuid::now_v7()
}
