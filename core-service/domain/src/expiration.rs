//! When something that is made ends without being asked. Must never know what ends.

use super::{Reason, Refusal, Timestamp};

/// When a hold is lifted, or a token opens nothing any more, without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiration {
    /// At this time.
    At(Timestamp),
    /// So long after it was made, in microseconds.
    After(u64),
}

impl Expiration {
    /// The point in time, for something that is made now and has this name in sentences.
    pub(super) fn seen_from(self, now: Timestamp, what: &str) -> Result<Timestamp, Refusal> {
        let invalid = |field, message| Err(Refusal::about(Reason::ValueInvalid, field, message));
        match self {
            Self::At(end) if end <= now => invalid(
                "expire_time",
                format!("the {what} would have expired already; send a later time"),
            ),
            Self::At(end) => Ok(end),
            Self::After(0) => invalid(
                "ttl",
                format!("the {what} would expire at once; send a ttl of a second or more"),
            ),
            Self::After(micros) => match now.0.checked_add_unsigned(micros).map(Timestamp) {
                Some(end) if end <= Timestamp::LAST => Ok(end),
                _ => invalid(
                    "ttl",
                    format!(
                        "the {what} would expire after the year 9999; send a shorter ttl, or none"
                    ),
                ),
            },
        }
    }
}
