//! One call: who is calling, in which trace, and what is answered.

use super::status::to_status;
use crate::Failure;
use crate::authenticator::{Credential, Door};
use crate::trace::Call;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

/// What came with a request besides its message.
pub(super) struct RequestMetadata {
    /// The bearer token, if any, and the door at which it was shown.
    pub credential: Credential,
    /// The trace in which the caller asks.
    pub trace_id: Option<String>,
}

/// Does one call, in the trace in which the layer in front of the services has put it.
pub(super) async fn call<Q, A>(
    request: Request<Q>,
    work: impl AsyncFnOnce(RequestMetadata, Q) -> Result<A, Failure>,
) -> Result<Response<A>, Status> {
    let (metadata, _, message) = request.into_parts();
    let credential = Credential { token: token(&metadata), door: door(&metadata) };
    let metadata = RequestMetadata { credential, trace_id: Call::current().trace_id() };
    let answer = work(metadata, message).await;
    answer.map(Response::new).map_err(|failure| to_status(&failure))
}

/// The gateway says so of everything that it passes on.
fn door(metadata: &MetadataMap) -> Door {
    match metadata.get(provost_proto::DOOR_KEY) {
        Some(_) => Door::Connections,
        None => Door::Services,
    }
}

/// The credential: with the word `Bearer`, in any case, or bare.
fn token(metadata: &MetadataMap) -> Option<String> {
    let text = metadata.get("authorization")?.to_str().ok()?.trim();
    let bare = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => text,
    };
    (!bare.is_empty()).then(|| bare.to_owned())
}
