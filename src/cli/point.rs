//! A point in time as people type it: a day, or RFC 3339.

use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// A point in time; of a day, its first moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointInTime(pub OffsetDateTime);

/// An error: neither a day nor a point in time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a day as in 2030-01-31, or a time as in 2030-01-31T12:00:00Z")]
pub struct NoPointInTime;

impl FromStr for PointInTime {
    type Err = NoPointInTime;

    fn from_str(text: &str) -> Result<Self, NoPointInTime> {
        let day = || Date::parse(text, format_description!("[year]-[month]-[day]"));
        let time = OffsetDateTime::parse(text, &Rfc3339);
        let time = time.or_else(|_| day().map(|day| day.midnight().assume_utc()));
        time.map(Self).map_err(|_| NoPointInTime)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{NoPointInTime, PointInTime};

    #[test]
    fn days_and_times_are_understood() {
        for (text, expected) in [
            ("2030-01-31", datetime!(2030-01-31 00:00 UTC)),
            ("2030-01-31T12:00:00+01:00", datetime!(2030-01-31 11:00 UTC)),
        ] {
            assert_eq!(text.parse(), Ok(PointInTime(expected)), "{text}");
        }
        for text in ["", "yesterday", "31.1.2030", "2030-02-30", "2030-01-31 12:00"] {
            assert_eq!(text.parse::<PointInTime>(), Err(NoPointInTime), "{text}");
        }
    }
}
