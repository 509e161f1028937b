//! `POST /Bulk`: several operations in one request (RFC 7644 section 3.7).
//!
//! They are done as one after the other in the order of the request, and decided many at a time: as many
//! as don't wait for the id of what an earlier one makes go to the core in one RPC, which keeps their order.
//! Must never look into what an operation means.

mod order;
mod outcome;
mod parts;
mod plan;
mod run;

use super::answer::{self, RequestError};
use super::body::{Complete, taken_apart_and_held};
use super::idempotency;
use super::request_context::RequestContext;
use crate::client::Channel;
use axum::response::Response;
use plan::{BulkPlan, Vocabularies};
use provost_scim::bulk::BulkResponse;
use provost_telemetry::record_operations;
use run::BulkRun;

/// `POST /Bulk`
pub(super) async fn answered<T: Channel>(
    context: &mut RequestContext<T>,
    body: Complete,
) -> Result<Response, RequestError> {
    let key = idempotency::key_of_several(&context.parts.headers)?;
    let vocabularies =
        Vocabularies { users: context.vocabulary(), groups: context.group_vocabulary() };
    let read = taken_apart_and_held(body, move |body| BulkPlan::read(body, vocabularies));
    let (plan, share) = read.await.map_err(RequestError::of_bulk)?;
    if !context.is_admitted {
        // It may be that nothing is asked that would show whether the token is good.
        context.admit().await?;
        context.is_admitted = true;
    }
    let done = BulkRun::new(context, plan, key).done().await?;
    drop(share);
    record_operations(done.answers.len(), done.failed);
    context.note_all(done.refused);
    let response = BulkResponse::new(done.answers);
    let shares = &context.gateway.answer_shares;
    answer::page(&response, context.parts.version, shares, &context.site)
}
