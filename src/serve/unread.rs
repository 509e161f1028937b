//! The rest of a request that was answered before all of it came.
//!
//! A gateway asks for all its clients over one connection of HTTP/2, and so does a proxy in front of
//! one. The library (h2) ends a connection on which too much came that nobody takes: small pieces of
//! requests that were answered meanwhile. So the rest of those is read away, as far as it is short and
//! comes soon. Must never know what a request says.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Version};
use http_body::{Body, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

/// How much is read away, and for how long. What a gateway has to send is on its way.
const BYTES: usize = 64 << 10;
const TIME: Duration = Duration::from_secs(5);

/// Puts [`Unread`] in front of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnreadLayer;

impl<S> Layer<S> for UnreadLayer {
    type Service = Unread<S>;

    fn layer(&self, server: S) -> Unread<S> {
        Unread { server }
    }
}

/// A server that may answer before it has read a request, also over HTTP/2.
#[derive(Debug, Clone)]
pub(super) struct Unread<S> {
    server: S,
}

impl<S, B> Service<Request<B>> for Unread<S>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    S: Service<Request<UnreadBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Over HTTP/1.1 nobody else's requests come behind it.
        let is_shared = request.version() == Version::HTTP_2;
        self.server.call(request.map(|body| UnreadBody { body: Some(body), is_shared }))
    }
}

/// A body of which the rest is read away when it is dropped.
pub(super) struct UnreadBody<B: Body<Data = Bytes> + Send + Unpin + 'static> {
    /// None once its end was read.
    body: Option<B>,
    /// Whether its connection carries the requests of others too.
    is_shared: bool,
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> UnreadBody<B> {
    /// A body that came over HTTP/2.
    pub(super) const fn over_http2(body: B) -> Self {
        Self { body: Some(body), is_shared: true }
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Body for UnreadBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(task);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for UnreadBody<B> {
    fn drop(&mut self) {
        if self.is_shared
            && let Some(body) = self.body.take().filter(|body| !body.is_end_stream())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(TIME, read_away(body)));
        }
    }
}

async fn read_away<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let mut left = BYTES;
    while let Some(Ok(frame)) = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(bytes) else { return };
        left = rest;
    }
}
