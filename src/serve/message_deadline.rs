//! The time for the message of a gRPC call. Whoever sends it byte by byte would hold its beginning
//! for ever.
//!
//! Must never know what a message says.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes};
use tower::{Layer, Service};

/// How long a message may take.
const TIME: Duration = Duration::from_mins(1);

/// The calls of the contract have one message each.
const CONTRACT: &str = "/provost.identity.";

/// Puts [`MessageDeadline`] in front of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageDeadlineLayer;

impl<S> Layer<S> for MessageDeadlineLayer {
    type Service = MessageDeadline<S>;

    fn layer(&self, server: S) -> MessageDeadline<S> {
        MessageDeadline(server)
    }
}

/// A server that doesn't wait longer for a message.
#[derive(Debug, Clone)]
pub(super) struct MessageDeadline<S>(S);

impl<S, A> Service<Request<Body>> for MessageDeadline<S>
where
    S: Service<Request<Body>, Response = Response<A>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Reflection is asked over one stream again and again.
        if !request.uri().path().starts_with(CONTRACT) {
            return self.0.call(request);
        }
        let timed = |message| Body::new(TimedMessage { message, end: sleep(TIME) });
        self.0.call(request.map(timed))
    }
}

pin_project! {
    struct TimedMessage {
        message: Body,
        #[pin]
        end: Sleep,
    }
}

impl HttpBody for TimedMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        let polled = Pin::new(this.message).poll_frame(task);
        if polled.is_pending() && this.end.poll(task).is_ready() {
            let words = "the message of the call took too long; send the call again";
            return Poll::Ready(Some(Err(Status::deadline_exceeded(words))));
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
    use tower::{ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_that_drips_is_not_waited_for_for_ever() {
        let drips = stream::unfold((), async |()| {
            sleep(Duration::from_secs(7)).await;
            Some((Ok::<_, Status>(Frame::data(Bytes::from_static(b"."))), ()))
        });
        let reading = service_fn(async |request: Request<Body>| {
            let end = request.into_body().collect().await.map(drop).map_err(|status| status.code());
            Ok::<_, Infallible>(Response::new(end))
        });
        let message = Body::new(StreamBody::new(Box::pin(drips)));
        let uri = "/provost.identity.v1.UserService/ChangeUser";
        let request = Request::builder().uri(uri).body(message).unwrap();
        let before = Instant::now();
        let answer = MessageDeadlineLayer.layer(reading).oneshot(request).await.unwrap();
        assert_eq!(answer.into_body(), Err(tonic::Code::DeadlineExceeded));
        assert_eq!(before.elapsed(), TIME);
    }
}
