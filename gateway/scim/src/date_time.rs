//! Points in time as they are read and written (RFC 7643 section 2.3.5, `xsd:dateTime`).

use std::fmt::{self, Display, Formatter};

use time::{Date, Duration, Month, OffsetDateTime, UtcOffset};

/// A point in time in UTC: to the microsecond, so that later ones are greater as texts as well, and
/// finer where it is finer.
pub(super) struct Written(pub(super) OffsetDateTime);

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let at = self.0.to_offset(UtcOffset::UTC);
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second, nanosecond) = at.to_hms_nano();
        if year < 0 {
            f.write_str("-")?;
        }
        // Each user has two, and the machinery of formats would take as long as a tenth of the rest.
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        write_digits(&mut text[..4], year.unsigned_abs());
        let two = [u8::from(month), day, hour, minute, second];
        for (start, number) in (5..).step_by(3).zip(two) {
            write_digits(&mut text[start..start + 2], number.into());
        }
        write_digits(&mut text[20..29], nanosecond);
        let text = if nanosecond.is_multiple_of(1000) {
            text[26] = b'Z';
            &text[..27]
        } else {
            &text[..]
        };
        f.write_str(str::from_utf8(text).map_err(|_| fmt::Error)?)
    }
}

/// Fills a field with a number, zeros in front.
fn write_digits(field: &mut [u8], mut number: u32) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// Reads every form of `xsd:dateTime` of the years 1 to 9999: fractions of any length, offsets up
/// to 14 hours, 24:00:00 as the end of a day. Without an offset it is in UTC.
pub(super) fn read(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (time, offset) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()?;
    let at = date.midnight().assume_utc();
    let at = at.checked_add(since_midnight(time)?)?.checked_sub(self::offset(offset)?)?;
    (1..=9999).contains(&at.year()).then_some(at)
}

fn since_midnight(time: &str) -> Option<Duration> {
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, nanoseconds(fraction)?),
        None => (time, 0),
    };
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let is_end_of_day = (hour, minute, second, fraction) == (24, 0, 0, 0);
    let is_time = hour < 24 && minute < 60 && second < 60;
    let seconds = (hour * 60 + minute) * 60 + second;
    (is_time || is_end_of_day).then(|| Duration::new(seconds.into(), fraction))
}

/// What is finer than a nanosecond makes the last one odd, and so remains no whole microsecond.
fn nanoseconds(fraction: &str) -> Option<i32> {
    if fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (whole, finer) = fraction.split_at(fraction.len().min(9));
    let whole: i32 = format!("{whole:0<9}").parse().ok()?;
    Some(if finer.contains(|digit| digit != '0') { whole | 1 } else { whole })
}

fn offset(text: &str) -> Option<Duration> {
    let (sign, text) = match text.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(Duration::ZERO),
        Some(("+", text)) => (1, text),
        Some(("-", text)) => (-1, text),
        Some(_) => return None,
    };
    let [hours, minutes] = fields(text, ':', [2, 2])?;
    let offset = hours * 60 + minutes;
    (minutes < 60 && offset <= 14 * 60).then(|| Duration::minutes((sign * offset).into()))
}

/// Numbers of so many digits each.
fn fields<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i32; N]> {
    let mut fields = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let field = fields.next().filter(|field| field.len() == digits)?;
        *number =
            field.bytes().all(|digit| digit.is_ascii_digit()).then(|| field.parse().ok())??;
    }
    fields.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_written_to_the_microsecond_or_finer() {
        for (nanoseconds, written) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_123_000_000, "1970-01-01T00:00:01.123000Z"),
            (1_123_456_000, "1970-01-01T00:00:01.123456Z"),
            (1_123_456_789, "1970-01-01T00:00:01.123456789Z"),
            (-62_135_596_800_000_000_000, "0001-01-01T00:00:00.000000Z"),
        ] {
            let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap();
            assert_eq!(Written(at).to_string(), written);
            assert_eq!(read(written), Some(at));
        }
    }

    #[test]
    fn only_years_before_the_year_0_have_a_sign() {
        for (seconds, written) in [
            (-62_167_219_200, "0000-01-01T00:00:00.000000Z"),
            (-62_167_219_201, "-0001-12-31T23:59:59.000000Z"),
        ] {
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            assert_eq!(Written(at).to_string(), written);
        }
    }

    #[test]
    fn every_form_of_xsd_is_read() {
        for (text, same) in [
            ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.0", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.5+00:00", "2026-01-01T00:00:00.500Z"),
            ("2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.123456700Z"),
            ("2026-01-01T00:00:00.123456000000000", "2026-01-01T00:00:00.123456Z"),
            ("2026-01-01T00:00:00.1234560000001", "2026-01-01T00:00:00.123456001Z"),
            ("2026-01-01T00:00:00.1234567891", "2026-01-01T00:00:00.123456789Z"),
            ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z"),
            ("2025-12-31T10:00:00-14:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T05:45:00+05:45", "2026-01-01T00:00:00Z"),
            ("2025-12-31T24:00:00Z", "2026-01-01T00:00:00Z"),
            ("2024-02-28T24:00:00.000-01:00", "2024-02-29T01:00:00Z"),
        ] {
            assert!(read(text).is_some() && read(text) == read(same), "{text}");
        }
    }

    #[test]
    fn what_is_no_point_in_time_of_the_years_1_to_9999_is_not_read() {
        for text in [
            "",
            "T",
            "2026-01-01",
            "2026-01-01T",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00:00ZZ",
            "2026-01-01T00:00:00 Z",
            "2026-01-01T00:00:00+0200",
            "2026-01-01T00:00:00+14:01",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00+2é",
            "2026-01-01T24:00:01Z",
            "2026-01-01T24:00:00.1Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "26-01-01T00:00:00Z",
            "+2026-01-01T00:00:00Z",
            "-2026-01-01T00:00:00Z",
            "12026-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T24:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
