//! A connection of HTTP/1.1 whose last words are those of its listener.
//!
//! What can't be read as HTTP never comes to the router: the HTTP library (hyper) answers it by
//! itself, with a status and nothing else, and closes the connection. There is no way to have it say
//! more, so its head is recognised as it goes out: it refuses, and has neither a body nor a media type,
//! as no refusal of ours. In its place goes the same status with a body. Must never know
//! what was sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Media type and body of the refusal with a status, if there is one.
pub(super) type Words = fn(StatusCode) -> Option<(&'static str, Vec<u8>)>;

/// The connection.
pub(super) struct LastWords<S> {
    stream: S,
    words: Words,
    refusal: Option<OutgoingRefusal>,
}

/// A refusal on its way out.
struct OutgoingRefusal {
    bytes: Vec<u8>,
    written: usize,
}

impl<S> LastWords<S> {
    pub(super) fn on(stream: S, words: Words) -> Self {
        Self { stream, words, refusal: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LastWords<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LastWords<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none()
            && let Some(status) = bare_refusal(bytes)
        {
            this.refusal = provost_telemetry::in_new_trace(|| {
                provost_telemetry::write_unreadable(status);
                with_body(status, this.words)
            });
        }
        let Some(refusal) = &mut this.refusal else {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        };
        while let Some(rest) = refusal.bytes.get(refusal.written..).filter(|rest| !rest.is_empty())
        {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => refusal.written += more,
            }
        }
        this.refusal = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match buffers {
            // A head without a body.
            [head] => self.poll_write(context, head),
            buffers => Pin::new(&mut self.stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The status of a refusal that the library gives by itself.
fn bare_refusal(head: &[u8]) -> Option<StatusCode> {
    let status = head.strip_prefix(b"HTTP/1.1 4")?.get(..2)?;
    let status = match status {
        b"00" => StatusCode::BAD_REQUEST,
        b"14" => StatusCode::URI_TOO_LONG,
        b"31" => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => return None,
    };
    let head = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let is_bare = head.contains("\r\ncontent-length: 0")
        && !head.contains("\r\ncontent-type:")
        && !head.contains("\r\n\r\n");
    is_bare.then_some(status)
}

fn with_body(status: StatusCode, words: Words) -> Option<OutgoingRefusal> {
    let (media_type, body) = words(status)?;
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\
         connection: close\r\n",
        body.len()
    )
    .into_bytes();
    if let Some(trace) = provost_telemetry::trace_response() {
        bytes.extend(format!("{}: ", provost_telemetry::TRACE_RESPONSE).as_bytes());
        bytes.extend(trace.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Some(OutgoingRefusal { bytes, written: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_library_is_recognised() {
        let head = |status, headers: &str| format!("HTTP/1.1 {status} X\r\n{headers}\r\n\r\n");
        let bare = "content-length: 0\r\nconnection: close\r\ndate: x";
        for (text, status) in [
            (head(400, bare), Some(400)),
            (head(414, bare), Some(414)),
            (head(431, bare), Some(431)),
            (head(404, bare), None),
            (head(200, bare), None),
            (head(400, "content-length: 7"), None),
            (head(400, "content-type: application/scim+json\r\ncontent-length: 0"), None),
            (format!("{}{}", head(400, bare), head(400, bare)), None),
            (format!("{}{{}}", head(400, bare)), None),
        ] {
            let found = bare_refusal(text.as_bytes()).map(|status| status.as_u16());
            assert_eq!(found, status, "{text}");
        }
    }
}
