//! `POST /Bulk`: several operations in one request (RFC 7644 section 3.7).
//!
//! They are done as one after the other in the order of the request, and decided many at a time: as many
//! as don't wait for the id of what another one makes go to the core in one RPC, which keeps their order.
//! Must never look into what an operation means.

mod order;
mod outcome;
mod parts;
mod plan;
mod run;

use super::answer::{self, RequestError};
use super::body::{Complete, taken_apart_and_held};
use super::body_shares::Share;
use super::idempotency;
use super::preconditions;
use super::request_context::RequestContext;
use crate::client::Channel;
use axum::response::Response;
use plan::{BulkPlan, BulkReading};
use provost_scim::bulk::BulkResponse;
use provost_scim::limits::MAX_BULK_OPERATIONS;
use provost_telemetry::record_operations;
use run::BulkRun;

/// So much of an answer is reckoned for each operation. Most take a fourth of it.
const ANSWER_BYTES: usize = 1024;

/// What a request holds at most until it is answered, whose body has at most so many bytes.
pub(super) const fn most_held(body_limit: usize) -> usize {
    body_limit.saturating_add(MAX_BULK_OPERATIONS * ANSWER_BYTES)
}

/// `POST /Bulk`
pub(super) async fn answered<T: Channel>(
    context: &mut RequestContext<T>,
    body: Complete,
) -> Result<Response, RequestError> {
    idempotency::check_none(&context.parts.headers)?;
    preconditions::check_collection(&context.parts.headers)?;
    let again = body.again();
    let (mut plan, mut share) = planned(context, body).await?;
    if !context.is_admitted {
        // It may be that nothing is asked that would show whether the token is good.
        context.is_strict = context.admit().await?.is_strict;
        context.is_admitted = true;
        if let Some(body) = again.filter(|_| context.is_strict) {
            (plan, share) = planned(context, body).await?;
        }
    }
    let mut share = share.unwrap_or_else(|| context.gateway.bulk_shares.none_of(&context.site));
    // Before anything is done, because what was done has to be told.
    share.grow_by(plan.operations.len() * ANSWER_BYTES)?;
    let done = BulkRun::new(context, plan).done().await?;
    record_operations(done.answers.len(), done.failed);
    context.note_all(done.refused);
    answer::page_within(&BulkResponse::new(done.answers), context.parts.version, share)
}

/// What a body asks, and its share.
async fn planned<T>(
    context: &RequestContext<T>,
    body: Complete,
) -> Result<(BulkPlan, Option<Share>), RequestError> {
    let reading = BulkReading {
        users: context.vocabulary(),
        groups: context.group_vocabulary(),
        is_strict: context.is_strict,
    };
    let read = taken_apart_and_held(body, move |body| BulkPlan::read(body, reading));
    read.await.map_err(RequestError::of_bulk)
}
