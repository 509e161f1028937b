//! The span of a call, below the caller's if it has one: where it begins and how it ends.
//!
//! Owns the words of OpenTelemetry's conventions for gRPC. Must never know what a call is about,
//! nor record what somebody sent who has not been admitted.

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{
    Span as _, SpanKind, Status, TraceContextExt as _, TraceId, Tracer as _, get_active_span,
};
use opentelemetry::{Context, KeyValue};
use std::sync::LazyLock;
use std::thread;
use tonic::Code;
use tonic::metadata::{KeyRef, MetadataMap};

/// Asked for once, because that takes a lock; whoever sets up telemetry does so before any call.
static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| global::tracer(env!("CARGO_PKG_NAME")));

/// The span of a call that is being done. Dropped before it has ended, the call was given up.
pub(super) struct Hop(Context);

impl Hop {
    /// Begins the span below the caller's; `method` is the full method name. Whether anybody will
    /// see it is decided before anything else is recorded, because recording is not free; it names
    /// its trace in either case.
    pub fn begin(method: &'static str, metadata: &MetadataMap) -> Self {
        let caller =
            global::get_text_map_propagator(|propagator| propagator.extract(&Metadata(metadata)));
        let span = TRACER.span_builder(method).with_kind(SpanKind::Server);
        let mut span = span.start_with_context(&*TRACER, &caller);
        if span.is_recording() {
            span.set_attribute(KeyValue::new("rpc.system.name", "grpc"));
            span.set_attribute(KeyValue::new("rpc.method", method));
        }
        Self(caller.with_span(span))
    }

    /// In which the call is done.
    pub fn context(&self) -> Context {
        self.0.clone()
    }

    /// The id of the trace: the caller's, or the one that begins here.
    pub fn trace_id(&self) -> Option<String> {
        let id = self.0.span().span_context().trace_id();
        (id != TraceId::INVALID).then(|| id.to_string())
    }

    /// Ends the span with what is answered.
    pub fn end(self, code: Code) {
        self.record_end(code);
    }

    fn record_end(&self, code: Code) {
        let span = self.0.span();
        if !span.is_recording() {
            return;
        }
        let word = spelled(code);
        span.set_attribute(KeyValue::new("rpc.response.status_code", word));
        if is_fault(code) {
            span.set_attribute(KeyValue::new("error.type", word));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl Drop for Hop {
    /// Does nothing to a span that has ended. Otherwise the caller has hung up or waits no longer,
    /// unless a fault of ours is on its way through here.
    fn drop(&mut self) {
        self.record_end(if thread::panicking() { Code::Internal } else { Code::Cancelled });
    }
}

/// Has the span of the call that is being done name its site. Only for a caller who has been
/// admitted to it: what anybody else calls a site may be a person's address.
pub(super) fn record_site(name: &str) {
    get_active_span(|span| {
        if span.is_recording() {
            span.set_attribute(KeyValue::new("provost.site", name.to_owned()));
        }
    });
}

/// Whether an answer is the server's fault, as the conventions have it; the others are the
/// caller's.
const fn is_fault(code: Code) -> bool {
    match code {
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => false,
    }
}

/// As gRPC itself spells a code.
const fn spelled(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

struct Metadata<'a>(&'a MetadataMap);

impl Extractor for Metadata<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        let name = |key| match key {
            KeyRef::Ascii(key) => Some(key.as_str()),
            KeyRef::Binary(_) => None,
        };
        self.0.keys().filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{is_fault, spelled};
    use tonic::Code;

    /// In the order of their numbers, as `google/rpc/code.proto` has them.
    #[test]
    fn codes_are_spelled_as_grpc_does() {
        let words = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        for (number, word) in (0..).zip(words) {
            assert_eq!(spelled(Code::from_i32(number)), word);
        }
    }

    #[test]
    fn what_the_server_is_to_blame_for_is_a_fault() {
        let faults = (0..17).map(Code::from_i32).filter(|code| is_fault(*code));
        let words: Vec<_> = faults.map(spelled).collect();
        let wanted = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(words, wanted);
    }
}
