//! One call: its span below the caller's, who is calling, and the status it ends with.

use super::status::to_status;
use crate::Failure;
use crate::callers::{Credential, Door};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{
    self, FutureExt as _, Span as _, SpanKind, TraceContextExt as _, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use tonic::metadata::{KeyRef, MetadataMap};
use tonic::{Code, Request, Response, Status};

/// What came with a request besides its message.
pub(super) struct Envelope {
    /// The bearer token, if any, and the door at which it was shown.
    pub credential: Credential,
    /// The trace in which the caller asks.
    pub trace_id: Option<String>,
}

/// Does one call inside its span. `method` is the full method name, as OpenTelemetry's RPC
/// conventions write it.
pub(super) async fn call<Q, A>(
    method: &'static str,
    request: Request<Q>,
    work: impl AsyncFnOnce(Envelope, Q) -> Result<A, Failure>,
) -> Result<Response<A>, Status> {
    let (metadata, _, message) = request.into_parts();
    let call = begin(method, &metadata);
    let credential = Credential { token: token(&metadata), door: door(&metadata) };
    let envelope = Envelope { credential, trace_id: trace_id(&call) };
    let answered = async {
        let answer = work(envelope, message).await;
        answer.map(Response::new).map_err(|failure| to_status(&failure))
    };
    let answer = answered.with_context(call.clone()).await;
    end(&call, answer.as_ref().map_or_else(Status::code, |_| Code::Ok));
    answer
}

/// Begins the span of a call below its caller's. Whether anybody will see it is decided before
/// anything else is recorded, because recording is not free; it names its trace in either case.
fn begin(method: &'static str, metadata: &MetadataMap) -> Context {
    let caller = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Metadata(metadata))
    });
    let tracer = opentelemetry::global::tracer(env!("CARGO_PKG_NAME"));
    let span = tracer.span_builder(method).with_kind(SpanKind::Server);
    let mut span = span.start_with_context(&tracer, &caller);
    if span.is_recording() {
        span.set_attribute(KeyValue::new("rpc.system.name", "grpc"));
        span.set_attribute(KeyValue::new("rpc.method", method));
    }
    caller.with_span(span)
}

/// Ends the span of a call with what was answered.
fn end(call: &Context, code: Code) {
    let span = call.span();
    if span.is_recording() {
        span.set_attribute(KeyValue::new("rpc.response.status_code", spelled(code)));
        if matches!(code, Code::Internal | Code::Unavailable | Code::Unknown) {
            span.set_status(trace::Status::error(""));
        }
    }
    span.end();
}

/// Has the span of the call that is being done name its site. Only for a caller who has been
/// admitted to it: what anybody else calls a site may be a person's address.
pub(super) fn record_site(name: &str) {
    Context::map_current(|call| {
        let span = call.span();
        if span.is_recording() {
            span.set_attribute(KeyValue::new("provost.site", name.to_owned()));
        }
    });
}

/// As gRPC itself spells a code: `NOT_FOUND`, where tonic says `NotFound`.
fn spelled(code: Code) -> String {
    let mut word = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}

/// The gateway says so of everything that it passes on.
fn door(metadata: &MetadataMap) -> Door {
    match metadata.get("provost-door") {
        Some(_) => Door::Connections,
        None => Door::Services,
    }
}

/// The credential: with the word `Bearer`, in any case, or bare.
fn token(metadata: &MetadataMap) -> Option<String> {
    let text = metadata.get("authorization")?.to_str().ok()?.trim();
    let bare = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => text,
    };
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The id of the trace: the caller's, or the one that begins here.
fn trace_id(call: &Context) -> Option<String> {
    let id = call.span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
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
    use super::*;

    #[test]
    fn codes_are_spelled_as_grpc_does() {
        for (code, word) in [
            (Code::Ok, "OK"),
            (Code::NotFound, "NOT_FOUND"),
            (Code::Unauthenticated, "UNAUTHENTICATED"),
        ] {
            assert_eq!(spelled(code), word);
        }
    }
}
