//! Points in time, between the contract's time stamps and what people and scripts read.

use prost_types::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339 in UTC, as precise as the time stamp.
pub fn written(timestamp: Timestamp) -> String {
    let Timestamp { seconds, nanos } = timestamp;
    let at = OffsetDateTime::from_unix_timestamp(seconds)
        .and_then(|at| at.replace_nanosecond(u32::try_from(nanos).unwrap_or(0)));
    let text = at.ok().and_then(|at| at.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds}.{nanos:09} s after 1970"))
}

/// To the second, for tables; a dash where there is none.
pub fn short(timestamp: Option<Timestamp>) -> String {
    let whole = |timestamp: Timestamp| written(Timestamp { nanos: 0, ..timestamp });
    timestamp.map_or_else(|| "-".to_owned(), whole)
}

/// The time stamp of a point in time.
pub fn stamp(at: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: at.unix_timestamp(), nanos: i32::try_from(at.nanosecond()).unwrap_or(0) }
}

/// Now, where a command starts; everything below is told the time.
#[expect(clippy::disallowed_methods, reason = "the edge at which the time enters")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
