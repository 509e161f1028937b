//! The trace goes on: its context is written into every request that leaves through a channel.

use std::task::{Context as TaskContext, Poll};

use http::Request;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower::{Layer, Service};

/// Puts a [`TraceInjection`] around a channel.
#[derive(Debug, Clone, Copy)]
pub struct TraceInjectionLayer;

impl<S> Layer<S> for TraceInjectionLayer {
    type Service = TraceInjection<S>;

    fn layer(&self, channel: S) -> TraceInjection<S> {
        TraceInjection(channel)
    }
}

/// A channel whose requests carry the context of the work that sends them.
#[derive(Debug, Clone)]
pub struct TraceInjection<S>(S);

impl<S, B> Service<Request<B>> for TraceInjection<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        Context::map_current(|context| {
            let mut headers = HeaderInjector(request.headers_mut());
            TraceContextPropagator::new().inject_context(context, &mut headers);
        });
        self.0.call(request)
    }
}
