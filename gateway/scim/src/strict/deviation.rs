//! What deviates from the published protocol, with a sentence for the person who set up the client.

use crate::error::{ScimError, ScimType};
use crate::shortened::{ELLIPSIS, shortened};
use std::fmt::Display;
use thiserror::Error;

/// A deviation.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Deviation {
    /// The message does not say what it is.
    #[error("schemas does not name {urn}. Send it in a list under schemas.")]
    Schemas {
        /// What it is.
        urn: String,
    },
    /// Nothing of this name is in the schemas.
    #[error("{name} is not in /Schemas. Take it out of the attribute mapping.")]
    Unknown {
        /// As it was written, shortened.
        name: String,
    },
    /// What the schemas have at another place.
    #[error("{name} is not where /Schemas has it. Send it {place}.")]
    Misplaced {
        /// As it was written, shortened.
        name: String,
        /// Where it belongs.
        place: String,
    },
    /// A path that names nothing in the schemas, or not as these do.
    #[error("The path \"{path}\" names no attribute as /Schemas does. Write it as it is there.")]
    Path {
        /// As it was written, shortened.
        path: String,
    },
    /// A value in another form than the attribute has.
    #[error("{attribute} needs {expected}, and nothing that stands for it.")]
    Value {
        /// The attribute.
        attribute: String,
        /// What it needs.
        expected: &'static str,
    },
    /// A resource without an attribute that it must have (RFC 7643 section 2.2).
    #[error("{attribute} is missing, which each of these resources has. Send it.")]
    Missing {
        /// The attribute.
        attribute: String,
    },
    /// A word for an operation that only resembles one.
    #[error(
        "Operation {number} has the op \"{op}\". Write add, replace or remove in small letters."
    )]
    Operation {
        /// Counted from 1.
        number: usize,
        /// As it was written, shortened.
        op: String,
    },
    /// An operation that does not say what it is about.
    #[error("Operation {number} has no path. Name the attribute in path, one for each operation.")]
    NoPath {
        /// Counted from 1.
        number: usize,
    },
    /// A removal that does not say what it is about (RFC 7644 section 3.5.2.2).
    #[error("Operation {number} is a remove without a path. Name what to remove in path.")]
    NoTarget {
        /// Counted from 1.
        number: usize,
    },
    /// A removal that names in a value what it removes.
    #[error(
        "Operation {number} is a remove with a value. Name what to remove in path, like members[value eq \"...\"]."
    )]
    RemovedValue {
        /// Counted from 1.
        number: usize,
    },
    /// A member that operations don't have.
    #[error("Operation {number} has the member {member}. Operations have op, path and value.")]
    Member {
        /// Counted from 1.
        number: usize,
        /// As it was written, shortened.
        member: String,
    },
    /// A member that operations of bulk requests don't have.
    #[error(
        "Operation {number} has the member {member}. Operations have method, bulkId, version, path and data."
    )]
    BulkMember {
        /// Counted from 1.
        number: usize,
        /// As it was written, shortened.
        member: String,
    },
    /// A method that is not written as HTTP has it.
    #[error("Operation {number} has the method \"{method}\". Write it in capital letters.")]
    Method {
        /// Counted from 1.
        number: usize,
        /// As it was written.
        method: String,
    },
    /// A member that messages of this kind don't have.
    #[error("The request has the member {member}, which such requests don't have. Leave it out.")]
    MessageMember {
        /// As it was written, shortened.
        member: String,
    },
    /// A name in a filter that is not one of the schemas, or not written as in these.
    #[error(
        "The filter has the name {name}, which is not in /Schemas so. Write it as it is there."
    )]
    FilterName {
        /// As it was written, shortened.
        name: String,
    },
    /// A value in a filter that is neither in quotation marks nor true, false, null or a number.
    #[error(
        "The filter has the value {value}, which is not JSON. Put texts into double quotation marks."
    )]
    Literal {
        /// As it was written, shortened.
        value: String,
    },
    /// A text in a filter where the attribute is a truth or a number.
    #[error(
        "The filter compares {attribute} with a text. Write {expected} without quotation marks."
    )]
    QuotedValue {
        /// The attribute.
        attribute: String,
        /// What it needs.
        expected: &'static str,
    },
    /// A number or a truth in a filter where the attribute is a text.
    #[error(
        "The filter compares {attribute} with something that is no text. Put the value into double quotation marks."
    )]
    UnquotedText {
        /// The attribute.
        attribute: String,
    },
    /// A part behind the brackets of a filter.
    #[error(
        "The filter goes on behind a closing bracket. Write the condition into the brackets, like emails[type eq \"work\" and value eq \"...\"]."
    )]
    BehindBracket,
}

impl Deviation {
    pub(super) fn unknown(name: &str) -> Self {
        Self::Unknown { name: shortened(name) }
    }

    pub(super) fn unknown_member(member: &str) -> Self {
        Self::MessageMember { member: shortened(member) }
    }

    pub(super) fn value(attribute: impl Display, expected: &'static str) -> Self {
        Self::Value { attribute: attribute.to_string(), expected }
    }

    /// The same without what the client wrote, where it may be more than a name.
    fn without_values(&self) -> Option<Self> {
        let written = || ELLIPSIS.to_owned();
        match self {
            Self::Path { .. } => Some(Self::Path { path: written() }),
            Self::Operation { number, .. } => {
                Some(Self::Operation { number: *number, op: written() })
            }
            Self::Literal { .. } => Some(Self::Literal { value: written() }),
            Self::FilterName { .. } => Some(Self::FilterName { name: written() }),
            Self::Schemas { .. }
            | Self::Unknown { .. }
            | Self::Misplaced { .. }
            | Self::Value { .. }
            | Self::Missing { .. }
            | Self::NoPath { .. }
            | Self::NoTarget { .. }
            | Self::RemovedValue { .. }
            | Self::Member { .. }
            | Self::BulkMember { .. }
            | Self::Method { .. }
            | Self::MessageMember { .. }
            | Self::QuotedValue { .. }
            | Self::UnquotedText { .. }
            | Self::BehindBracket => None,
        }
    }

    const fn kind(&self) -> ScimType {
        match self {
            Self::Schemas { .. }
            | Self::Unknown { .. }
            | Self::Misplaced { .. }
            | Self::Operation { .. }
            | Self::Member { .. }
            | Self::BulkMember { .. }
            | Self::Method { .. }
            | Self::MessageMember { .. } => ScimType::InvalidSyntax,
            Self::Path { .. } | Self::NoPath { .. } => ScimType::InvalidPath,
            Self::NoTarget { .. } => ScimType::NoTarget,
            Self::Value { .. } | Self::Missing { .. } | Self::RemovedValue { .. } => {
                ScimType::InvalidValue
            }
            Self::FilterName { .. }
            | Self::Literal { .. }
            | Self::QuotedValue { .. }
            | Self::UnquotedText { .. }
            | Self::BehindBracket => ScimType::InvalidFilter,
        }
    }
}

impl From<Deviation> for ScimError {
    fn from(deviation: Deviation) -> Self {
        let sentence = |deviation: &Deviation| {
            format!("{deviation} The dialect of this connection is strict.")
        };
        let told = Self::bad_request(deviation.kind(), sentence(&deviation));
        match deviation.without_values() {
            Some(without) => told.without_values(sentence(&without)),
            None => told,
        }
    }
}
