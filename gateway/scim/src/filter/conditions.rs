//! One condition: which attribute a name means, and whether operator and value fit it.

use super::error::FilterError;
use super::words::Literal;
use super::{Filter, Operator, Value};
use crate::error::shortened;
use crate::schema::{Attribute, Kind, Name, Part, part_of, resolve};

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// A user.
    User,
    /// The parts of a complex or multi-valued attribute.
    Parts(&'static Attribute),
}

/// What a condition is about.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Attribute(&'static Attribute),
    Element { list: &'static Attribute, part: &'static Attribute },
}

impl Subject {
    pub(super) fn find(scope: Scope, name: &str, position: usize) -> Result<Self, FilterError> {
        let subject = match scope {
            Scope::User => match resolve(name) {
                Name::Attribute(attribute) => Some(Self::Attribute(attribute)),
                Name::Element { list, part } => Some(Self::Element { list, part }),
                Name::Schema(_) | Name::Dropped | Name::Unknown => None,
            },
            Scope::Parts(whole) => match part_of(whole, name) {
                Part::Known(part) => Some(Self::Attribute(part)),
                Part::Dropped | Part::Unknown => None,
            },
        };
        let attribute = match subject {
            None => {
                return Err(FilterError::UnknownAttribute { position, attribute: shortened(name) });
            }
            Some(Self::Attribute(attribute) | Self::Element { part: attribute, .. }) => attribute,
        };
        if !attribute.searchable {
            let attribute = attribute.path.to_owned();
            return Err(FilterError::NotSearchable { position, attribute });
        }
        subject.ok_or(FilterError::UnknownAttribute { position, attribute: shortened(name) })
    }

    /// The attribute whose parts brackets may speak of.
    pub(super) fn whole(self, position: usize) -> Result<&'static Attribute, FilterError> {
        match self {
            Self::Attribute(whole) if !whole.parts().is_empty() => Ok(whole),
            Self::Attribute(attribute) | Self::Element { part: attribute, .. } => {
                Err(FilterError::NoParts { position, attribute: attribute.to_string() })
            }
        }
    }

    /// The whole holds a condition over its parts.
    pub(super) fn holding(self, filter: Filter) -> Filter {
        match self {
            Self::Attribute(list) | Self::Element { list, .. }
                if matches!(list.kind, Kind::List(_)) =>
            {
                Filter::Element { list, filter: Box::new(filter) }
            }
            Self::Attribute(_) | Self::Element { .. } => filter,
        }
    }

    pub(super) fn present(self) -> Filter {
        match self {
            Self::Element { part, .. } => self.holding(Filter::Present(part)),
            Self::Attribute(attribute) => match attribute.kind {
                Kind::Complex(parts) => {
                    let searchable = parts.iter().filter(|part| part.searchable);
                    Filter::Any(searchable.map(Filter::Present).collect())
                }
                _ => Filter::Present(attribute),
            },
        }
    }

    pub(super) fn compare(
        self,
        operator: Operator,
        literal: Literal,
        position: usize,
    ) -> Result<Filter, FilterError> {
        let attribute = match self {
            Self::Element { part, .. } => part,
            Self::Attribute(attribute) => match attribute.parts().first() {
                None => attribute,
                // `emails co "x"` means `emails.value` (RFC 7644 section 3.4.2.2).
                Some(first) => attribute.value_part().ok_or(FilterError::PartNeeded {
                    position,
                    attribute: attribute.path,
                    part: first.name(),
                })?,
            },
        };
        compare(attribute, operator, literal, position).map(|filter| self.holding(filter))
    }
}

fn compare(
    attribute: &'static Attribute,
    operator: Operator,
    literal: Literal,
    position: usize,
) -> Result<Filter, FilterError> {
    if let Literal::Bare(word) = &literal
        && word.eq_ignore_ascii_case("null")
    {
        return compare_with_nothing(attribute, operator, position);
    }
    let (Literal::Bare(text) | Literal::Quoted(text)) = literal;
    let value = match attribute.kind {
        Kind::Boolean => boolean(attribute, operator, &text, position)?,
        Kind::DateTime if operator.is_about_text() => {
            let allowed = "eq, ne, gt, ge, lt, le or pr";
            return Err(unsuitable(attribute, operator, allowed, position));
        }
        _ => Value::Text(text),
    };
    Ok(Filter::Comparison { attribute, operator, value })
}

/// To equal null is to have no value (RFC 7643 section 2.5).
fn compare_with_nothing(
    attribute: &'static Attribute,
    operator: Operator,
    position: usize,
) -> Result<Filter, FilterError> {
    match operator {
        Operator::Equal => Ok(Filter::Not(Box::new(Filter::Present(attribute)))),
        Operator::NotEqual => Ok(Filter::Present(attribute)),
        _ => Err(FilterError::UnsuitableValue {
            position,
            attribute: attribute.path,
            expected: "a text, or use eq or ne with null",
        }),
    }
}

/// `True` and `False` come in any case and quoted as well (`ms_custom`).
fn boolean(
    attribute: &'static Attribute,
    operator: Operator,
    text: &str,
    position: usize,
) -> Result<Value, FilterError> {
    if !matches!(operator, Operator::Equal | Operator::NotEqual) {
        return Err(unsuitable(attribute, operator, "eq, ne or pr", position));
    }
    match crate::scalar::truth(text) {
        Some(value) => Ok(Value::Boolean(value)),
        None => Err(FilterError::UnsuitableValue {
            position,
            attribute: attribute.path,
            expected: "true or false",
        }),
    }
}

fn unsuitable(
    attribute: &'static Attribute,
    operator: Operator,
    allowed: &'static str,
    position: usize,
) -> FilterError {
    let (attribute, operator) = (attribute.path, operator.word());
    FilterError::UnsuitableOperator { position, attribute, operator, allowed }
}
