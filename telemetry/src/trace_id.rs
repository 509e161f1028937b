//! The name of a trace, as whoever asks is told it: by it the lines and spans of a request are found.
//!
//! Owns the header of an answer (W3C Trace Context, level 2), and how a request that came to no server gets a trace. Must never know
//! whether anybody records it.

use http::{HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanRef, TraceContextExt as _, TraceFlags, TraceId};

use crate::sampling::Sampling;

/// The header of that name.
pub const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// The trace of what is being done; none where nothing is.
pub fn trace_id() -> Option<TraceId> {
    let id = Context::map_current(|context| context.span().span_context().trace_id());
    (id != TraceId::INVALID).then_some(id)
}

/// The same with the span, as [`TRACE_RESPONSE`] has it.
pub fn trace_response() -> Option<HeaderValue> {
    Context::map_current(|context| response_of(&context.span()))
}

/// Does something in a trace of its own, which is not recorded.
pub fn in_new_trace<T>(work: impl FnOnce() -> T) -> T {
    let _trace = Sampling::Off.decide(Context::new()).context().attach();
    work()
}

/// Trace and span of a request, and whether it is recorded.
pub(crate) fn response_of(span: &SpanRef<'_>) -> Option<HeaderValue> {
    let context = span.span_context();
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
    hex::encode_to_slice(context.trace_id().to_bytes(), text.get_mut(3..35)?).ok()?;
    hex::encode_to_slice(context.span_id().to_bytes(), text.get_mut(36..52)?).ok()?;
    let flags = if span.is_recording() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    hex::encode_to_slice([flags.to_u8()], text.get_mut(53..)?).ok()?;
    HeaderValue::from_bytes(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanContext, SpanId, TraceState};

    #[test]
    fn an_answer_names_trace_and_span() {
        let (trace, span) = (TraceId::from(0xa1), SpanId::from(0xb2));
        // The caller has sampled it, and nobody here records it.
        let (flags, state) = (TraceFlags::SAMPLED, TraceState::default());
        let context = SpanContext::new(trace, span, flags, true, state);
        let context = Context::new().with_remote_span_context(context);
        let header = response_of(&context.span()).unwrap();
        assert_eq!(header, format!("00-{:0>32}-{:0>16}-00", "a1", "b2"));
    }

    #[test]
    fn what_comes_to_no_server_has_a_trace_too() {
        assert_eq!(trace_id(), None);
        let (one, other) = (in_new_trace(trace_id), in_new_trace(trace_id));
        assert!(one.is_some() && one != other);
    }
}
