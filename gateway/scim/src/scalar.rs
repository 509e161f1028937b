//! Single values, read the way identity providers write them.

use std::borrow::Cow;

use super::date_time;
use super::json::{Json, alone, take};
use super::schema::Type;
use super::value::ScimValue;
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// `true` and `false` in any case: Entra sends `"False"`, `"True"`, and for `primary` `"true"`
/// (`ms_compat`, `scimmy86`, `sis376`).
fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether a text still holds a macro that the client should have filled in. OneLogin's pages
/// write `{$user.email}`, the guide writes `${user.email}` (`ol_schema`, `guide_onelogin`).
pub fn is_unexpanded(text: &str) -> bool {
    // Nearly no text has a brace, and looking for one character is quick.
    text.contains('}')
        && ["{$", "${"]
            .iter()
            .any(|opening| text.find(opening).is_some_and(|start| text[start..].contains('}')))
}

/// Reads a single value that is not blank. What is of another type is refused rather than
/// guessed, because a guess would let somebody in or keep them out.
pub(super) fn read<'a>(value_type: &Type, value: Json<'a>) -> Option<ScimValue<'a>> {
    match value {
        Json::Text(text) => from_text(value_type, text),
        Json::Boolean(truth) => from_truth(value_type, truth),
        Json::Number(number) => from_number(value_type, &number),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Reads a text as a value of a type: all types come as texts, too (`ms_compat`).
pub(super) fn from_text<'a>(value_type: &Type, text: Cow<'a, str>) -> Option<ScimValue<'a>> {
    Some(match value_type {
        Type::String => ScimValue::Text(text),
        Type::Reference => ScimValue::Reference(text),
        Type::Boolean => ScimValue::Boolean(truth(&text)?),
        Type::Integer => ScimValue::Integer(text.trim().parse().ok()?),
        Type::Decimal => {
            ScimValue::Decimal(text.trim().parse().ok().filter(|number: &f64| number.is_finite())?)
        }
        Type::DateTime => ScimValue::DateTime(date_time::read(text.trim())?),
        Type::Binary => ScimValue::Binary(Cow::Owned(bytes(text.trim())?)),
        Type::Complex(_) => return None,
    })
}

/// Where a text is wanted, a boolean is taken as it is written; a URI is none.
fn from_truth(value_type: &Type, truth: bool) -> Option<ScimValue<'static>> {
    let text = Cow::Borrowed(if truth { "true" } else { "false" });
    match value_type {
        Type::Boolean => Some(ScimValue::Boolean(truth)),
        Type::String => Some(ScimValue::Text(text)),
        Type::Integer
        | Type::Decimal
        | Type::DateTime
        | Type::Reference
        | Type::Binary
        | Type::Complex(_) => None,
    }
}

/// Where a text is wanted, a number is taken as it is written; a URI is none.
fn from_number(value_type: &Type, number: &serde_json::Number) -> Option<ScimValue<'static>> {
    Some(match value_type {
        Type::Integer => ScimValue::Integer(number.as_i64().or_else(|| whole(number.as_f64()?))?),
        Type::Decimal => ScimValue::Decimal(number.as_f64()?),
        Type::String => ScimValue::Text(Cow::Owned(number.to_string())),
        Type::Boolean | Type::DateTime | Type::Reference | Type::Binary | Type::Complex(_) => {
            return None;
        }
    })
}

/// A number without fraction, such as 42.0, as far as it is exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

/// Base64 in either alphabet, with or without padding (RFC 7643 section 2.3.6).
fn bytes(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let usual = GeneralPurpose::new(&STANDARD, LENIENT);
    let url_safe = GeneralPurpose::new(&URL_SAFE, LENIENT);
    usual.decode(text).or_else(|_| url_safe.decode(text)).ok()
}

/// What a value of a type looks like, for people.
pub(super) const fn expected(value_type: &Type) -> &'static str {
    match value_type {
        Type::String => "a text",
        Type::Reference => "a URL as a text",
        Type::Boolean => "true or false",
        Type::Integer => "a whole number",
        Type::Decimal => "a number",
        Type::DateTime => "a point in time of the years 1 to 9999, like \"2026-03-01T00:00:00Z\"",
        Type::Binary => "base64 text",
        Type::Complex(_) => "an object with its parts",
    }
}

/// Entra wraps some single values into a list of one, or into an object with `value`
/// (`ms_use`, `sdk686`, `simple1244`).
pub(super) fn unwrapped(value: Json<'_>) -> Json<'_> {
    match alone(value) {
        Json::Object(mut members) => match take(&mut members, "value") {
            Some(value) => unwrapped(value),
            None => Json::Object(members),
        },
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::wrong;
    use time::OffsetDateTime;

    fn value(value_type: &Type, json: &str) -> Result<ScimValue<'static>, String> {
        let json: Json<'_> = serde_json::from_str(json).unwrap();
        let refused = || wrong("x", expected(value_type)).to_string();
        match read(value_type, json).ok_or_else(refused)? {
            ScimValue::Text(text) => Ok(ScimValue::Text(text.into_owned().into())),
            ScimValue::Reference(uri) => Ok(ScimValue::Reference(uri.into_owned().into())),
            ScimValue::Integer(number) => Ok(ScimValue::Integer(number)),
            ScimValue::Decimal(number) => Ok(ScimValue::Decimal(number)),
            ScimValue::DateTime(at) => Ok(ScimValue::DateTime(at)),
            ScimValue::Boolean(truth) => Ok(ScimValue::Boolean(truth)),
            ScimValue::Binary(bytes) => Ok(ScimValue::Binary(bytes.into_owned().into())),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_come_as_numbers_and_as_texts() {
        for (json, number) in
            [("42", 42), ("\"42\"", 42), ("\" -7 \"", -7), ("42.0", 42), ("4.2e1", 42)]
        {
            assert_eq!(value(&Type::Integer, json), Ok(ScimValue::Integer(number)), "{json}");
        }
        for json in ["4.5", "\"4.5\"", "\"\"", "true", "1e300", "9223372036854775808", "[]"] {
            let error = value(&Type::Integer, json).unwrap_err();
            assert!(error.starts_with("x needs a whole number."), "{json}: {error}");
        }
        for (json, number) in [("42", 42.0), ("\"4.5\"", 4.5), ("-1e3", -1000.0)] {
            assert_eq!(value(&Type::Decimal, json), Ok(ScimValue::Decimal(number)), "{json}");
        }
        for json in ["\"NaN\"", "\"inf\"", "\"1e999\"", "false", "\"x\""] {
            let error = value(&Type::Decimal, json).unwrap_err();
            assert!(error.starts_with("x needs a number."), "{json}: {error}");
        }
    }

    #[test]
    fn numbers_without_fraction_are_whole_as_far_as_they_are_exact() {
        for (number, expected) in [
            (-42.0, Some(-42)),
            (9_007_199_254_740_992.0, Some(9_007_199_254_740_992)),
            (-9_007_199_254_740_992.0, Some(-9_007_199_254_740_992)),
            (9_007_199_254_740_994.0, None),
            (4.5, None),
        ] {
            assert_eq!(whole(number), expected, "{number}");
        }
    }

    #[test]
    fn a_macro_that_was_not_filled_in_has_an_opening_and_an_end() {
        for (text, unexpanded) in [
            ("{$user.email}", true),
            ("Jo ${user.name} Day", true),
            ("{user.email}", false),
            ("$5 {a}", false),
            ("} then ${", false),
            ("${user", false),
        ] {
            assert_eq!(is_unexpanded(text), unexpanded, "{text}");
        }
    }

    #[test]
    fn points_in_time_come_in_the_forms_of_xsd() {
        let at = OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T02:00:00+02:00",
            "2026-01-01T00:00:00",
            " 2026-01-01T00:00:00.000Z",
        ] {
            let read = value(&Type::DateTime, &format!("\"{text}\""));
            assert_eq!(read, Ok(ScimValue::DateTime(at)), "{text}");
        }
        for json in ["\"2026-01-01\"", "\"yesterday\"", "1767225600", "\"2026-13-01T00:00:00Z\""] {
            let error = value(&Type::DateTime, json).unwrap_err();
            assert!(error.starts_with("x needs a point in time of"), "{json}: {error}");
        }
    }

    #[test]
    fn bytes_come_in_both_alphabets_of_base64() {
        let bytes = ScimValue::Binary(vec![0xfb, 0xff].into());
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(value(&Type::Binary, &format!("\"{text}\"")), Ok(bytes.clone()));
        }
        assert!(value(&Type::Binary, "\"?\"").unwrap_err().starts_with("x needs base64 text."));
        assert!(value(&Type::Binary, "1").is_err());
    }

    #[test]
    fn texts_take_what_is_written_and_references_only_texts() {
        for (json, text) in [("\"x\"", "x"), ("7", "7"), ("true", "true")] {
            assert_eq!(value(&Type::String, json), Ok(ScimValue::Text(text.into())));
        }
        assert_eq!(value(&Type::Boolean, "\"True\""), Ok(ScimValue::Boolean(true)));
        let url = "https://example.com/jo";
        let reference = Ok(ScimValue::Reference(url.into()));
        assert_eq!(value(&Type::Reference, &format!("\"{url}\"")), reference);
        for json in ["false", "7"] {
            assert!(value(&Type::Reference, json).unwrap_err().contains("a URL as a text"));
        }
        assert!(value(&Type::Boolean, "1").unwrap_err().contains("true or false"));
    }
}
