//! One call: who is calling, in which trace, and what is answered.

use super::deadline::deadline;
use super::refused_requests;
use super::status::to_status;
use crate::Failure;
use crate::authenticator::{Bearer, ServiceCall};
use crate::trace::Call;
use provost_domain::{Refusal, RefusedRequest, RequestFingerprint};
use provost_proto::RpcRequest;
use sha2::{Digest as _, Sha256};
use std::time::Instant;
use tonic::{Request, Response, Status};

/// What came with a request besides its message.
pub(super) struct RequestMetadata {
    /// Whoever carries the token.
    pub bearer: Bearer,
    /// The trace in which the caller asks.
    pub trace_id: Option<String>,
    /// What it asks, where it has an id by which it is known when it comes again.
    pub fingerprint: Option<RequestFingerprint>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
}

/// What comes with a request of somebody who is nobody yet.
pub(super) struct ArrivalMetadata {
    /// The trace in which it is asked.
    pub trace_id: Option<String>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
}

/// Does one call, in the trace in which the layer in front of the services has put it.
pub(super) async fn call<Q: RpcRequest, A>(
    request: Request<Q>,
    work: impl AsyncFnOnce(RequestMetadata, Q) -> Result<A, Failure>,
) -> Result<Response<A>, Status> {
    let (metadata, mut extensions, message) = request.into_parts();
    let bearer = extensions.remove::<Bearer>().ok_or(Failure::Unauthenticated);
    let answer = match bearer {
        Ok(bearer) => {
            let counts = bearer.answer_counts();
            let of_service = bearer.service_call(message.site());
            let (trace_id, deadline) = (Call::current().trace_id(), deadline(&metadata));
            let fingerprint = fingerprint(&message);
            let metadata = RequestMetadata { bearer, trace_id, fingerprint, deadline };
            let answer = work(metadata, message).await;
            counts.count(&answer);
            let noted = match (&answer, of_service) {
                (Err(Failure::Refused(refusal)), Some(call)) => noted::<Q>(call, refusal),
                _ => None,
            };
            if let Some((call, refused)) = noted {
                // Boxed, because most calls would carry it in vain.
                Box::pin(call.note(refused)).await;
            }
            answer
        }
        Err(failure) => Err(failure),
    };
    answer.map(Response::new).map_err(|failure| to_status(&failure))
}

/// Does one call of somebody who need not be anybody yet. Whoever is somebody has to be the operator.
pub(super) async fn arriving_call<Q: RpcRequest, A>(
    request: Request<Q>,
    work: impl AsyncFnOnce(ArrivalMetadata, Q) -> Result<A, Failure>,
) -> Result<Response<A>, Status> {
    let (metadata, mut extensions, message) = request.into_parts();
    let arrival =
        ArrivalMetadata { trace_id: Call::current().trace_id(), deadline: deadline(&metadata) };
    let answer = match extensions.remove::<Bearer>() {
        None => work(arrival, message).await,
        Some(bearer) => {
            let counts = bearer.answer_counts();
            let answer = match bearer.admit_operator() {
                Ok(()) => work(arrival, message).await,
                Err(refusal) => Err(refusal.into()),
            };
            counts.count(&answer);
            answer
        }
    };
    answer.map(Response::new).map_err(|failure| to_status(&failure))
}

/// What is noted of a refusal for people who look why calls fail, if anything is.
fn noted<Q: RpcRequest>(
    call: ServiceCall,
    refusal: &Refusal,
) -> Option<(ServiceCall, RefusedRequest)> {
    let is_noted = refused_requests::is_noted(refusal.reason, Q::READS);
    let refused = is_noted.then(|| refused_requests::of_call(Q::RPC, refusal, &call.caller()))?;
    Some((call, refused))
}

/// Of the message as this version writes it: the same values always make the same bytes, in whichever
/// order they came.
fn fingerprint<Q: RpcRequest>(message: &Q) -> Option<RequestFingerprint> {
    message.options().filter(|options| !options.request_id.is_empty())?;
    let hash = Sha256::new().chain_update(Q::RPC).chain_update(message.encode_to_vec());
    Some(hex::encode(hash.finalize()))
}
