//! What differs between the servers: how OpenTelemetry's conventions name a request and its end.

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status};
use tracing::Span;

/// The words for one kind of server.
pub trait Conventions: Clone {
    /// The span of a request that is sampled; none for a request that is not worth one. It carries
    /// nothing that the caller has chosen, because nobody has been admitted yet.
    fn span(&self, method: &Method, uri: &Uri) -> Option<Span>;

    /// Records the head of a response. Answers whether that was the end.
    fn record_head(&self, span: &SpanRef<'_>, status: StatusCode, headers: &HeaderMap) -> bool;

    /// Records the end of a body, and the trailers if there are any.
    fn record_end(&self, span: &SpanRef<'_>, trailers: Option<&HeaderMap>);

    /// Records that nobody waits for the answer any longer.
    fn record_cancellation(&self, span: &SpanRef<'_>);

    /// Records that the handler has panicked, which somebody further out will answer for.
    fn record_panic(&self, span: &SpanRef<'_>);
}

/// Marks a span as failed.
pub(crate) fn fail(span: &SpanRef<'_>, why: impl Into<opentelemetry::Value>) {
    span.set_attribute(KeyValue::new("error.type", why));
    span.set_status(Status::error(""));
}
