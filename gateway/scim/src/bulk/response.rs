//! The answer to a bulk request: one element for each operation that was looked at.

use serde::Serialize;

use crate::error::ScimError;

/// What is answered when the request as a whole could be read (RFC 7644 section 3.7.3).
#[derive(Debug, Serialize)]
pub struct BulkResponse {
    schemas: [&'static str; 1],
    #[serde(rename = "Operations")]
    operations: Vec<BulkAnswer>,
}

impl BulkResponse {
    /// With these answers, in the order of the operations.
    pub fn new(operations: Vec<BulkAnswer>) -> Self {
        Self { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], operations }
    }
}

/// What became of an operation. A success has no `response`: what was written is at its `location`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkAnswer {
    /// Where the resource is; of a POST that failed, nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// As it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// As it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<String>,
    /// The version in force, as in `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What a single request would have as its status; a text, as in errors.
    pub status: String,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ScimError>,
    /// What was asked and is not in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<BulkNotice>,
}

/// What a single request would be told by a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkNotice {
    /// For machines.
    pub reason: &'static str,
    /// What it is about, if not all of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// For people.
    pub detail: String,
}
