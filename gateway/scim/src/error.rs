//! Errors as SCIM tells them (RFC 7644 section 3.12), and what can be wrong with a body.
//!
//! Owns the wire form, the closed list of `scimType` words and the sentences about bodies. Must
//! never know of errors that arise behind the gateway.

use std::fmt::{self, Display};

use serde::{Serialize, Serializer, ser::SerializeMap};
use thiserror::Error;

use super::filter::FilterError;
use super::limits::MAX_OPERATIONS;
use super::shortened::ELLIPSIS;

/// URN of the error message.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Detail keywords of RFC 7644 table 9 and RFC 9865.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// The filter can't be read, or an attribute and an operator don't fit.
    InvalidFilter,
    /// The filter yields more results than the service is willing to process.
    TooMany,
    /// A value is taken or reserved.
    Uniqueness,
    /// The change is at odds with the attribute's mutability.
    Mutability,
    /// The body can't be read.
    InvalidSyntax,
    /// The path of an operation can't be read.
    InvalidPath,
    /// The path names nothing that could be operated on.
    NoTarget,
    /// A value is missing or doesn't fit the attribute.
    InvalidValue,
    /// The version of the protocol isn't supported.
    InvalidVers,
    /// The request would carry sensitive values in its URI.
    Sensitive,
    /// The cursor was never given out, or belongs to another request (RFC 9865).
    InvalidCursor,
    /// The cursor is too old (RFC 9865).
    ExpiredCursor,
    /// The size of a page by cursor can't be read (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// As the RFC spells it.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

impl Serialize for ScimType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.keyword())
    }
}

/// An error answer. Its sentence is for whoever asked, and is written nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The keyword, where there is one.
    pub scim_type: Option<ScimType>,
    /// A sentence for the person who set up the client.
    pub detail: String,
    /// The same without what the client wrote, where it tells some of that.
    pub without_values: Option<String>,
}

impl fmt::Debug for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("ScimError");
        form.field("status", &self.status).field("scim_type", &self.scim_type);
        form.finish_non_exhaustive()
    }
}

impl ScimError {
    /// An error without a keyword.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), without_values: None }
    }

    /// A 400 with a keyword.
    pub fn bad_request(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(400, detail) }
    }

    /// The same error, with its sentence without what the client wrote.
    #[must_use]
    pub fn without_values(self, detail: impl Into<String>) -> Self {
        Self { without_values: Some(detail.into()), ..self }
    }

    /// The same error with a keyword.
    #[must_use]
    pub fn with_type(self, scim_type: ScimType) -> Self {
        Self { scim_type: Some(scim_type), ..self }
    }
}

/// `status` is a text, as RFC 7644 wants it and Okta's test suite checks (`okta_spec`).
impl Serialize for ScimError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schemas", &[ERROR])?;
        map.serialize_entry("status", &self.status.to_string())?;
        if let Some(scim_type) = self.scim_type {
            map.serialize_entry("scimType", &scim_type)?;
        }
        map.serialize_entry("detail", &self.detail)?;
        map.end()
    }
}

/// What can be wrong with the body of a write. The sentences reach the client's admin.
#[derive(Error)]
pub enum InputError {
    /// Not JSON.
    #[error("The request body is not valid JSON ({0}). Send a SCIM object.")]
    Json(#[from] serde_json::Error),
    /// Nothing but white space.
    #[error(
        "The request has no body. Send a SCIM object, and look whether something on the way drops bodies."
    )]
    Empty,
    /// JSON, but not an object.
    #[error("The request body is not a JSON object. Send a SCIM object.")]
    NotAnObject,
    /// A PATCH without operations.
    #[error(
        "The PATCH request has no Operations list. Send {{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \"Operations\": [...]}}."
    )]
    NoOperations,
    /// A PATCH with more operations than are read.
    #[error(
        "The PATCH request has {count} operations; at most {MAX_OPERATIONS} are accepted. Split it into several requests."
    )]
    TooManyOperations {
        /// How many were sent.
        count: usize,
    },
    /// A list with more elements than are read.
    #[error("{list} has {count} elements; at most {most} are accepted. Send fewer.")]
    TooManyElements {
        /// The list.
        list: String,
        /// How many were sent.
        count: usize,
        /// How many are read.
        most: usize,
    },
    /// An operation other than add, replace and remove.
    #[error("Operation {number} has the op \"{op}\". Use add, replace or remove.")]
    UnknownOperation {
        /// Counted from 1.
        number: usize,
        /// What was sent, shortened.
        op: String,
    },
    /// An element of Operations that is no object, or one without the value it needs.
    #[error(
        "Operation {number} needs {missing}. Write it like {{\"op\": \"replace\", \"path\": \"title\", \"value\": \"Engineer\"}}."
    )]
    IncompleteOperation {
        /// Counted from 1.
        number: usize,
        /// What is missing.
        missing: &'static str,
    },
    /// Remove without a path (RFC 7644 section 3.5.2.2).
    #[error("Operation {number} is a remove without a path. Name the attribute to remove in path.")]
    NoTarget {
        /// Counted from 1.
        number: usize,
    },
    /// A path that can't be read.
    #[error(
        "The path \"{path}\" can't be read: {problem}. Write it like title, name.givenName or emails[type eq \"work\"].value."
    )]
    Path {
        /// What was sent, shortened.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The filter of a path that can't be read.
    #[error("{error} It stands in the brackets of the path \"{path}\".")]
    Filter {
        /// What was sent, shortened.
        path: String,
        /// What is wrong with the filter; positions count from behind the opening bracket.
        error: FilterError,
    },
    /// A value of the wrong kind.
    #[error("{attribute} needs {expected}. Correct the attribute mapping for {attribute}.")]
    Value {
        /// The attribute.
        attribute: String,
        /// What it needs.
        expected: &'static str,
    },
    /// A placeholder of the client's that nobody filled in.
    #[error(
        "{attribute} holds a placeholder that was not filled in. Correct the attribute mapping for {attribute} and sync again."
    )]
    Unexpanded {
        /// The attribute.
        attribute: String,
    },
    /// A required attribute is taken away.
    #[error("{attribute} is required and can't be removed. Take it out of the mapped removals.")]
    Required {
        /// The attribute.
        attribute: String,
    },
    /// The path of an operation is about what only the service writes. Said of a path; a member of an
    /// object is passed over, because clients send back what they have read (`okta_ref`).
    #[error(
        "{attribute} is set by the service and can't be written. Take {attribute} out of the attribute mapping."
    )]
    ReadOnly {
        /// The attribute.
        attribute: String,
    },
    /// What tells one element of a list from others is to become another.
    #[error(
        "{attribute} can't be changed. Remove that element of the list, and add the other one."
    )]
    Immutable {
        /// The attribute.
        attribute: String,
    },
    /// A new resource without an attribute that it must have.
    #[error("A {resource} needs a {attribute}. Add {attribute} to the attribute mapping.")]
    Missing {
        /// The kind of resource.
        resource: String,
        /// The attribute.
        attribute: String,
    },
}

/// It may tell what the client wrote.
impl fmt::Debug for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InputError(…)")
    }
}

impl InputError {
    /// The sentence without what the client wrote, where it tells some of that. Names of attributes stay.
    fn without_values(&self) -> Option<String> {
        let written = || ELLIPSIS.to_owned();
        match self {
            Self::Json(error) => Some(format!(
                "The request body is not valid JSON (line {}, column {}). Send a SCIM object.",
                error.line(),
                error.column()
            )),
            Self::UnknownOperation { number, op: _ } => {
                Some(Self::UnknownOperation { number: *number, op: written() }.to_string())
            }
            Self::Path { path: _, problem } => {
                Some(Self::Path { path: written(), problem }.to_string())
            }
            Self::Filter { path: _, error } => {
                let error = error.without_values().unwrap_or_else(|| error.clone());
                Some(Self::Filter { path: written(), error }.to_string())
            }
            Self::Empty
            | Self::NotAnObject
            | Self::NoOperations
            | Self::TooManyOperations { .. }
            | Self::TooManyElements { .. }
            | Self::IncompleteOperation { .. }
            | Self::NoTarget { .. }
            | Self::Value { .. }
            | Self::Unexpanded { .. }
            | Self::Required { .. }
            | Self::ReadOnly { .. }
            | Self::Immutable { .. }
            | Self::Missing { .. } => None,
        }
    }

    fn kind(&self) -> (u16, Option<ScimType>) {
        match self {
            Self::Json(_)
            | Self::Empty
            | Self::NotAnObject
            | Self::NoOperations
            | Self::UnknownOperation { .. }
            | Self::IncompleteOperation { .. } => (400, Some(ScimType::InvalidSyntax)),
            Self::TooManyOperations { .. } => (413, None),
            Self::NoTarget { .. } => (400, Some(ScimType::NoTarget)),
            Self::Path { .. } => (400, Some(ScimType::InvalidPath)),
            Self::Filter { .. } => (400, Some(ScimType::InvalidFilter)),
            Self::Required { .. } | Self::ReadOnly { .. } | Self::Immutable { .. } => {
                (400, Some(ScimType::Mutability))
            }
            // A list that becomes too long with what is there is refused like this as well.
            Self::TooManyElements { .. }
            | Self::Value { .. }
            | Self::Unexpanded { .. }
            | Self::Missing { .. } => (400, Some(ScimType::InvalidValue)),
        }
    }
}

impl From<InputError> for ScimError {
    fn from(error: InputError) -> Self {
        let (status, scim_type) = error.kind();
        let told = Self { scim_type, ..Self::new(status, error.to_string()) };
        match error.without_values() {
            Some(detail) => told.without_values(detail),
            None => told,
        }
    }
}

impl From<FilterError> for ScimError {
    fn from(error: FilterError) -> Self {
        let told = Self::bad_request(ScimType::InvalidFilter, error.to_string());
        match error.without_values() {
            Some(error) => told.without_values(error.to_string()),
            None => told,
        }
    }
}

/// A value of a kind that the attribute can't have.
pub(super) fn wrong(name: impl Display, expected: &'static str) -> InputError {
    InputError::Value { attribute: name.to_string(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ScimFilter;
    use crate::patch;
    use crate::schema::user;

    #[test]
    fn the_wire_form_has_the_status_as_text() {
        let error = ScimError::bad_request(ScimType::InvalidFilter, "No.");
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidFilter","detail":"No."}"#
        );
        let error = ScimError::new(404, "Gone.");
        assert!(!serde_json::to_string(&error).unwrap().contains("scimType"));
        assert_eq!(error.with_type(ScimType::TooMany).scim_type, Some(ScimType::TooMany));
    }

    #[test]
    fn nothing_of_what_was_sent_is_shown_but_in_the_answer() {
        let read = ScimFilter::parse(user(), "ada@example.com eq 1").unwrap_err();
        let body = br#"{"Operations": [{"op": "ada@example.com"}]}"#;
        let input = patch::read(user(), body).unwrap_err();
        assert_eq!(format!("{read:?} {input:?}"), "FilterError(…) InputError(…)");
        let error = ScimError::from(input);
        assert!(error.detail.contains("ada@example.com"));
        let shown = "ScimError { status: 400, scim_type: Some(InvalidSyntax), .. }";
        assert_eq!(format!("{error:?}"), shown);
    }

    fn of_operation(operation: &str) -> ScimError {
        let body = format!(r#"{{"Operations": [{operation}]}}"#);
        patch::read(user(), body.as_bytes()).unwrap_err().into()
    }

    /// What a client wrote may be about somebody.
    #[test]
    fn the_second_sentence_is_the_first_without_what_the_client_wrote() {
        let filter = |text: &str| ScimError::from(ScimFilter::parse(user(), text).unwrap_err());
        for error in [
            of_operation(r#"{"op": "Kim", "path": "title"}"#),
            of_operation(r#"{"op": "remove", "path": "Kim]"}"#),
            of_operation(r#"{"op": "remove", "path": "emails[type Kim 1]"}"#),
            filter("Kim eq 1"),
            filter("title Kim 1"),
            filter("title eq Kim,"),
            filter("title pr Kim"),
        ] {
            assert!(error.detail.contains("Kim"), "{}", error.detail);
            let told = error.without_values.unwrap_or_default();
            assert!(!told.contains("Kim") && told.contains(ELLIPSIS), "{told}");
        }
        let json: ScimError = patch::read(user(), b"{\"Kim\"").unwrap_err().into();
        let told = json.without_values.unwrap_or_default();
        assert!(told.starts_with("The request body is not valid JSON (line 1, column "), "{told}");
        for error in [
            of_operation(r#"{"op": "replace", "path": "active", "value": "Kim"}"#),
            of_operation(r#"{"op": "remove", "path": "userName"}"#),
            filter("active eq Kim"),
        ] {
            assert!(!error.detail.contains("Kim"), "{}", error.detail);
            assert_eq!(error.without_values, None, "{}", error.detail);
        }
    }
}
