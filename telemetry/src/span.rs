//! The span of one request: where it begins and how it ends.

use std::thread;

use http::HeaderMap;
use http::request::Request;
use http::response::Response;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, ContextGuard};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::span::Entered;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::conventions::Conventions;
use crate::sampling::{Sampling, SpanDecision};

/// The span of a request that is being answered, or just the name of its trace. Dropped before it
/// has ended, the request was given up.
#[derive(Debug)]
pub(crate) struct ServerSpan<C: Conventions> {
    /// Disabled unless the request is sampled.
    span: Span,
    context: Context,
    conventions: C,
}

impl<C: Conventions> ServerSpan<C> {
    /// Begins the span below the caller's, if the request is sampled.
    pub fn begin<B>(sampling: Sampling, conventions: &C, request: &Request<B>) -> Self {
        let headers = HeaderExtractor(request.headers());
        let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
        let conventions = conventions.clone();
        let (span, context) = match sampling.decide(caller) {
            SpanDecision::Name(context) => (Span::none(), context),
            SpanDecision::Record(caller) => {
                let span = conventions.span(request.method(), request.uri());
                let span = span.unwrap_or_else(Span::none);
                match span.set_parent(caller.clone()) {
                    Ok(()) => (span.clone(), span.context()),
                    // It is not worth a span, or nobody collects them.
                    Err(_) => (Span::none(), Sampling::Off.decide(caller).context()),
                }
            }
        };
        Self { span, context, conventions }
    }

    /// Makes the request's trace the current one of this thread.
    pub fn enter(&self) -> (Entered<'_>, ContextGuard) {
        (self.span.enter(), self.context.clone().attach())
    }

    /// Records the head of the response. Answers whether something may follow.
    pub fn head<B>(&self, response: &Response<B>) -> bool {
        let span = self.context.span();
        if !span.is_recording() {
            return false;
        }
        let (status, headers) = (response.status(), response.headers());
        let is_end = self.conventions.record_head(&span, status, headers);
        if is_end {
            span.end();
        }
        !is_end
    }

    /// Records the end of the body and ends the span.
    pub fn end(&self, trailers: Option<&HeaderMap>) {
        let span = self.context.span();
        if span.is_recording() {
            self.conventions.record_end(&span, trailers);
            span.end();
        }
    }
}

impl<C: Conventions> Drop for ServerSpan<C> {
    /// Does nothing to a span that has ended.
    fn drop(&mut self) {
        let span = self.context.span();
        if !span.is_recording() {
            return;
        }
        if thread::panicking() {
            self.conventions.record_panic(&span);
        } else {
            self.conventions.record_cancellation(&span);
        }
        span.end();
    }
}
