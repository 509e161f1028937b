//! One request: where its span begins, and how it ends.

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

use crate::conventions::{Conventions, End};
use crate::facts::{CurrentFacts, Facts};
use crate::sampling::{Sampling, SpanDecision};
use crate::trace_id::{TRACE_RESPONSE, response_of};

/// A request that is being answered: its span, or just the name of its trace, and what its line will
/// say. Dropped before it has ended, the request was given up.
#[derive(Debug)]
pub(crate) struct ServerSpan<C: Conventions> {
    /// Disabled unless the request is sampled.
    span: Span,
    context: Context,
    /// None once the line is written, or where somebody further out writes it.
    facts: Option<Facts>,
    /// None once it is counted.
    measured: Option<C::Measured>,
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
        let measured = conventions.measured(request.method(), request.uri());
        Self { span, context, facts: None, measured, conventions }
    }

    /// Has a line written when the request has ended.
    pub fn keep_facts<B>(&mut self, request: &Request<B>) {
        self.facts = Some(self.conventions.facts(request.method(), request.uri()));
    }

    /// Makes this the request that the thread is busy with.
    pub fn enter(&mut self) -> (CurrentFacts<'_>, Entered<'_>, ContextGuard) {
        (Facts::enter(&mut self.facts), self.span.enter(), self.context.clone().attach())
    }

    /// Takes notice of the head of the response, and has it name the trace where nobody further out
    /// does. Answers whether something may follow.
    pub fn head<B>(&mut self, response: &mut Response<B>) -> bool {
        let (status, headers) = (response.status(), response.headers_mut());
        if self.facts.is_some()
            && self.conventions.tells_trace(status, headers)
            && let Some(name) = response_of(&self.context.span())
        {
            headers.insert(TRACE_RESPONSE, name);
        }
        self.note(End::Head(response.status(), response.headers()));
        self.is_open()
    }

    /// Takes notice of the end of the body.
    pub fn end(&mut self, trailers: Option<&HeaderMap>) {
        self.note(End::Body(trailers));
    }

    /// Whether somebody has still to be told how it ends.
    fn is_open(&self) -> bool {
        self.measured.is_some() || self.is_told()
    }

    /// Whether there is a line or a span for what is done for it.
    pub fn is_told(&self) -> bool {
        self.facts.is_some() || self.context.span().is_recording()
    }

    /// Tells of the end, if this is it. Does nothing to a request that has ended.
    fn note(&mut self, end: End<'_>) {
        if !self.is_open() {
            return;
        }
        let Some(outcome) = self.conventions.outcome(end) else { return };
        if let Some(measured) = self.measured.take() {
            self.conventions.count(&measured, self.facts.as_ref(), &outcome);
        }
        let span = self.context.span();
        if span.is_recording() {
            self.conventions.record(&span, &outcome);
            span.end();
        }
        if let Some(facts) = self.facts.take() {
            // The line names its trace, and is no part of the span.
            let _trace = self.context.clone().attach();
            self.conventions.write(&facts, &outcome);
        }
    }
}

impl<C: Conventions> Drop for ServerSpan<C> {
    fn drop(&mut self) {
        self.note(if thread::panicking() { End::Panicked } else { End::GivenUp });
    }
}
