//! The canonical text of a filter: what `ScimFilter::parse` reads back as the same tree.

use std::fmt::{self, Display, Formatter};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use time::format_description::well_known::Rfc3339;

use super::{Operator, ScimFilter};
use crate::value::ScimValue;

const OPERATORS: [(Operator, &str); 9] = [
    (Operator::Equal, "eq"),
    (Operator::NotEqual, "ne"),
    (Operator::Contains, "co"),
    (Operator::StartsWith, "sw"),
    (Operator::EndsWith, "ew"),
    (Operator::GreaterThan, "gt"),
    (Operator::GreaterOrEqual, "ge"),
    (Operator::LessThan, "lt"),
    (Operator::LessOrEqual, "le"),
];

impl Operator {
    /// The operator's word.
    pub fn as_str(self) -> &'static str {
        OPERATORS.iter().find(|(operator, _)| *operator == self).map_or("eq", |(_, word)| word)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        let mut operators = OPERATORS.iter();
        operators.find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(operator, _)| *operator)
    }

    pub(super) fn is_about_text(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Display for ScimFilter<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(filters) => joined(f, filters, " and ", |filter| {
                matches!(filter, ScimFilter::All(_) | ScimFilter::Any(_))
            }),
            Self::Any(filters) => {
                joined(f, filters, " or ", |filter| matches!(filter, ScimFilter::Any(_)))
            }
            Self::Not(filter) => write!(f, "not ({filter})"),
            Self::Comparison { attribute, operator, value } => {
                write!(f, "{attribute} {} {value}", operator.as_str())
            }
            Self::Present(attribute) => write!(f, "{attribute} pr"),
            Self::Element { list, filter } => write!(f, "{list}[{filter}]"),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    filters: &[ScimFilter<'_>],
    word: &str,
    needs_parentheses: impl Fn(&ScimFilter<'_>) -> bool,
) -> fmt::Result {
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(filter) {
            write!(f, "({filter})")?;
        } else {
            write!(f, "{filter}")?;
        }
    }
    Ok(())
}

/// As a filter compares with it.
impl Display for ScimValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::DateTime(at) => {
                let text = at.format(&Rfc3339).map_err(|_| fmt::Error)?;
                write!(f, "\"{text}\"")
            }
            Self::Binary(bytes) => write!(f, "\"{}\"", Base64Display::new(bytes, &STANDARD)),
            Self::Text(text) | Self::Reference(text) => {
                let json = serde_json::to_string(text).map_err(|_| fmt::Error)?;
                f.write_str(&json)
            }
            Self::Complex(complex) => {
                f.write_str("{")?;
                for (part, value) in complex.iter() {
                    write!(f, "{part}: {value} ")?;
                }
                f.write_str("}")
            }
            Self::List(elements) => {
                f.write_str("[")?;
                elements.iter().try_for_each(|element| write!(f, "{element} "))?;
                f.write_str("]")
            }
        }
    }
}
