//! What became of operations, and how it is told.

use super::plan::{OperationPath, PlannedOperation, path};
use crate::http::answer::{MAX_NOTICES, RequestError};
use crate::translate;
use provost_proto::v1;
use provost_scim::bulk::{BulkAnswer, BulkNotice};
use provost_telemetry::record_reason;

/// What a request as a whole came to.
#[derive(Default)]
pub(super) struct BulkOutcome {
    /// One for each operation that was looked at, in the order of the request.
    pub answers: Vec<BulkAnswer>,
    /// How many of them failed.
    pub failed: usize,
    /// What people are told who look why requests fail.
    pub refused: Vec<v1::RefusedRequest>,
}

/// How far an operation is.
pub(super) enum OperationProgress {
    /// Nobody has looked at it.
    Open,
    /// Done, to what has this id.
    Made(String, BulkAnswer),
    /// Not done.
    Failed(BulkAnswer),
}

impl OperationProgress {
    /// The id of what was made.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Made(id, _) => Some(id),
            Self::Open | Self::Failed(_) => None,
        }
    }

    /// What is told, if it was looked at.
    pub fn into_answer(self) -> Option<BulkAnswer> {
        match self {
            Self::Made(_, answer) | Self::Failed(answer) => Some(answer),
            Self::Open => None,
        }
    }
}

/// An operation that was done, below this base URL. What its path names has this id.
pub(super) fn done(
    base: &str,
    operation: &PlannedOperation,
    id: Option<&str>,
    decision: &v1::BatchWriteDecision,
) -> BulkAnswer {
    let made = Some(decision.id.as_str()).filter(|id| !id.is_empty());
    // A single request is told no version of what it deletes either.
    let is_gone = operation.is_deletion;
    BulkAnswer {
        location: location(base, operation, made.or(id)),
        status: operation.success.to_string(),
        // As in the header `ETag`.
        version: (!is_gone).then(|| format!("W/\"{}\"", decision.version)),
        notices: notices(&decision.notices),
        ..unlooked(operation)
    }
}

/// An operation that was not done.
pub(super) fn failed(
    base: &str,
    operation: &PlannedOperation,
    id: Option<&str>,
    failure: RequestError,
) -> BulkAnswer {
    BulkAnswer {
        location: location(base, operation, id),
        status: failure.status().to_string(),
        response: Some(failure.into_told()),
        ..unlooked(operation)
    }
}

/// Notices as they stand in an answer. The request's line names their reasons.
fn notices(notices: &[v1::Notice]) -> Vec<BulkNotice> {
    for notice in notices {
        record_reason(notice.reason().name(), notice.reason().is_judgement());
    }
    notices.iter().take(MAX_NOTICES).map(translate::bulk_notice).collect()
}

fn unlooked(operation: &PlannedOperation) -> BulkAnswer {
    BulkAnswer {
        location: None,
        method: operation.method.clone(),
        bulk_id: operation.bulk_id.clone(),
        version: None,
        status: String::new(),
        response: None,
        notices: Vec::new(),
    }
}

/// Where the resource is, as far as it is known.
fn location(base: &str, operation: &PlannedOperation, id: Option<&str>) -> Option<String> {
    let OperationPath { collection, .. } = operation.target.as_ref()?;
    Some([base, path(*collection), "/", id?].concat())
}
