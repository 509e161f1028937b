//! What differs between the servers: how OpenTelemetry's conventions name a request and its end.

use std::fmt;

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status};
use tracing::Span;

use crate::facts::Facts;
use crate::names;

/// The words for one kind of server.
pub trait Conventions: Clone {
    /// How a request has ended.
    type Outcome;
    /// A request whose duration is measured.
    type Measured: fmt::Debug;

    /// The span of a request that is sampled; none for a request that is not worth one. It carries
    /// nothing that the caller has chosen, because nobody has been admitted yet.
    fn span(&self, method: &Method, uri: &Uri) -> Option<Span>;

    /// What is known of a request when it begins, with nothing that the caller has chosen.
    fn facts(&self, method: &Method, uri: &Uri) -> Facts;

    /// How a request has ended; none while more follows.
    fn outcome(&self, end: End<'_>) -> Option<Self::Outcome>;

    /// Whether an answer with this head tells its caller the name of the trace.
    fn tells_trace(&self, status: StatusCode, headers: &HeaderMap) -> bool;

    /// Records how the request of a span has ended.
    fn record(&self, span: &SpanRef<'_>, outcome: &Self::Outcome);

    /// Begins to measure a request; none for one that is not worth it.
    fn measured(&self, method: &Method, uri: &Uri) -> Option<Self::Measured>;

    /// Counts a request that has ended.
    fn count(&self, measured: &Self::Measured, facts: Option<&Facts>, outcome: &Self::Outcome);

    /// Writes the line of a request that has ended.
    fn write(&self, facts: &Facts, outcome: &Self::Outcome);
}

/// What may be the end of a request.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// The head of the answer.
    Head(StatusCode, &'a HeaderMap),
    /// The end of its body, with the trailers if there are any.
    Body(Option<&'a HeaderMap>),
    /// Nobody waits for the answer any longer.
    GivenUp,
    /// The handler has panicked, which somebody further out will answer for.
    Panicked,
}

/// Marks a span as failed.
pub(crate) fn fail(span: &SpanRef<'_>, why: impl Into<opentelemetry::Value>) {
    span.set_attribute(KeyValue::new(names::ERROR_TYPE, why));
    span.set_status(Status::error(""));
}
