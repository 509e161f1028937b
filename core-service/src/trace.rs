//! The call that is being done, for whoever does a part of it in another task, and the spans of such parts.
//!
//! A call is known by its OpenTelemetry context, which also names traces that nobody records; what
//! is built below it is a span of `tracing`. Must never know what a call is about.

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use provost_telemetry::names;
use tracing::{Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// A call, as its trace knows it.
#[derive(Debug, Clone)]
pub struct Call(Context);

impl Call {
    /// The call that is being done here; one that is not recorded where there is none.
    pub fn current() -> Self {
        Self(Context::current())
    }

    /// Whether anybody will see what is recorded of it. Its caller may want that and this process
    /// send no spans all the same.
    pub fn is_recorded(&self) -> bool {
        self.0.span().is_recording()
    }

    /// The id of its trace: the caller's, or the one that begins here.
    pub fn trace_id(&self) -> Option<String> {
        let id = self.0.span().span_context().trace_id();
        (id != TraceId::INVALID).then(|| id.to_string())
    }

    /// Becomes the parent of a span that has just been made.
    fn set_parent_of(&self, span: &Span) {
        // Fails only where no OpenTelemetry layer is installed, and then there is nothing to join.
        let _ = span.set_parent(self.0.clone());
    }

    /// Links a span below another call to this one, for which it does something too.
    fn add_link_from(&self, span: &Span) {
        span.add_link(self.0.span().span_context().clone());
    }
}

/// The span of what is done for several calls at once: below the first of them that is recorded, and
/// linked to the others. Built for them only; none where no call is recorded.
pub fn shared_span<'c>(
    calls: impl Iterator<Item = &'c Call>,
    built: impl FnOnce() -> Span,
) -> Span {
    let mut recorded = calls.filter(|call| call.is_recorded());
    let Some(first) = recorded.next() else { return Span::none() };
    let span = built();
    first.set_parent_of(&span);
    for other in recorded {
        other.add_link_from(&span);
    }
    span
}

/// Whether anybody will see what is recorded of what is being done.
pub fn is_seen() -> bool {
    !Span::current().is_disabled()
}

/// The span of a statement or script. None where nobody would see it: outside a span.
pub fn statement_span(system: &'static str, summary: &str) -> Span {
    if !is_seen() {
        return Span::none();
    }
    info_span!(
        "sql",
        otel.name = summary,
        otel.kind = "client",
        otel.status_code = field::Empty,
        { names::DB_SYSTEM_NAME } = system,
        { names::DB_QUERY_SUMMARY } = summary,
    )
}

/// The span of a statement that answers so many calls, for [`shared_span`].
pub fn shared_statement_span(system: &'static str, summary: &'static str, calls: usize) -> Span {
    info_span!(
        parent: None,
        "sql",
        otel.name = summary,
        otel.kind = "client",
        otel.status_code = field::Empty,
        { names::DB_SYSTEM_NAME } = system,
        { names::DB_QUERY_SUMMARY } = summary,
        provost.group.size = calls,
    )
}
