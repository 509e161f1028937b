//! Values of attributes, in the types of RFC 7643 section 2.3.

use std::borrow::Cow;
use std::fmt;

use time::OffsetDateTime;

use super::schema::Attribute;

/// The value of an attribute, of one of its elements or of a part.
#[derive(Clone, PartialEq)]
pub enum ScimValue<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; finite.
    Decimal(f64),
    /// A point in time.
    DateTime(OffsetDateTime),
    /// A URI.
    Reference(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
    /// The parts of a complex value.
    Complex(Complex<'a>),
    /// The elements of a list.
    List(Vec<ScimValue<'a>>),
}

/// A value may be of a person, so it has no form in which it could be written into a log.
impl fmt::Debug for ScimValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScimValue(…)")
    }
}

impl ScimValue<'_> {
    /// The text of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::Reference(_)
            | Self::Binary(_)
            | Self::Complex(_)
            | Self::List(_) => None,
        }
    }

    /// Whether there is nothing in it: an empty text, list or complex value.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) | Self::Reference(text) => text.is_empty(),
            Self::Complex(complex) => complex.is_empty(),
            Self::List(elements) => elements.is_empty(),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::Binary(_) => false,
        }
    }
}

/// The parts of a complex value, or some of them, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Complex<'a> {
    parts: Vec<(&'a Attribute, ScimValue<'a>)>,
}

impl<'a> Complex<'a> {
    /// A complex value with one part.
    pub fn of(part: &'a Attribute, value: ScimValue<'a>) -> Self {
        Self { parts: vec![(part, value)] }
    }

    /// Sets a part.
    pub fn set(&mut self, part: &'a Attribute, value: ScimValue<'a>) {
        self.parts.retain(|(known, _)| *known != part);
        self.parts.push((part, value));
    }

    /// The value of a part.
    pub fn get(&self, part: &Attribute) -> Option<&ScimValue<'a>> {
        self.parts.iter().find(|(known, _)| *known == part).map(|(_, value)| value)
    }

    /// The parts that were set, in the order in which they were.
    pub fn iter(&self) -> impl Iterator<Item = (&'a Attribute, &ScimValue<'a>)> {
        self.parts.iter().map(|(part, value)| (*part, value))
    }

    /// Whether no part is set.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl<'a> IntoIterator for Complex<'a> {
    type Item = (&'a Attribute, ScimValue<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.parts.into_iter()
    }
}
