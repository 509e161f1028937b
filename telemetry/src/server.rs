//! The server layer: every request is answered in its trace, and leaves a line.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::conventions::Conventions;
use crate::sampling::Sampling;
use crate::span::ServerSpan;

/// Puts [`ServerSpans`] in front of a server.
#[derive(Debug, Clone)]
pub struct ServerSpansLayer<C> {
    conventions: C,
    sampling: Sampling,
    has_lines: bool,
}

impl<C> ServerSpansLayer<C> {
    /// Spans in the words of these conventions for the requests that are sampled, and a line for
    /// each request.
    pub fn new(conventions: C, sampling: Sampling) -> Self {
        Self { conventions, sampling, has_lines: true }
    }

    /// The same for a server that is called in process. What is learned there goes into the line of the
    /// request for which it is called, so that both together have one.
    #[must_use]
    pub fn in_process(self) -> Self {
        Self { has_lines: false, ..self }
    }
}

impl<S, C: Clone> Layer<S> for ServerSpansLayer<C> {
    type Service = ServerSpans<S, C>;

    fn layer(&self, server: S) -> ServerSpans<S, C> {
        ServerSpans { server, layer: self.clone() }
    }
}

/// A server whose requests are answered in their traces, and have spans if they are sampled.
#[derive(Debug, Clone)]
pub struct ServerSpans<S, C> {
    server: S,
    layer: ServerSpansLayer<C>,
}

impl<S, C, Q, A> Service<Request<Q>> for ServerSpans<S, C>
where
    S: Service<Request<Q>, Response = Response<A>>,
    C: Conventions,
{
    type Response = Response<SpannedBody<A, C>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let ServerSpansLayer { conventions, sampling, has_lines } = &self.layer;
        let mut span = ServerSpan::begin(*sampling, conventions, &request);
        if *has_lines {
            span.keep_facts(&request);
        }
        let inner = {
            let _current = span.enter();
            self.server.call(request)
        };
        ResponseFuture { inner, span: Some(span) }
    }
}

pin_project! {
    /// The answer to a request, in its trace.
    #[derive(Debug)]
    pub struct ResponseFuture<F, C: Conventions> {
        #[pin]
        inner: F,
        // Gone once it has ended, or goes on with the body.
        span: Option<ServerSpan<C>>,
    }
}

impl<F, A, E, C> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<Response<A>, E>>,
    C: Conventions,
{
    type Output = Result<Response<SpannedBody<A, C>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = {
            let _current = this.span.as_mut().map(ServerSpan::enter);
            ready!(this.inner.poll(task))?
        };
        let mut span = this.span.take();
        if !span.as_mut().is_some_and(|span| span.head(&mut response)) {
            span = None;
        }
        Poll::Ready(Ok(response.map(|inner| SpannedBody { inner, span })))
    }
}

pin_project! {
    /// The body of an answer. Where its end says how the request has ended, the span goes with it.
    #[derive(Debug)]
    pub struct SpannedBody<B, C: Conventions> {
        #[pin]
        inner: B,
        span: Option<ServerSpan<C>>,
    }
}

impl<B: Body, C: Conventions> Body for SpannedBody<B, C> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(span) = this.span else { return this.inner.poll_frame(task) };
        let frame = {
            // A call in process is often only counted: what is learned belongs to the request further out.
            let _current = span.is_told().then(|| span.enter());
            ready!(this.inner.poll_frame(task))
        };
        let trailers: Option<Option<&HeaderMap>> = match &frame {
            Some(Ok(frame)) => frame.trailers_ref().map(Some),
            Some(Err(_)) | None => Some(None),
        };
        if let Some(trailers) = trailers {
            span.end(trailers);
            *this.span = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
