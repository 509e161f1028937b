//! Points in time as they are written (RFC 7643 section 2.3.5).

use std::fmt::{self, Display, Formatter};

use time::{OffsetDateTime, UtcOffset};

/// A point in time in UTC: to the millisecond, and finer where it is finer.
pub(super) struct Written(pub(super) OffsetDateTime);

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let at = self.0.to_offset(UtcOffset::UTC);
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second, nanosecond) = at.to_hms_nano();
        write!(f, "{year:04}-{:02}-{day:02}T", u8::from(month))?;
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        match nanosecond {
            _ if nanosecond % 1_000_000 == 0 => write!(f, ".{:03}Z", nanosecond / 1_000_000),
            _ if nanosecond % 1000 == 0 => write!(f, ".{:06}Z", nanosecond / 1000),
            _ => write!(f, ".{nanosecond:09}Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_written_as_finely_as_it_is() {
        for (nanoseconds, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_123_000_000, "1970-01-01T00:00:01.123Z"),
            (1_123_456_000, "1970-01-01T00:00:01.123456Z"),
            (1_123_456_789, "1970-01-01T00:00:01.123456789Z"),
            (-62_135_596_800_000_000_000, "0001-01-01T00:00:00.000Z"),
        ] {
            let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap();
            assert_eq!(Written(at).to_string(), written);
        }
    }
}
