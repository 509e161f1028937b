//! The time and the memory for the message of a gRPC call. Whoever sends it byte by byte would hold its
//! beginning for ever, and whoever sends many large ones all memory.
//!
//! Must never know what a message says.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use provost_core::ClientCertificate;
use provost_proto::limits::MAX_REQUEST_BYTES;
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes};
use tower::{Layer, Service};

use super::message_shares::{MessageShare, MessageShares};
use super::unread::UnreadBody;

/// How long a message may take.
const TIME: Duration = Duration::from_mins(1);

/// The calls of the contract have one message each.
const CONTRACT: &str = "/provost.identity.";

/// Puts [`MessageLimits`] in front of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct MessageLimitsLayer(MessageShares);

impl<S> Layer<S> for MessageLimitsLayer {
    type Service = MessageLimits<S>;

    fn layer(&self, server: S) -> MessageLimits<S> {
        MessageLimits { server, shares: self.0.clone() }
    }
}

/// A server that neither waits longer for a message nor reads more of it than there is room for.
#[derive(Debug, Clone)]
pub(super) struct MessageLimits<S> {
    server: S,
    shares: MessageShares,
}

impl<S, A> Service<Request<Body>> for MessageLimits<S>
where
    S: Service<Request<Body>, Response = Response<A>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Reflection is asked over one stream again and again.
        if !request.uri().path().starts_with(CONTRACT) {
            return self.server.call(request.map(|body| Body::new(UnreadBody::over_http2(body))));
        }
        let token = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let certificate =
            || request.extensions().get::<ClientCertificate>().map(ClientCertificate::key);
        let share = self.shares.none_of(token.or_else(certificate).unwrap_or_default());
        // What was read of a message is held until the call is answered, and these are as long.
        request.extensions_mut().insert(Arc::clone(&share));
        let limited = |message| {
            let end = sleep(TIME);
            let message = UnreadBody::over_http2(message);
            Body::new(LimitedMessage { message, end, share, read: 0, announced: 0 })
        };
        self.server.call(request.map(limited))
    }
}

pin_project! {
    struct LimitedMessage {
        message: UnreadBody<Body>,
        #[pin]
        end: Sleep,
        share: Arc<MessageShare>,
        // How many bytes were read, and how many there will be.
        read: usize,
        announced: usize,
    }
}

/// How long a message says at its beginning that it is, as far as it is read: so much memory is
/// reserved for it at once. One whose length comes in pieces may have any.
fn announced(beginning: &[u8]) -> usize {
    match beginning {
        &[_, a, b, c, d, ..] => {
            let length = usize::try_from(u32::from_be_bytes([a, b, c, d]));
            length.unwrap_or(MAX_REQUEST_BYTES).min(MAX_REQUEST_BYTES)
        }
        _ => MAX_REQUEST_BYTES,
    }
}

impl HttpBody for LimitedMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        let polled = Pin::new(this.message).poll_frame(task);
        if polled.is_pending() && this.end.poll(task).is_ready() {
            return Poll::Ready(Some(Err(provost_core::message_took_too_long())));
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            if *this.read == 0 {
                *this.announced = announced(bytes);
            }
            *this.read += bytes.len();
            if this.share.grow_to(*this.announced.max(this.read)).is_ok() {
                return polled;
            }
            return Poll::Ready(Some(Err(provost_core::too_many_large_messages())));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.message.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::time::Instant;
    use tonic_types::StatusExt as _;
    use tower::{ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_that_drips_is_not_waited_for_for_ever() {
        let drips = stream::unfold((), async |()| {
            sleep(Duration::from_secs(7)).await;
            Some((Ok::<_, Status>(Frame::data(Bytes::from_static(b"."))), ()))
        });
        let reading = service_fn(async |request: Request<Body>| {
            let end = request.into_body().collect().await.map(drop);
            Ok::<_, Infallible>(Response::new(end))
        });
        let message = Body::new(StreamBody::new(Box::pin(drips)));
        let uri = "/provost.identity.v1.UserService/ChangeUser";
        let request = Request::builder().uri(uri).body(message).unwrap();
        let before = Instant::now();
        let answer = MessageLimitsLayer::default().layer(reading).oneshot(request).await.unwrap();
        let status = answer.into_body().unwrap_err();
        assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "DEADLINE_PASSED");
        assert!(details.retry_info().unwrap().retry_delay.is_some());
        assert_eq!(before.elapsed(), TIME);
    }

    #[tokio::test]
    async fn messages_of_a_caller_have_room_until_they_are_answered() {
        let sizes = |request: Request<Body>| async {
            let (parts, body) = request.into_parts();
            let read = body.collect().await.map(|body| body.to_bytes().len());
            // The caller is not answered before the test has seen what was read.
            Ok::<_, Infallible>(Response::new((parts.extensions, read.map_err(|end| end.code()))))
        };
        let server = MessageLimitsLayer::default().layer(service_fn(sizes));
        let ask = async |token: &str| {
            let head = Bytes::from_static(&[0, 0, 0x3f, 0xff, 0xfb]);
            let rest = Bytes::from(vec![0; (4 << 20) - 5]);
            let frames = [head, rest].map(|bytes| Ok::<_, Status>(Frame::data(bytes)));
            let message = Body::new(StreamBody::new(stream::iter(frames)));
            let uri = "/provost.identity.v1.UserService/ChangeUser";
            let request = Request::builder().uri(uri).header(AUTHORIZATION, token);
            server.clone().oneshot(request.body(message).unwrap()).await.unwrap().into_body()
        };
        let mut held = Vec::new();
        for _ in 0..8 {
            let (extensions, read) = ask("greedy").await;
            assert_eq!(read, Ok(4 << 20));
            held.push(extensions);
        }
        assert_eq!(ask("greedy").await.1, Err(tonic::Code::ResourceExhausted));
        assert_eq!(ask("other").await.1, Ok(4 << 20));
        drop(held);
        assert_eq!(ask("greedy").await.1, Ok(4 << 20));
    }
}
