//! What can be wrong with a filter. Every sentence says where and what to do.

use std::fmt;

use thiserror::Error;

use crate::limits::{MAX_FILTER_DEPTH, MAX_FILTER_LENGTH};
use crate::shortened::ELLIPSIS;

/// A filter that can't be read. Positions count characters from 1.
#[derive(Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// Longer than is read.
    #[error(
        "The filter is {length} bytes long; at most {MAX_FILTER_LENGTH} are accepted. Ask for fewer values at a time."
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Nested deeper than is read.
    #[error(
        "The filter nests more than {MAX_FILTER_DEPTH} parentheses and brackets at position {position}. Write it flatter."
    )]
    TooDeep {
        /// Where the first one too many opens.
        position: usize,
    },
    /// Something else was needed here.
    #[error(
        "The filter can't be read at position {position}: {expected} was expected, found {found}. Write it like {example}."
    )]
    Unexpected {
        /// Where.
        position: usize,
        /// What was needed.
        expected: &'static str,
        /// What stands there, shortened.
        found: String,
        /// How such a filter is written.
        example: &'static str,
    },
    /// A word where an operator belongs.
    #[error(
        "The filter has \"{operator}\" at position {position}, which is not an operator. Use eq, ne, co, sw, ew, gt, ge, lt, le or pr."
    )]
    UnknownOperator {
        /// Where.
        position: usize,
        /// What stands there, shortened.
        operator: String,
    },
    /// An attribute that is not kept.
    #[error(
        "The filter names {attribute} at position {position}, which this service does not keep. Match on {instead}."
    )]
    UnknownAttribute {
        /// Where.
        position: usize,
        /// What stands there, shortened.
        attribute: String,
        /// What there is to match on.
        instead: String,
    },
    /// An attribute that can't be searched.
    #[error(
        "The filter names {attribute} at position {position}, which can't be searched. Match on {instead}."
    )]
    NotSearchable {
        /// Where.
        position: usize,
        /// The attribute.
        attribute: String,
        /// What there is to match on.
        instead: String,
    },
    /// An attribute made of parts, none of which stands for the whole.
    #[error(
        "The filter compares {attribute} at position {position}, which is made of parts. Name one of them, such as {attribute}.{part}."
    )]
    PartNeeded {
        /// Where.
        position: usize,
        /// The attribute.
        attribute: String,
        /// One of its parts.
        part: String,
    },
    /// Brackets after an attribute that has no parts.
    #[error(
        "The filter puts brackets after {attribute} at position {position}, which has no parts. Compare it directly."
    )]
    NoParts {
        /// Where.
        position: usize,
        /// The attribute.
        attribute: String,
    },
    /// An operator that the attribute doesn't know.
    #[error(
        "The filter compares {attribute} with {operator} at position {position}. {attribute} can only be compared with {allowed}."
    )]
    UnsuitableOperator {
        /// Where.
        position: usize,
        /// The attribute.
        attribute: String,
        /// The operator.
        operator: &'static str,
        /// What would be fine.
        allowed: &'static str,
    },
    /// A value that the attribute can't have.
    #[error(
        "The filter compares {attribute} at position {position} with a value that it can't have. Write {expected}."
    )]
    UnsuitableValue {
        /// Where.
        position: usize,
        /// The attribute.
        attribute: String,
        /// What would be fine.
        expected: &'static str,
    },
    /// A quoted text that never ends or has a bad escape.
    #[error(
        "The quoted text at position {position} of the filter can't be read. Put it in straight double quotes, and write \\\" and \\\\ for quotation mark and backslash inside."
    )]
    BadText {
        /// Where it begins.
        position: usize,
    },
    /// A value without quotation marks that can't be meant as it stands.
    #[error(
        "The filter has the value {word} at position {position}, which can't be read. Put it in straight double quotes, like \"work\"."
    )]
    BadWord {
        /// Where it begins.
        position: usize,
        /// What stands there, shortened.
        word: String,
    },
}

/// It may tell what the client wrote.
impl fmt::Debug for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FilterError(…)")
    }
}

impl FilterError {
    /// Whether both are about one name that is not kept, whatever there is in its place.
    pub(super) fn is_of_the_same_name(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::UnknownAttribute { position, attribute, .. },
                Self::UnknownAttribute { position: at, attribute: name, .. },
            ) => (position, attribute) == (at, name),
            _ => false,
        }
    }

    /// The same without what the client wrote, where it tells some of that. Names of attributes that there
    /// are stay.
    pub(crate) fn without_values(&self) -> Option<Self> {
        let written = || ELLIPSIS.to_owned();
        match self {
            Self::Unexpected { position, expected, found: _, example } => {
                let found = written();
                Some(Self::Unexpected { position: *position, expected, found, example })
            }
            Self::UnknownOperator { position, operator: _ } => {
                Some(Self::UnknownOperator { position: *position, operator: written() })
            }
            Self::BadWord { position, word: _ } => {
                Some(Self::BadWord { position: *position, word: written() })
            }
            Self::UnknownAttribute { position, attribute: _, instead } => {
                let (position, instead) = (*position, instead.clone());
                Some(Self::UnknownAttribute { position, attribute: written(), instead })
            }
            Self::TooLong { .. }
            | Self::TooDeep { .. }
            | Self::NotSearchable { .. }
            | Self::PartNeeded { .. }
            | Self::NoParts { .. }
            | Self::UnsuitableOperator { .. }
            | Self::UnsuitableValue { .. }
            | Self::BadText { .. } => None,
        }
    }
}
