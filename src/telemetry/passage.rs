//! Traces in a process that sends none.
//!
//! A caller's trace goes on as it came, so that a core behind this process hangs its spans below
//! the caller's. Where there is none, one begins that nobody samples, for the logs and the ledger.
//! Must never record anything.

use opentelemetry::trace::noop::{NoopSpan, NoopTracer};
use opentelemetry::trace::{
    SpanBuilder, SpanContext, TraceContextExt as _, TraceFlags, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

/// Lets traces through.
#[derive(Debug, Clone)]
pub struct Passage;

impl TracerProvider for Passage {
    type Tracer = Self;

    fn tracer_with_scope(&self, _: InstrumentationScope) -> Self {
        Self
    }
}

impl Tracer for Passage {
    type Span = NoopSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> NoopSpan {
        if parent.span().span_context().is_valid() {
            return NoopTracer::new().build_with_context(builder, parent);
        }
        let ids = RandomIdGenerator::default();
        let begun = SpanContext::new(
            ids.new_trace_id(),
            ids.new_span_id(),
            TraceFlags::default(),
            false,
            TraceState::default(),
        );
        NoopTracer::new().build_with_context(builder, &parent.with_remote_span_context(begun))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Context;
    use opentelemetry::trace::{
        Span as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        Tracer as _,
    };

    use super::Passage;

    #[test]
    fn a_callers_trace_goes_on_as_it_came() {
        let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
        let flags = TraceFlags::SAMPLED;
        let caller = SpanContext::new(TraceId::from(1), SpanId::from(2), flags, true, state);
        let context = Context::new().with_remote_span_context(caller.clone());
        let span = Passage.start_with_context("hop", &context);
        assert_eq!(span.span_context(), &caller);
        assert!(!span.is_recording());
    }

    #[test]
    fn a_trace_that_begins_here_has_a_name_and_is_not_sampled() {
        let begun = || Passage.start_with_context("hop", &Context::new()).span_context().clone();
        let (one, other) = (begun(), begun());
        assert!(one.is_valid() && !one.is_sampled());
        assert_ne!(one.trace_id(), other.trace_id());
    }
}
