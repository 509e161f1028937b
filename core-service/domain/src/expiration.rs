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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_to_come_and_within_the_calendar() {
        const NOW: Timestamp = Timestamp(2_000);
        let left = Timestamp::LAST.0.abs_diff(NOW.0);
        for (expiration, expected) in [
            (Expiration::At(Timestamp(1_999)), Err("expire_time")),
            (Expiration::At(NOW), Err("expire_time")),
            (Expiration::At(Timestamp(2_001)), Ok(Timestamp(2_001))),
            (Expiration::After(0), Err("ttl")),
            (Expiration::After(1), Ok(Timestamp(2_001))),
            (Expiration::After(left), Ok(Timestamp::LAST)),
            (Expiration::After(left + 1), Err("ttl")),
            (Expiration::After(u64::MAX), Err("ttl")),
        ] {
            let end = expiration.seen_from(NOW, "hold");
            let end = end.map_err(|refusal| {
                assert_eq!(refusal.reason, Reason::ValueInvalid);
                assert!(refusal.message.contains("the hold would"), "{}", refusal.message);
                refusal.attribute
            });
            assert_eq!(end, expected.map_err(str::to_owned), "{expiration:?}");
        }
    }
}
