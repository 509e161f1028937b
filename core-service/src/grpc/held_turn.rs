//! The turn of an answer: over when the answer is sent.
//!
//! A large page lies in memory, encoded, until its connection has sent it, and on the connection of a
//! gateway the pages of all its clients are under way together. So its turn goes with the answer to
//! the last of its bytes. Must never know what an answer holds, nor whose turn comes next.

use crate::queries::TurnPermit;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use tonic::Response;
use tonic::body::Body;
use tonic::codegen::Bytes;

/// Bytes of an answer, and its turn as long as they are not sent.
struct HeldBytes {
    bytes: Bytes,
    _turn: Arc<TurnPermit>,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// An answer that has its turn with it.
pub(super) fn with_turn<A>(response: Response<(A, Option<TurnPermit>)>) -> Response<A> {
    let (metadata, (answer, turn), mut extensions) = response.into_parts();
    if let Some(turn) = turn {
        extensions.insert(Arc::new(turn));
    }
    Response::from_parts(metadata, answer, extensions)
}

/// The answer, whose turn is over when all of it is sent or nobody waits for it any more.
pub(super) fn until_sent(mut response: http::Response<Body>) -> http::Response<Body> {
    let Some(turn) = response.extensions_mut().remove::<Arc<TurnPermit>>() else { return response };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let turn = Arc::clone(&turn);
            frame.map_data(|bytes| Bytes::from_owner(HeldBytes { bytes, _turn: turn }))
        }))
    })
}
