//! Points in time, for machines and for people.

use prost_types::Timestamp;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

const FOR_PEOPLE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// A point in time, as pages tell it: with a script in the reader's zone, else in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// For machines.
    pub machine: String,
    /// For people.
    pub human: String,
}

impl Moment {
    /// None of a time that can't be told.
    pub fn of(at: Timestamp) -> Option<Self> {
        let nanos = Duration::nanoseconds(at.nanos.into());
        let at = OffsetDateTime::from_unix_timestamp(at.seconds).ok()?.checked_add(nanos)?;
        Some(Self { machine: at.format(&Rfc3339).ok()?, human: at.format(FOR_PEOPLE).ok()? })
    }
}

/// The present, in seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place where pages learn of the present")]
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_twice() {
        let moment = Moment::of(Timestamp { seconds: 1_900_000_000, nanos: 0 }).unwrap();
        assert_eq!(moment.machine, "2030-03-17T17:46:40Z");
        assert_eq!(moment.human, "2030-03-17 17:46 UTC");
        assert_eq!(Moment::of(Timestamp { seconds: i64::MAX, nanos: 0 }), None);
    }
}
