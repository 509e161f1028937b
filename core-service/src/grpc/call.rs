//! One call: who is calling, in which trace, and what is answered.

use super::deadline::deadline;
use super::status::to_status;
use crate::Failure;
use crate::authenticator::Bearer;
use crate::trace::Call;
use provost_domain::RequestFingerprint;
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
            let (trace_id, deadline) = (Call::current().trace_id(), deadline(&metadata));
            let fingerprint = fingerprint(&message);
            let metadata = RequestMetadata { bearer, trace_id, fingerprint, deadline };
            let answer = work(metadata, message).await;
            counts.count(&answer);
            answer
        }
        Err(failure) => Err(failure),
    };
    answer.map(Response::new).map_err(|failure| to_status(&failure))
}

/// Of the message as this version writes it: the same values always make the same bytes, in whichever
/// order they came.
fn fingerprint<Q: RpcRequest>(message: &Q) -> Option<RequestFingerprint> {
    message.options().filter(|options| !options.request_id.is_empty())?;
    let hash = Sha256::new().chain_update(Q::RPC).chain_update(message.encode_to_vec());
    Some(hex::encode(hash.finalize()))
}
