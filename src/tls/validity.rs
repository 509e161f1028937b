//! Until when a certificate is good (RFC 5280 section 4.1.2.5).
//!
//! Looks at nothing else of it: what it says was verified, or comes from whoever runs the service.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A tag and its content.
type DerElement<'b> = (u8, &'b [u8]);

/// The end of a certificate in DER; none of one that can't be read.
pub fn not_after(certificate: &[u8]) -> Option<OffsetDateTime> {
    let (certificate, _) = inside(certificate, SEQUENCE)?;
    let (mut fields, _) = inside(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        (_, fields) = element(fields)?;
    }
    // Serial number, signature and issuer come before it.
    for _ in 0..3 {
        (_, fields) = element(fields)?;
    }
    let (validity, _) = inside(fields, SEQUENCE)?;
    let (_, end) = element(validity)?;
    let ((tag, text), _) = element(end)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

fn inside(bytes: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    let ((tag, content), rest) = element(bytes)?;
    (tag == expected).then_some((content, rest))
}

/// The first element, and what follows it.
fn element(bytes: &[u8]) -> Option<(DerElement<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let add = |length: usize, digit: &u8| length.checked_mul(256)?.checked_add((*digit).into());
        (digits.iter().try_fold(0, add)?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(((tag, content), rest))
}

/// `YYMMDDHHMMSSZ` of the years 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &str) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |place: usize| rest.get(place * 2..place * 2 + 2)?.parse::<u8>().ok();
    let month = Month::try_from(part(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, part(1)?).ok()?;
    let time = Time::from_hms(part(2)?, part(3)?, part(4)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    use time::macros::datetime;

    use super::{GENERALIZED_TIME, UTC_TIME, not_after, time};

    #[test]
    fn the_end_of_a_certificate_is_found() {
        let issued = provost_test_kit::Authority::new().issue_expired(&["localhost"]);
        let folder = tempfile::tempdir().unwrap();
        let (certificate, _) = issued.write(folder.path(), "expired");
        let certificate = CertificateDer::from_pem_file(certificate).unwrap();
        assert_eq!(not_after(&certificate), Some(datetime!(2001-01-01 00:00 UTC)));
        for length in 0..certificate.len() {
            not_after(&certificate[..length]);
        }
    }

    #[test]
    fn both_forms_of_times_are_read() {
        for (tag, text, expected) in [
            (UTC_TIME, "491231235959Z", Some(datetime!(2049-12-31 23:59:59 UTC))),
            (UTC_TIME, "500101000000Z", Some(datetime!(1950-01-01 00:00:00 UTC))),
            (GENERALIZED_TIME, "20500228120000Z", Some(datetime!(2050-02-28 12:00:00 UTC))),
            (GENERALIZED_TIME, "20500230120000Z", None),
            (UTC_TIME, "4912312359Z", None),
            (0x16, "491231235959Z", None),
        ] {
            assert_eq!(time(tag, text), expected, "{text}");
        }
    }
}
