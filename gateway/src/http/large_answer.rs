//! Large answers: sent piece by piece, to a client that takes them.
//!
//! An answer of a few megabytes lies in memory until its client has read it. So each site has a share
//! of the memory for them, and who takes no piece for a while gets no more. Must never know what an
//! answer holds.

use super::body_shares::Share;
use axum::body::Body;
use axum::http::Version;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::Channel;
use std::io::{Error, ErrorKind};
use std::time::Duration;
use tokio::time::timeout;

/// The largest answer that is sent as it is. A page of a hundred users is smaller.
const SMALL: usize = 256 * 1024;
/// The same where a client may leave many answers of one connection unread.
const SMALL_AMONG_MANY: usize = 16 * 1024;
/// So much is handed out at once.
const PIECE: usize = 64 * 1024;
/// How long a client may take for the next piece, before the share is given back.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether an answer of so many bytes is a large one.
pub(super) fn is_large(bytes: usize, version: Version) -> bool {
    bytes > if version < Version::HTTP_2 { SMALL } else { SMALL_AMONG_MANY }
}

/// Has the bytes sent, and keeps their share until they are.
pub(super) fn sent_in_pieces(mut response: Response, bytes: Vec<u8>, share: Share) -> Response {
    response.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
    let (mut pieces, body) = Channel::<Bytes, Error>::new(1);
    tokio::spawn(async move {
        let _share = share;
        for piece in bytes.chunks(PIECE) {
            // Copied, because a part of the whole would keep all of it.
            let sending = pieces.send_data(Bytes::copy_from_slice(piece));
            match timeout(PATIENCE, sending).await {
                Ok(Ok(())) => {}
                // The client is gone.
                Ok(Err(_)) => return,
                Err(_) => return pieces.abort(ErrorKind::TimedOut.into()),
            }
        }
    });
    *response.body_mut() = Body::new(body);
    response
}
