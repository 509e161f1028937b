//! One call: its span below the caller's, who is calling, and the status it ends with.

use super::status::to_status;
use crate::Failure;
use crate::callers::{Credential, Door};
use crate::trace;
use opentelemetry::Context;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, TraceId};
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
    let caller = caller(&metadata);
    let span = span(method, &caller);
    let credential = Credential { token: token(&metadata), door: door(&metadata) };
    let envelope = Envelope { credential, trace_id: trace_id(&span, &caller) };
    let answered = async {
        let answer = work(envelope, message).await;
        answer.map(Response::new).map_err(|failure| to_status(&failure))
    };
    // What is logged on the way names the caller's trace, also where it is not sampled.
    let answered = trace::within(span.clone(), answered).instrument(span.clone());
    let answer = answered.with_context(caller).await;
    record(&span, answer.as_ref().map_or_else(Status::code, |_| Code::Ok));
    answer
}

/// The span of a call, below the caller's. Building one for a trace that nobody will see is not
/// free, so there is none where the caller has decided so.
fn span(method: &'static str, caller: &Context) -> Span {
    let context = caller.span().span_context().clone();
    if context.is_valid() && !context.is_sampled() {
        return Span::none();
    }
    let span = info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = field::Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = field::Empty,
    );
    // Fails only where no OpenTelemetry layer is installed, and then there is nothing to join.
    let _ = span.set_parent(caller.clone());
    span
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

/// The trace in which the caller asks, as its request tells.
fn caller(metadata: &MetadataMap) -> Context {
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Metadata(metadata))
    })
}

/// The id of the caller's trace, or of the one that begins here.
fn trace_id(span: &Span, caller: &Context) -> Option<String> {
    let mut id = caller.span().span_context().trace_id();
    if id == TraceId::INVALID {
        id = span.context().span().span_context().trace_id();
    }
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
