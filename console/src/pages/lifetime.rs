//! How long something is good for that is made on a page, as it is typed: a number of days, or nothing.

use prost_types::Duration;
use provost_proto::v1::ErrorReason;

use crate::client::CallFailure;

const DAY: i64 = 24 * 60 * 60;

/// The lifetime that was typed; none of what never ends, which only the empty text means. How long it may
/// be, the core says.
pub fn lifetime(field: &str, days: &str) -> Result<Option<Duration>, CallFailure> {
    if days.is_empty() {
        return Ok(None);
    }
    let number: Option<i64> = days.parse().ok();
    let seconds = number.and_then(|days| days.checked_mul(DAY)).ok_or_else(|| {
        let message = "after how many days it ends is a whole number, for example 30, or nothing for \
                       never";
        CallFailure::Refused {
            reason: ErrorReason::ValueInvalid,
            field: field.to_owned(),
            message: message.to_owned(),
        }
    })?;
    Ok(Some(Duration { seconds, nanos: 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_is_never() {
        assert_eq!(lifetime("expires", "").unwrap(), None);
        let week = Duration { seconds: 7 * DAY, nanos: 0 };
        assert_eq!(lifetime("expires", "7").unwrap(), Some(week));
        for days in
            ["never", " ", "7 days", "1.5", "0x7", "9223372036854775807", "99999999999999999999"]
        {
            let refused = lifetime("expires", days);
            let Err(CallFailure::Refused { message, .. }) = refused else { panic!("{refused:?}") };
            assert!(message.contains("whole number"), "{days}");
        }
    }
}
