//! Values in the two languages.

use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use provost_scim::{Attribute, Complex, ScimValue};
use time::OffsetDateTime;

/// The part that marks one element of a list as the preferred one. An element that does not say
/// is not preferred (RFC 7643 section 2.4).
const PRIMARY: &str = "primary";

/// A value as the contract has it.
pub(super) fn value(vocabulary: &Vocabulary<'_>, value: ScimValue<'_>) -> v1::Value {
    let kind = match value {
        ScimValue::Text(text) => Kind::Text(text.into_owned()),
        ScimValue::Boolean(truth) => Kind::Boolean(truth),
        ScimValue::Integer(number) => Kind::Integer(number),
        ScimValue::Decimal(number) => Kind::Decimal(number),
        ScimValue::DateTime(at) => Kind::DateTime(prost_types::Timestamp {
            seconds: at.unix_timestamp(),
            nanos: i32::try_from(at.nanosecond()).unwrap_or_default(),
        }),
        ScimValue::Reference(uri) => Kind::Reference(uri.into_owned()),
        ScimValue::Binary(bytes) => Kind::Binary(bytes.into_owned()),
        ScimValue::Complex(parts) => Kind::Complex(complex(vocabulary, parts)),
        ScimValue::List(elements) => Kind::List(list(vocabulary, elements)),
    };
    v1::Value { kind: Some(kind) }
}

/// The parts of a complex value as the contract has them.
pub(super) fn complex(vocabulary: &Vocabulary<'_>, parts: Complex<'_>) -> v1::Complex {
    let named = |(part, value): (&Attribute, ScimValue<'_>)| {
        (vocabulary.name(part).to_owned(), self::value(vocabulary, value))
    };
    v1::Complex { attributes: parts.into_iter().map(named).collect() }
}

/// The elements of a list as the contract has them. That an element is not the preferred one
/// goes without saying, so that it is the same element whether the sender says so or not.
pub(super) fn list(vocabulary: &Vocabulary<'_>, elements: Vec<ScimValue<'_>>) -> v1::List {
    let elements = elements.into_iter().map(|element| {
        let mut element = value(vocabulary, element);
        if let Some(Kind::Complex(complex)) = &mut element.kind {
            let not_preferred = v1::Value { kind: Some(Kind::Boolean(false)) };
            if complex.attributes.get(PRIMARY) == Some(&not_preferred) {
                complex.attributes.remove(PRIMARY);
            }
        }
        element
    });
    v1::List { elements: elements.collect() }
}

/// The value of an attribute as SCIM has it; none of what SCIM has no word for.
pub(super) fn read<'a>(
    vocabulary: &Vocabulary<'a>,
    attribute: &'a Attribute,
    value: &'a v1::Value,
) -> Option<ScimValue<'a>> {
    Some(match value.kind.as_ref()? {
        Kind::Text(text) => ScimValue::Text(text.into()),
        Kind::Boolean(truth) => ScimValue::Boolean(*truth),
        Kind::Integer(number) => ScimValue::Integer(*number),
        Kind::Decimal(number) => ScimValue::Decimal(*number),
        Kind::DateTime(at) => ScimValue::DateTime(instant(at)?),
        Kind::Reference(uri) => ScimValue::Reference(uri.into()),
        Kind::Binary(bytes) => ScimValue::Binary(bytes.into()),
        Kind::Complex(complex) => ScimValue::Complex(parts(vocabulary, attribute, complex)),
        Kind::List(list) => {
            let elements = list.elements.iter();
            let read = elements.filter_map(|element| read(vocabulary, attribute, element));
            ScimValue::List(read.collect())
        }
    })
}

fn parts<'a>(
    vocabulary: &Vocabulary<'a>,
    whole: &'a Attribute,
    complex: &'a v1::Complex,
) -> Complex<'a> {
    let mut parts = Complex::default();
    for (name, value) in &complex.attributes {
        if let Some(part) = vocabulary.part(whole, name)
            && let Some(value) = read(vocabulary, part, value)
        {
            parts.set(part, value);
        }
    }
    if whole.multi_valued
        && !complex.attributes.contains_key(PRIMARY)
        && let Some(primary) = vocabulary.part(whole, PRIMARY)
    {
        parts.set(primary, ScimValue::Boolean(false));
    }
    parts
}

/// A point in time; none outside of the calendar.
pub(super) fn instant(at: &prost_types::Timestamp) -> Option<OffsetDateTime> {
    let nanoseconds = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}
