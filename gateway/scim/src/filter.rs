//! Filters (RFC 7644 section 3.4.2.2) as a tree over known attributes.
//!
//! Owns the tree and its grammar both ways. One tree serves list queries and the
//! selectors of PATCH paths. Must never know how a filter is evaluated.

mod conditions;
mod error;
mod parser;
mod printer;
mod selection;
mod words;

pub use error::FilterError;
pub(super) use parser::selector;
pub use selection::Selection;

use super::schema::{Attribute, ResourceType};
use super::value::ScimValue;

/// A condition over a resource, or over one element of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum ScimFilter<'a> {
    /// Every operand holds. Two operands or more.
    All(Vec<ScimFilter<'a>>),
    /// Some operand holds. Two operands or more.
    Any(Vec<ScimFilter<'a>>),
    /// The operand does not hold.
    Not(Box<ScimFilter<'a>>),
    /// One attribute against one value.
    Comparison {
        /// A single value: in the scope of a resource any but a list, in that of an element a
        /// part.
        attribute: &'a Attribute,
        /// How to compare.
        operator: Operator,
        /// Of the attribute's type, neither complex nor a list.
        value: ScimValue<'a>,
    },
    /// The attribute, which may be a list, has a value.
    Present(&'a Attribute),
    /// Some element of the list fulfils the condition.
    Element {
        /// The list.
        list: &'a Attribute,
        /// A condition over the parts of one element.
        filter: Box<ScimFilter<'a>>,
    },
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    GreaterThan,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    LessThan,
    /// `le`
    LessOrEqual,
}

impl<'a> ScimFilter<'a> {
    /// Reads a filter over resources of a type.
    pub fn parse(resource_type: &'a ResourceType, text: &str) -> Result<Self, FilterError> {
        parser::filter(resource_type, text)
    }

    /// Reads a filter over resources of several types: what it finds of each. An attribute that none of
    /// them has is unknown.
    pub fn parse_among(
        resource_types: &[&'a ResourceType],
        text: &str,
    ) -> Result<Vec<Selection<'a>>, FilterError> {
        parser::among(resource_types, text)
    }
}

#[cfg(test)]
mod tests;
