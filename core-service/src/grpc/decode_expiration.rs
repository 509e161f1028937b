//! From the contract's two ways of saying when something ends to the domain's. What is too early or
//! too late is the law's to refuse.

use super::decode::told_time;
use provost_domain::{Expiration, Reason, Refusal};
use std::time::Duration;

/// Reads a point in time.
pub(super) fn expire_time(at: &prost_types::Timestamp) -> Result<Expiration, Refusal> {
    told_time(at, "expire_time").map(Expiration::At)
}

/// Reads a span.
pub(super) fn ttl(ttl: prost_types::Duration) -> Result<Expiration, Refusal> {
    let ttl = Duration::try_from(ttl).map_err(|_| {
        let message = "the ttl is negative or no duration; send a second or more";
        Refusal::about(Reason::ValueInvalid, "ttl", message)
    })?;
    // What is longer than can be told ends beyond the calendar as well.
    Ok(Expiration::After(u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX)))
}
