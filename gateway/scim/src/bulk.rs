//! Bulk requests and their answers (RFC 7644 section 3.7).
//!
//! Owns what an operation has to say, and how it is told what became of it. Must never know which paths
//! there are, nor in which order operations are done.

mod error;
mod response;

pub use error::{BulkError, failed_reference, unknown_path, unknown_reference};
pub use response::{BulkAnswer, BulkNotice, BulkResponse};

use std::collections::BTreeSet;

use super::error::ScimError;
use super::input::{self, ResourceData};
use super::json::{Json, take};
use super::limits::{MAX_BULK_OPERATIONS, MAX_BULK_TEXT};
use super::shortened::shortened;

/// What is asked at once. No `Debug`: it may hold a password.
pub struct BulkRequest<'a> {
    /// After how many errors nothing more is done; none where all is done, whatever fails.
    pub fail_on_errors: Option<usize>,
    /// In the order in which they were written.
    pub operations: Vec<BulkOperation<'a>>,
}

/// One operation.
pub struct BulkOperation<'a> {
    /// What stood for the method, to be told back.
    pub method: Option<String>,
    /// The transient name that the client gave it.
    pub bulk_id: Option<String>,
    /// What it asks, or why that can't be read.
    pub asked: Result<BulkAsked<'a>, BulkError>,
}

/// What an operation asks.
pub struct BulkAsked<'a> {
    /// What is to be done.
    pub method: BulkMethod,
    /// To what, below the base URL.
    pub path: String,
    /// The version that it expects, as in `If-Match`.
    pub version: Option<String>,
    /// What a single request would have as its body. Only a DELETE has none.
    pub data: Option<ResourceData<'a>>,
}

/// The methods of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMethod {
    /// A new resource.
    Post,
    /// A whole resource.
    Put,
    /// Changes.
    Patch,
    /// The end of a resource.
    Delete,
}

impl BulkMethod {
    const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The method of this name, in letters of any size.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str()))
    }

    /// As HTTP spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl<'a> BulkRequest<'a> {
    /// Reads a body. What is wrong with one operation is told of that one; `schemas` is not looked at.
    pub fn read(body: &'a [u8]) -> Result<Self, ScimError> {
        let mut members = input::object(body).map_err(ScimError::from)?;
        let fail_on_errors = fail_on_errors(take(&mut members, "failOnErrors"))?;
        let Some(Json::Array(operations)) = take(&mut members, "Operations") else {
            return Err(BulkError::NoOperations.into());
        };
        if operations.len() > MAX_BULK_OPERATIONS {
            return Err(BulkError::TooManyOperations { count: operations.len() }.into());
        }
        let operations: Vec<_> = operations.into_iter().map(operation).collect();
        check_names(&operations)?;
        Ok(Self { fail_on_errors, operations })
    }
}

fn fail_on_errors(value: Option<Json<'_>>) -> Result<Option<usize>, BulkError> {
    let number = match value {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => number.as_u64(),
        Some(Json::Text(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let number = number.filter(|number| *number > 0).ok_or(BulkError::FailOnErrors)?;
    Ok(Some(usize::try_from(number).unwrap_or(usize::MAX)))
}

/// References would be to either of two.
fn check_names(operations: &[BulkOperation<'_>]) -> Result<(), BulkError> {
    let mut known = BTreeSet::new();
    for operation in operations {
        let Some(bulk_id) = operation.new_name() else { continue };
        if !known.insert(bulk_id) {
            return Err(BulkError::SameId { bulk_id: shortened(bulk_id) });
        }
    }
    Ok(())
}

impl BulkOperation<'_> {
    /// The name under which others refer to what it makes, also where it fails.
    pub fn new_name(&self) -> Option<&str> {
        let is_post = self.method.as_deref() == Some(BulkMethod::Post.as_str());
        self.bulk_id.as_deref().filter(|_| is_post)
    }
}

fn operation(value: Json<'_>) -> BulkOperation<'_> {
    let Json::Object(mut members) = value else {
        return BulkOperation { method: None, bulk_id: None, asked: Err(BulkError::NotAnObject) };
    };
    let mut text = |name: &str| take(&mut members, name).and_then(text);
    let [method, bulk_id, path] = ["method", "bulkId", "path"].map(&mut text);
    let version = take(&mut members, "version").and_then(version);
    let data =
        take(&mut members, "data").filter(|data| !matches!(data, Json::Null)).map(ResourceData);
    let known = method.as_deref().and_then(BulkMethod::of);
    let told = known.map(|known| known.as_str().to_owned());
    let told = told.or_else(|| method.as_deref().map(shortened));
    let is_too_long =
        |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > MAX_BULK_TEXT);
    let asked = match (known, method, path) {
        (_, None, _) => Err(BulkError::Missing { what: "a method" }),
        (None, Some(method), _) => Err(BulkError::UnknownMethod { method: shortened(&method) }),
        _ if is_too_long(&bulk_id) => Err(BulkError::TooLong { what: "bulkId" }),
        (Some(_), _, None) => {
            Err(BulkError::Missing { what: "a path, such as /Users or /Users/ID" })
        }
        (Some(_), _, path) if is_too_long(&path) => Err(BulkError::TooLong { what: "path" }),
        (Some(BulkMethod::Post), _, _) if bulk_id.is_none() => Err(BulkError::Missing {
            what: "a bulkId, because it is a POST: any text that no other operation has",
        }),
        (Some(method), _, _) if method != BulkMethod::Delete && data.is_none() => {
            Err(BulkError::Missing { what: "data: what a single request has as its body" })
        }
        (Some(method), _, Some(path)) => Ok(BulkAsked { method, path, version, data }),
    };
    let bulk_id = if is_too_long(&bulk_id) { None } else { bulk_id };
    BulkOperation { method: told, bulk_id, asked }
}

/// A text that says something, or a number as a text.
fn text(value: Json<'_>) -> Option<String> {
    match value {
        Json::Text(text) if !text.trim().is_empty() => Some(text.into_owned()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A condition that can't be read is not one that was never set: it is that of nobody's version.
fn version(value: Json<'_>) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Text(text) => Some(text.into_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Boolean(_) | Json::Array(_) | Json::Object(_) => Some(String::new()),
    }
}

/// How references begin.
const PREFIX: &str = "bulkId:";

/// The name that a text refers to, if it is a reference (RFC 7644 section 3.7.2).
pub fn referred(text: &str) -> Option<&str> {
    let (prefix, name) = text.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(name)
}

#[cfg(test)]
mod tests;
