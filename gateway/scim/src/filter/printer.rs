//! The canonical text of a filter: what `Filter::parse` reads back as the same tree.

use std::fmt::{self, Display, Formatter};

use super::{Filter, Operator, Value};

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
    pub fn word(self) -> &'static str {
        OPERATORS.iter().find(|(operator, _)| *operator == self).map_or("eq", |(_, word)| word)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        let mut operators = OPERATORS.iter();
        operators.find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(operator, _)| *operator)
    }

    pub(super) fn is_about_text(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(filters) => {
                joined(f, filters, " and ", |filter| matches!(filter, Self::All(_) | Self::Any(_)))
            }
            Self::Any(filters) => {
                joined(f, filters, " or ", |filter| matches!(filter, Self::Any(_)))
            }
            Self::Not(filter) => write!(f, "not ({filter})"),
            Self::Comparison { attribute, operator, value } => {
                write!(f, "{attribute} {} {value}", operator.word())
            }
            Self::Present(attribute) => write!(f, "{attribute} pr"),
            Self::Element { list, filter } => write!(f, "{list}[{filter}]"),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    filters: &[Filter],
    word: &str,
    needs_parentheses: impl Fn(&Filter) -> bool,
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

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Text(text) => {
                let json = serde_json::to_string(text).map_err(|_| fmt::Error)?;
                f.write_str(&json)
            }
        }
    }
}
