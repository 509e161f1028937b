//! When a token stops working or a hold ends: after a span (`90d`) or at a point in time (RFC 3339).

use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The end of a token or a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// So long from now.
    After(Duration),
    /// At this time.
    At(OffsetDateTime),
}

/// An error: neither a span nor a point in time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a span as in 90d, 12h or 30m, or a time as in 2030-01-31T12:00:00Z")]
pub struct NotAnExpiry;

impl FromStr for Expiry {
    type Err = NotAnExpiry;

    fn from_str(text: &str) -> Result<Self, NotAnExpiry> {
        if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(Self::At(at));
        }
        // No longer units: `3M` would be three months beside `3m`, three minutes.
        if !text.bytes().all(|byte| byte.is_ascii_digit() || b"mhdw".contains(&byte)) {
            return Err(NotAnExpiry);
        }
        let span = humantime::parse_duration(text).map_err(|_| NotAnExpiry)?;
        let span = Duration::try_from(span).ok().filter(|span| span.is_positive());
        span.map(Self::After).ok_or(NotAnExpiry)
    }
}

impl Expiry {
    /// As the contract says it: each message has a type of its own for a time or a span.
    pub fn into_message<E>(
        self,
        time: impl FnOnce(prost_types::Timestamp) -> E,
        ttl: impl FnOnce(prost_types::Duration) -> E,
    ) -> E {
        match self {
            Self::At(at) => time(super::time::stamp(at)),
            Self::After(span) => ttl(prost_types::Duration {
                seconds: span.whole_seconds(),
                nanos: span.subsec_nanoseconds(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Duration, Expiry, NotAnExpiry};

    #[test]
    fn spans_and_times_are_understood() {
        let table = [
            ("30m", Expiry::After(Duration::minutes(30))),
            ("12h", Expiry::After(Duration::hours(12))),
            ("90d", Expiry::After(Duration::days(90))),
            ("2w", Expiry::After(Duration::weeks(2))),
            ("1d12h", Expiry::After(Duration::hours(36))),
            ("2030-01-31T12:00:00+01:00", Expiry::At(datetime!(2030-01-31 11:00 UTC))),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "d", "90", "90 d", "0d", "-1d", "1y", "3M", "9999999999999999d", "2030-01-31", "é"]
        {
            assert_eq!(text.parse::<Expiry>(), Err(NotAnExpiry), "{text}");
        }
    }
}
