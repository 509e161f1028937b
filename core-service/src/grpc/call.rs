//! One call: its span below the caller's, who is calling, and the status it ends with.

use super::status::to_status;
use crate::Failure;
use crate::callers::{Credential, Door};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use tonic::metadata::{KeyRef, MetadataMap};
use tonic::{Code, Request, Response, Status};
use tracing::{Instrument as _, Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

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
    let span = info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = field::Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = field::Empty,
    );
    let credential = Credential { token: token(&metadata), door: door(&metadata) };
    let envelope = Envelope { credential, trace_id: join_trace(&span, &metadata) };
    let answer = work(envelope, message).instrument(span.clone()).await;
    let answer = answer.map(Response::new).map_err(|failure| to_status(&failure));
    record(&span, answer.as_ref().map_or_else(Status::code, |_| Code::Ok));
    answer
}

fn record(span: &Span, code: Code) {
    span.record("rpc.response.status_code", field::debug(code));
    if matches!(code, Code::Internal | Code::Unavailable | Code::Unknown) {
        span.record("otel.status_code", "ERROR");
    }
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

/// Hangs the span below the caller's and answers the id of the trace.
fn join_trace(span: &Span, metadata: &MetadataMap) -> Option<String> {
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Metadata(metadata))
    });
    let id = parent.span().span_context().trace_id();
    // Fails only where no OpenTelemetry layer is installed, and then there is nothing to join.
    let _ = span.set_parent(parent);
    let id =
        if id == TraceId::INVALID { span.context().span().span_context().trace_id() } else { id };
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
