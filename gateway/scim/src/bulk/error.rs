//! What can be wrong with a bulk request, or with one of its operations. The sentences reach the client's
//! admin.

use std::fmt;

use thiserror::Error;

use crate::error::{ScimError, ScimType};
use crate::limits::{MAX_BULK_OPERATIONS, MAX_BULK_TEXT};
use crate::shortened::{ELLIPSIS, shortened};

/// What can be wrong with a bulk request, or with one of its operations.
#[derive(Clone, PartialEq, Eq, Error)]
pub enum BulkError {
    /// A request without operations.
    #[error(
        "The bulk request has no Operations list. Send {{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"], \"Operations\": [...]}}."
    )]
    NoOperations,
    /// A request with more operations than are read.
    #[error(
        "The bulk request has {count} operations; at most {MAX_BULK_OPERATIONS} are accepted (maxOperations). Split it into several requests."
    )]
    TooManyOperations {
        /// How many were sent.
        count: usize,
    },
    /// A number of errors that is none.
    #[error("failOnErrors needs a whole number from 1 on. Correct it, or leave it out.")]
    FailOnErrors,
    /// Two new resources of one name.
    #[error("Two POST operations have the bulkId \"{bulk_id}\". Give each of them its own.")]
    SameId {
        /// What was sent, shortened.
        bulk_id: String,
    },
    /// An element of Operations that is no object.
    #[error("The operation is not a JSON object. Send {{\"method\": ..., \"path\": ..., ...}}.")]
    NotAnObject,
    /// A method that no operation has.
    #[error("The operation has the method \"{method}\". Use POST, PUT, PATCH or DELETE.")]
    UnknownMethod {
        /// What was sent, shortened.
        method: String,
    },
    /// An operation without what it needs.
    #[error("The operation needs {what}.")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
    /// A name or a path that nobody needs as long.
    #[error("The {what} of the operation is longer than {MAX_BULK_TEXT} bytes. Shorten it.")]
    TooLong {
        /// The member.
        what: &'static str,
    },
    /// A new resource of which there is a version already.
    #[error(
        "The operation is a POST and expects a version, and what it makes has none before. Leave the version out."
    )]
    VersionOfNew,
    /// A path at which an operation can do nothing.
    #[error(
        "The path of the operation is \"{path}\". Use /Users or /Groups, for all but POST with an id behind it."
    )]
    UnknownPath {
        /// What was sent, shortened.
        path: String,
    },
    /// A reference to what no operation makes.
    #[error(
        "The operation refers to bulkId:{bulk_id}, and no POST of this request has that bulkId. Send both in one request, or refer to the id."
    )]
    UnknownReference {
        /// What was sent, shortened.
        bulk_id: String,
    },
    /// A reference to what was not made.
    #[error(
        "The operation refers to bulkId:{bulk_id}, and the operation of that bulkId failed. Correct that one, then send both again."
    )]
    FailedReference {
        /// What was sent, shortened.
        bulk_id: String,
    },
    /// References that lead back to themselves.
    #[error(
        "The operation refers by bulkId to operations that refer back to each other, and there is no order in which they could be done. Create one of them without the reference, and add it by a PATCH."
    )]
    Circular,
}

/// It may tell what the client wrote.
impl fmt::Debug for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BulkError(…)")
    }
}

impl BulkError {
    fn without_values(&self) -> Option<String> {
        let written = || ELLIPSIS.to_owned();
        let other = match self {
            Self::SameId { .. } => Self::SameId { bulk_id: written() },
            Self::UnknownMethod { .. } => Self::UnknownMethod { method: written() },
            Self::UnknownPath { .. } => Self::UnknownPath { path: written() },
            Self::UnknownReference { .. } => Self::UnknownReference { bulk_id: written() },
            Self::FailedReference { .. } => Self::FailedReference { bulk_id: written() },
            Self::NoOperations
            | Self::TooManyOperations { .. }
            | Self::FailOnErrors
            | Self::NotAnObject
            | Self::Missing { .. }
            | Self::TooLong { .. }
            | Self::VersionOfNew
            | Self::Circular => return None,
        };
        Some(other.to_string())
    }

    const fn kind(&self) -> (u16, Option<ScimType>) {
        match self {
            Self::TooManyOperations { .. } => (413, Some(ScimType::TooMany)),
            Self::NoOperations
            | Self::NotAnObject
            | Self::UnknownMethod { .. }
            | Self::Missing { .. } => (400, Some(ScimType::InvalidSyntax)),
            Self::FailOnErrors
            | Self::SameId { .. }
            | Self::TooLong { .. }
            | Self::UnknownPath { .. }
            | Self::UnknownReference { .. } => (400, Some(ScimType::InvalidValue)),
            // As `If-Match` of a single POST.
            Self::VersionOfNew => (412, None),
            // RFC 7644 section 3.7.1.
            Self::FailedReference { .. } | Self::Circular => (409, None),
        }
    }
}

impl From<BulkError> for ScimError {
    fn from(error: BulkError) -> Self {
        let (status, scim_type) = error.kind();
        let told = Self { scim_type, ..Self::new(status, error.to_string()) };
        match error.without_values() {
            Some(detail) => told.without_values(detail),
            None => told,
        }
    }
}

/// A reference to what no operation makes.
pub fn unknown_reference(bulk_id: &str) -> ScimError {
    BulkError::UnknownReference { bulk_id: shortened(bulk_id) }.into()
}

/// A reference to what was not made.
pub fn failed_reference(bulk_id: &str) -> ScimError {
    BulkError::FailedReference { bulk_id: shortened(bulk_id) }.into()
}

/// A path at which an operation can do nothing.
pub fn unknown_path(path: &str) -> ScimError {
    BulkError::UnknownPath { path: shortened(path) }.into()
}
