//! What a write says besides what it wants: which versions it expects, and its key.

use super::answer::RequestError;
use super::idempotency;
use super::preconditions::Preconditions;
use axum::http::HeaderMap;
use provost_proto::v1;

/// What a creation says; none where it says nothing.
pub(super) fn of_creation(headers: &HeaderMap) -> Result<Option<v1::WriteOptions>, RequestError> {
    options(headers, Preconditions::default())
}

/// What a change or a deletion says; none where it says nothing.
pub(super) fn of_change(headers: &HeaderMap) -> Result<Option<v1::WriteOptions>, RequestError> {
    options(headers, Preconditions::of_write(headers))
}

fn options(
    headers: &HeaderMap,
    preconditions: Preconditions,
) -> Result<Option<v1::WriteOptions>, RequestError> {
    let Preconditions { any_of: expected_versions, none_of: unexpected_versions } = preconditions;
    let request_id = idempotency::key(headers)?;
    let rest = v1::WriteOptions::default();
    let options = v1::WriteOptions { expected_versions, unexpected_versions, request_id, ..rest };
    Ok((options != v1::WriteOptions::default()).then_some(options))
}
