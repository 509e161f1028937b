//! Filters (RFC 7644 section 3.4.2.2) as a tree over known attributes.
//!
//! Owns the tree, its grammar both ways and its limits. One tree serves list queries and the
//! selectors of PATCH paths. Must never know how a filter is evaluated.

mod conditions;
mod error;
mod parser;
mod printer;
mod words;

pub use error::FilterError;
pub(super) use parser::selector;

use super::schema::Attribute;

/// Longest filter that is read, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Deepest nesting of parentheses and brackets that is read.
pub const MAX_DEPTH: usize = 32;

/// A condition over a user, or over one element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Every operand holds. Two operands or more.
    All(Vec<Filter>),
    /// Some operand holds. Two operands or more.
    Any(Vec<Filter>),
    /// The operand does not hold.
    Not(Box<Filter>),
    /// One attribute against one value.
    Comparison {
        /// A single value: in the scope of a user any but a list, in that of an element a part.
        attribute: &'static Attribute,
        /// How to compare.
        operator: Operator,
        /// Of the attribute's kind: a `Boolean` for a boolean, else a `Text`.
        value: Value,
    },
    /// The attribute, which may be a list, has a value.
    Present(&'static Attribute),
    /// Some element of the list fulfils the condition.
    Element {
        /// The list.
        list: &'static Attribute,
        /// A condition over the parts of one element.
        filter: Box<Filter>,
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

/// What to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; for points in time, as the client wrote it.
    Text(String),
    /// True or false.
    Boolean(bool),
}

impl Filter {
    /// Reads a filter over users.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::filter(text)
    }
}

#[cfg(test)]
mod tests;
