//! One condition: which attribute a name means, and whether operator and value fit it.

use std::borrow::Cow;

use super::error::FilterError;
use super::selection::{always, never};
use super::words::Literal;
use super::{Operator, ScimFilter};
use crate::scalar;
use crate::schema::{Attribute, Name, Part, ResourceType, Type, Uniqueness, part_of};
use crate::shortened::shortened;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) enum Scope<'s> {
    /// A resource.
    Resource(&'s ResourceType),
    /// The parts of a complex or multi-valued attribute.
    Parts(&'s Attribute),
    /// The parts of an attribute that is not kept: nothing is known of them.
    Unkept,
}

impl Scope<'_> {
    /// What there is to match on where a name means nothing, for people.
    fn instead(self) -> String {
        let names: Vec<&str> = match self {
            Self::Resource(resource_type) => return tells_apart(resource_type),
            Self::Parts(whole) => {
                let searchable = whole.parts().iter().filter(|part| part.searchable);
                searchable.map(Attribute::name).collect()
            }
            Self::Unkept => Vec::new(),
        };
        match names.split_last() {
            None => "an attribute that /Schemas describes".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}

/// What tells one resource of a type from another: the name that only one has, the client's own id, and
/// the values of the first list.
fn tells_apart(resource_type: &ResourceType) -> String {
    let mut singles = resource_type.core().attributes().iter();
    let name = singles
        .find(|attribute| attribute.uniqueness == Uniqueness::Server)
        .map_or("id", Attribute::path);
    let mut values = resource_type.lists().filter_map(|list| Some((list, list.value_part()?)));
    match values.next() {
        Some((list, value)) => format!("{name}, externalId or {list}.{}", value.name()),
        None => format!("{name} or externalId"),
    }
}

/// What a condition is about.
#[derive(Clone, Copy)]
pub(super) enum Operand<'s> {
    Attribute(&'s Attribute),
    Element {
        list: &'s Attribute,
        part: &'s Attribute,
    },
    /// The kind of resource, which is the same of all of a type.
    Kind(&'s ResourceType),
}

/// What tells the kind of resource (RFC 7643 section 3.1).
const KIND: &str = "meta.resourceType";

impl<'s> Operand<'s> {
    pub(super) fn find(scope: Scope<'s>, name: &str, position: usize) -> Result<Self, FilterError> {
        let operand = match scope {
            Scope::Resource(resource_type) => match resource_type.resolve(name) {
                Name::Attribute(kind) if kind.path() == KIND && kind.urn().is_none() => {
                    return Ok(Self::Kind(resource_type));
                }
                Name::Attribute(attribute) => Some(Self::Attribute(attribute)),
                Name::Element { list, part } => Some(Self::Element { list, part }),
                Name::Schema(_) | Name::Dropped | Name::Unknown => None,
            },
            Scope::Parts(whole) => match part_of(whole, name) {
                Part::Known(part) => Some(Self::Attribute(part)),
                Part::Dropped | Part::Unknown => None,
            },
            Scope::Unkept => None,
        };
        let Some(operand) = operand else {
            let (attribute, instead) = (shortened(name), scope.instead());
            return Err(FilterError::UnknownAttribute { position, attribute, instead });
        };
        match operand {
            Self::Attribute(attribute) | Self::Element { part: attribute, .. }
                if !attribute.searchable =>
            {
                let (attribute, instead) = (attribute.path().to_owned(), scope.instead());
                Err(FilterError::NotSearchable { position, attribute, instead })
            }
            operand => Ok(operand),
        }
    }

    /// The attribute whose parts brackets may speak of.
    pub(super) fn whole(self, position: usize) -> Result<&'s Attribute, FilterError> {
        match self {
            Self::Attribute(whole) if !whole.parts().is_empty() => Ok(whole),
            Self::Attribute(attribute) | Self::Element { part: attribute, .. } => {
                Err(FilterError::NoParts { position, attribute: attribute.to_string() })
            }
            Self::Kind(_) => Err(FilterError::NoParts { position, attribute: KIND.to_owned() }),
        }
    }

    /// The whole holds a condition over its parts.
    pub(super) fn holding(self, filter: ScimFilter<'s>) -> ScimFilter<'s> {
        match self {
            Self::Attribute(list) | Self::Element { list, .. } if list.multi_valued => {
                ScimFilter::Element { list, filter: Box::new(filter) }
            }
            Self::Attribute(_) | Self::Element { .. } | Self::Kind(_) => filter,
        }
    }

    pub(super) fn present(self) -> ScimFilter<'s> {
        match self {
            Self::Kind(resource_type) => always(resource_type),
            Self::Element { part, .. } => self.holding(ScimFilter::Present(part)),
            Self::Attribute(attribute) if attribute.is_complex() && !attribute.multi_valued => {
                let searchable = attribute.parts().iter().filter(|part| part.searchable);
                ScimFilter::Any(searchable.map(ScimFilter::Present).collect())
            }
            Self::Attribute(attribute) => ScimFilter::Present(attribute),
        }
    }

    pub(super) fn compare(
        self,
        operator: Operator,
        literal: Literal,
        position: usize,
    ) -> Result<ScimFilter<'s>, FilterError> {
        let attribute = match self {
            Self::Kind(resource_type) => {
                let holds = compare_constant(resource_type.name(), operator, &literal);
                return Ok(if holds { always(resource_type) } else { never(resource_type) });
            }
            Self::Element { part, .. } => part,
            Self::Attribute(attribute) => match attribute.parts().first() {
                None => attribute,
                // `emails co "x"` means `emails.value` (RFC 7644 section 3.4.2.2).
                Some(first) => attribute.value_part().ok_or_else(|| FilterError::PartNeeded {
                    position,
                    attribute: attribute.path().to_owned(),
                    part: first.name().to_owned(),
                })?,
            },
        };
        compare(attribute, operator, literal, position).map(|filter| self.holding(filter))
    }
}

fn compare(
    attribute: &Attribute,
    operator: Operator,
    literal: Literal,
    position: usize,
) -> Result<ScimFilter<'_>, FilterError> {
    if let Some(constant) = attribute.constant {
        let always = ScimFilter::Present(attribute);
        let holds = compare_constant(constant, operator, &literal);
        return Ok(if holds { always } else { ScimFilter::Not(Box::new(always)) });
    }
    if let Literal::Bare(word) = &literal
        && word.eq_ignore_ascii_case("null")
    {
        return compare_with_nothing(attribute, operator, position);
    }
    let (suits, allowed) = match attribute.value_type {
        Type::String | Type::Reference | Type::Complex(_) => (true, ""),
        Type::Boolean | Type::Binary => (operator.is_equality(), "eq, ne or pr"),
        Type::Integer | Type::Decimal | Type::DateTime => {
            (!operator.is_about_text(), "eq, ne, gt, ge, lt, le or pr")
        }
    };
    if !suits {
        let (attribute, operator) = (attribute.path().to_owned(), operator.as_str());
        return Err(FilterError::UnsuitableOperator { position, attribute, operator, allowed });
    }
    // All types come quoted as well: `active eq "True"` (`ms_custom`).
    let (Literal::Bare(text) | Literal::Quoted(text)) = literal;
    match scalar::from_text(&attribute.value_type, Cow::Owned(text)) {
        Some(value) => Ok(ScimFilter::Comparison { attribute, operator, value }),
        None => Err(FilterError::UnsuitableValue {
            position,
            attribute: attribute.path().to_owned(),
            expected: scalar::expected(&attribute.value_type),
        }),
    }
}

/// Whether a value that all have is as asked. Without regard to case, as texts compare that are not said to be
/// exact.
fn compare_constant(constant: &str, operator: Operator, literal: &Literal) -> bool {
    let text = match literal {
        // None is without it.
        Literal::Bare(word) if word.eq_ignore_ascii_case("null") => {
            return operator == Operator::NotEqual;
        }
        Literal::Bare(text) | Literal::Quoted(text) => text.to_ascii_lowercase(),
    };
    let (known, text) = (constant.to_ascii_lowercase(), text.as_str());
    match operator {
        Operator::Equal => known == text,
        Operator::NotEqual => known != text,
        Operator::Contains => known.contains(text),
        Operator::StartsWith => known.starts_with(text),
        Operator::EndsWith => known.ends_with(text),
        Operator::GreaterThan => *known > *text,
        Operator::GreaterOrEqual => *known >= *text,
        Operator::LessThan => *known < *text,
        Operator::LessOrEqual => *known <= *text,
    }
}

/// To equal null is to have no value (RFC 7643 section 2.5).
fn compare_with_nothing(
    attribute: &Attribute,
    operator: Operator,
    position: usize,
) -> Result<ScimFilter<'_>, FilterError> {
    match operator {
        Operator::Equal => Ok(ScimFilter::Not(Box::new(ScimFilter::Present(attribute)))),
        Operator::NotEqual => Ok(ScimFilter::Present(attribute)),
        _ => Err(FilterError::UnsuitableValue {
            position,
            attribute: attribute.path().to_owned(),
            expected: "a text, or use eq or ne with null",
        }),
    }
}
