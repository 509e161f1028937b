//! The call that is being done, for whoever does a part of it in another task.
//!
//! A call is known by its OpenTelemetry context, which also names traces that nobody records; what
//! is built below it is a span of `tracing`. Must never know what a call is about.

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use tracing::Span;
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
    pub fn set_parent_of(&self, span: &Span) {
        // Fails only where no OpenTelemetry layer is installed, and then there is nothing to join.
        let _ = span.set_parent(self.0.clone());
    }

    /// Links a span below another call to this one, for which it does something too.
    pub fn add_link_from(&self, span: &Span) {
        span.add_link(self.0.span().span_context().clone());
    }
}
